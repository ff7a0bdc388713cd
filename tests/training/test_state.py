"""The state of training: it comes back to the bit from the arrays and notes of a checkpoint."""

import json

import numpy as np
import pytest

from charrnn.errors import ModelError
from charrnn.training.state import TrainingState


def make_state() -> TrainingState:
    rng = np.random.default_rng(3)
    parameters = {"head.W": rng.normal(size=(4, 3)).astype(np.float32), "head.b": np.zeros(3, np.float32)}
    moments = {f"mean.{name}": array + 1.0 for name, array in parameters.items()}
    hidden_state = rng.normal(size=(1, 1, 2, 4)).astype(np.float32)
    return TrainingState(parameters, moments, hidden_state, rng, 7, 9, 0.5, 12.25, 1.75)


def test_a_state_comes_back_from_arrays_and_json() -> None:
    state = make_state()
    copy = TrainingState.from_arrays(state.to_arrays(), json.loads(json.dumps(state.to_notes())))
    assert copy.to_notes() == state.to_notes()
    assert copy.to_arrays().keys() == state.to_arrays().keys()
    for name, array in state.to_arrays().items():
        np.testing.assert_array_equal(copy.to_arrays()[name], array)
    assert (copy.rng.random(5) == state.rng.random(5)).all()


def test_the_names_in_a_checkpoint_are_those_of_the_format() -> None:
    names = {"parameters.head.W", "parameters.head.b", "moments.mean.head.W", "moments.mean.head.b", "carried"}
    assert set(make_state().to_arrays()) == names
    notes = {"step", "window", "rate_scale", "time", "best", "rng"}
    new_notes = {"evaluations_since_best", "completed_minutes"}
    assert set(make_state().to_notes()) == notes | new_notes


def test_a_checkpoint_of_version_0_4_is_read() -> None:
    notes = make_state().to_notes()
    del notes["evaluations_since_best"], notes["completed_minutes"]
    state = TrainingState.from_arrays(make_state().to_arrays(), notes)
    assert (state.evaluations_since_best, state.completed_minutes) == (0, None)


def test_a_copy_is_independent() -> None:
    state = make_state()
    copy = state.copy()
    copy.parameters["head.W"][...] = 0.0
    copy.rng.random()
    assert (state.parameters["head.W"] != 0.0).any()
    assert state.rng.bit_generator.state == make_state().rng.bit_generator.state


@pytest.mark.parametrize(
    "notes",
    [
        {"step": float("inf")},
        {"step": -5},
        {"step": "many"},
        {"window": -7},
        {"rate_scale": float("nan")},
        {"rate_scale": 0.0},
        {"time": float("nan")},
        {"best": []},
        {"evaluations_since_best": -1},
        {"completed_minutes": []},
        {"rng": {}},
    ],
)
def test_notes_that_are_not_valid_are_refused(notes: dict[str, object]) -> None:
    state = make_state()
    with pytest.raises(ModelError, match="notes on the run"):
        TrainingState.from_arrays(state.to_arrays(), state.to_notes() | notes)
