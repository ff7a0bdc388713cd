"""Recovery: a gradient that is not finite never reaches the weights, and training gives up with advice."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from charrnn.errors import RunError
from charrnn.network import Network
from charrnn.network.arrays import Array, Inputs, Parameters, Targets
from charrnn.parallel.serial import WindowGradient, serial
from charrnn.run.events import Finished, Recovered, Saved, StepDone
from charrnn.training.interfaces import Probes
from charrnn.training.recovery import MOST_RECOVERIES
from charrnn.training.state import TrainingState


class FaultyEngine:
    """An engine whose gradients and states are not finite at the given calls, counted from 1."""

    def __init__(self, network: Network, calls: Iterable[int]) -> None:
        self.compute, self.calls, self.count = serial(network), set(calls), 0

    def __call__(
        self, parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        self.count += 1
        loss, gradients, new_state = self.compute(parameters, inputs, targets, state, rng)
        if self.count in self.calls:
            gradients["head.W"][0, 0] = np.nan
            new_state = new_state * np.nan
        return WindowGradient(loss, gradients, new_state)


def test_a_faulty_gradient_restores_the_saved_state_and_halves_the_rate(toy: Any, network: Network) -> None:
    run = toy(engine=FaultyEngine(network, [15]), schedule="constant")
    saved: TrainingState | None = None
    rates = []
    for event in run.train():
        state = run.session.state
        assert all(np.isfinite(array).all() for array in state.to_arrays().values())
        if isinstance(event, Saved) and event.step == 10:
            saved = state.copy()
        if isinstance(event, Recovered):
            assert saved is not None
            assert (event.back_to_step, event.in_a_row, event.rate_scale) == (10, 1, 0.5)
            for name, array in saved.to_arrays().items():
                np.testing.assert_array_equal(state.to_arrays()[name], array)
            assert state.window == 15
        if isinstance(event, StepDone):
            rates.append(event.learning_rate)
    assert rates[:14] == [0.01] * 14
    assert set(rates[14:]) == {0.005}
    assert run.session.state.step == 60


def test_training_survives_five_recoveries_and_gives_up_at_the_sixth(toy: Any, network: Network) -> None:
    events = list(toy(engine=FaultyEngine(network, range(15, 20))).train())
    assert [event.in_a_row for event in events if isinstance(event, Recovered)] == [1, 2, 3, 4, 5]
    assert isinstance(events[-1], Finished)
    run = toy(engine=FaultyEngine(network, range(15, 15 + MOST_RECOVERIES + 1)))
    with pytest.raises(RunError, match="lower `lr`"):
        list(run.train())
    assert run.storage.last.step == 10


def test_a_checkpoint_resets_the_count_of_recoveries(toy: Any, network: Network) -> None:
    events = list(toy(engine=FaultyEngine(network, [15, 35]), steps=80).train())
    assert [event.in_a_row for event in events if isinstance(event, Recovered)] == [1, 1]
    assert [event.rate_scale for event in events if isinstance(event, Recovered)] == [0.5, 0.25]


def test_a_validation_loss_that_is_not_finite_is_recovered_from(toy: Any, evaluation: Any) -> None:
    losses = iter([5.0, float("nan"), *[5.0] * 100])
    probes = Probes(evaluate=evaluation(lambda: next(losses)))
    run = toy(probes=probes)
    events = list(run.train())
    recovered = next(event for event in events if isinstance(event, Recovered))
    assert (recovered.step, recovered.back_to_step) == (5, 2)
    assert recovered.reason == "the validation loss is not finite"
    assert isinstance(events[-1], Finished)


def test_weights_that_become_infinite_in_an_update_cause_a_recovery_without_a_warning(toy: Any) -> None:
    run = toy()
    for array in run.session.state.moments.values():
        array[...] = -1.0
    assert [event.step for event in run.train() if isinstance(event, Recovered)] == [1]
