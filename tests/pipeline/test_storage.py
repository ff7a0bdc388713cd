"""The storage of a run: a state comes back from its folder, and a damaged checkpoint is refused by name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from charrnn.errors import ModelError
from charrnn.pipeline.start import resume_run
from charrnn.pipeline.storage import RunStorage


@pytest.fixture
def storage(tiny_run: Path, tmp_path: Path) -> RunStorage:
    """The storage of a copy of a finished run."""
    return resume_run(Path(shutil.copytree(tiny_run, tmp_path / "run"))).storage


def test_a_state_comes_back(storage: RunStorage) -> None:
    state = resume_run(storage.folder.path).session.state
    state.step, state.best_loss = 77, None
    storage.write_checkpoint(state)
    copy = storage.read_checkpoint(state)
    assert copy.to_notes() == state.to_notes()
    for name, array in state.to_arrays().items():
        np.testing.assert_array_equal(copy.to_arrays()[name], array)


def test_without_a_checkpoint_the_state_is_the_initial_one(storage: RunStorage) -> None:
    state = resume_run(storage.folder.path).session.state
    storage.folder.checkpoint_path.unlink()
    assert storage.read_checkpoint(state) is state


def test_the_best_weights_come_back(storage: RunStorage) -> None:
    best = storage.read_best()
    storage.write_best({name: array + 1.0 for name, array in best.items()})
    for name, array in storage.read_best().items():
        np.testing.assert_array_equal(array, best[name] + 1.0)


@pytest.mark.parametrize(
    "notes",
    [
        {"step": float("inf")},
        {"step": -5},
        {"step": 10**400},
        {"window": 1 << 62},
        {"rate_scale": 1e308},
        {"best": float("nan")},
        {"window": -7},
        {"rate_scale": float("nan")},
        {"rate_scale": 0.0},
        {"time": float("nan")},
        {"rng": None},
    ],
)
def test_notes_that_are_not_valid_are_refused_with_the_path(notes: dict[str, object], storage: RunStorage) -> None:
    path = storage.folder.checkpoint_path
    with safe_open(path, framework="numpy") as file:
        values = json.loads(file.metadata()["charrnn"])
    save_file(load_file(path), path, metadata={"charrnn": json.dumps(values | notes)})
    with pytest.raises(ModelError, match=r"training\.safetensors is damaged"):
        resume_run(storage.folder.path)


@pytest.mark.parametrize("change", [{"hidden": 6000}, {"vocabulary": 10}])
def test_a_checkpoint_of_another_network_is_refused_before_the_network_is_made(
    change: dict[str, int], storage: RunStorage
) -> None:
    path = storage.folder.path / "config.json"
    config = json.loads(path.read_text())
    config["network"] |= change
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"training\.safetensors does not fit"):
        resume_run(storage.folder.path)
