"""The run folder: settings, weights and checkpoints are checked when they are read, whoever wrote them."""

import errno
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from charrnn.config import Overrides, TextConfig
from charrnn.errors import ModelError, RunError
from charrnn.pipeline.start import start_run
from charrnn.run.arrays import Shapes
from charrnn.run.folder import RunFolder

DEAD_PROCESS = 2**31 - 1
"""Number that no process has."""


@pytest.fixture
def folder(tiny_run: Path, tmp_path: Path) -> RunFolder:
    """A copy of a finished run."""
    return RunFolder(Path(shutil.copytree(tiny_run, tmp_path / "run")))


def shapes_of(path: Path) -> Shapes:
    return {name: array.shape for name, array in load_file(path / "model.safetensors").items()}


def test_tensors_have_the_names_of_the_format(tiny_run: Path) -> None:
    assert shapes_of(tiny_run) == {
        "vectorizer.weight": (26, 24),
        "layers.0.Wx": (24, 24),
        "layers.0.Wh": (24, 24),
        "layers.0.b": (24,),
        "layers.1.Wx": (24, 24),
        "layers.1.Wh": (24, 24),
        "layers.1.b": (24,),
        "head.W": (24, 26),
        "head.b": (26,),
    }


def test_settings_come_back(folder: RunFolder) -> None:
    config = folder.read_config()
    folder.write_config(config)
    assert folder.read_config() == config


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("network", "hidden", -1),
        ("network", "hidden", "24"),
        ("network", "hidden", True),
        ("network", "layers", 10**6),
        ("network", "cell", "os.system"),
        ("network", "surprise", 1),
        ("training", "lr", float("nan")),
        ("training", "lr", 10**400),
        ("training", "seed", 1.5),
        ("training", "seed", 10**400),
        ("training", "batch", None),
        ("text", "tokenizer", "pickle"),
        ("text", "sources", 3),
        ("text", "sources", [1, 2]),
        ("text", "sources", "long.txt"),
        ("text", "encoding", 5),
    ],
)
def test_a_setting_that_is_not_valid_is_refused_with_the_path(
    part: str, key: str, value: object, folder: RunFolder
) -> None:
    path = folder.path / "config.json"
    values = json.loads(path.read_text())
    values[part][key] = value
    path.write_text(json.dumps(values))
    with pytest.raises(ModelError, match=str(folder.path)):
        folder.read_config()


@pytest.mark.parametrize("text", ["", "[1]", "{", "{}", '{"format": 99}', '{"format": 2}', "nul\0", "[" * 100_000])
def test_an_invalid_config_is_refused_with_its_path(text: str, folder: RunFolder) -> None:
    (folder.path / "config.json").write_text(text)
    with pytest.raises(ModelError, match=str(folder.path)):
        folder.read_config()


def test_a_folder_without_a_config_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a run"):
        RunFolder(tmp_path).read_config()


def test_weights_come_back(folder: RunFolder) -> None:
    shapes = shapes_of(folder.path)
    parameters = {name: np.random.default_rng(0).random(shape, np.float32) for name, shape in shapes.items()}
    folder.write_model(parameters)
    for name, array in folder.read_model(shapes).items():
        np.testing.assert_array_equal(array, parameters[name])


def test_the_latest_weights_are_those_of_the_checkpoint(folder: RunFolder) -> None:
    shapes = shapes_of(folder.path)
    checkpoint = load_file(folder.checkpoint_path)
    for name, array in folder.read_latest(shapes).items():
        np.testing.assert_array_equal(array, checkpoint[f"parameters.{name}"])
    folder.checkpoint_path.unlink()
    for name, array in folder.read_latest(shapes).items():
        np.testing.assert_array_equal(array, folder.read_model(shapes)[name])


def test_a_checkpoint_comes_back_and_may_be_missing(folder: RunFolder) -> None:
    folder.write_checkpoint({"carried": np.ones((1, 2), np.float32)}, {"step": 3})
    checkpoint = folder.read_checkpoint({"carried": (1, 2)})
    assert checkpoint is not None
    np.testing.assert_array_equal(checkpoint[0]["carried"], np.ones((1, 2)))
    assert checkpoint[1] == {"step": 3}
    folder.checkpoint_path.unlink()
    assert folder.read_checkpoint({"carried": (1, 2)}) is None


def test_a_checkpoint_of_another_network_is_refused_by_its_header(folder: RunFolder) -> None:
    shapes = dict(shapes_of(folder.path))
    folder.refuse_other_shapes(shapes)
    with pytest.raises(ModelError, match="head"):
        folder.refuse_other_shapes(shapes | {"head.b": (10**12,)})
    folder.checkpoint_path.unlink()
    folder.refuse_other_shapes(shapes | {"head.b": (10**12,)})


def test_an_existing_folder_is_refused_unless_it_is_empty(folder: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="exists already"):
        folder.refuse_existing()
    (tmp_path / "empty").mkdir()
    RunFolder(tmp_path / "empty").refuse_existing()
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="exists already"):
        RunFolder(tmp_path / "file").refuse_existing()


def test_a_folder_that_cannot_be_filled_is_removed(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: RunFolder, config: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(RunFolder, "write_config", fail)
    with pytest.raises(RunError, match="run cannot be made: no space; free some space, or choose another `out`"):
        start_run(tmp_path / "run", TextConfig((str(story),)), Overrides(hidden=8, steps=2))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exists", [False, True])
def test_a_killed_creation_leaves_no_run_and_is_cleaned_up_by_the_next(
    exists: bool, folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(folder: RunFolder, config: object) -> None:
        raise Killed

    config, parent = folder.read_config(), tmp_path / "runs"
    new = RunFolder(parent / "new")
    (new.path if exists else parent).mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_config", kill)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # as SIGKILL would leave it
        patch.setattr(os, "getpid", lambda: DEAD_PROCESS)
        with pytest.raises(Killed):
            new.create(config, {})
    assert len(list((new.path if exists else parent).iterdir())) == 1
    new.create(config, {})
    assert new.read_config() == config
    assert list(parent.iterdir()) == [new.path]
    assert {path.name for path in new.path.iterdir()} == {"checkpoints", "config.json", "tokenizer.json"}


def test_training_begins_without_the_leftovers_of_a_killed_process(folder: RunFolder) -> None:
    paths = (folder.path / "config.json", folder.checkpoint_path)
    leftovers = [path.with_name(f".{path.name}.{DEAD_PROCESS}.part") for path in paths]
    for path in leftovers:
        path.write_bytes(b"half")
    folder.prepare()
    assert not [path for path in leftovers if path.exists()]


def test_an_empty_folder_that_is_a_link_is_filled(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    RunFolder(tmp_path / "link").create(folder.read_config(), {})
    assert (tmp_path / "link").is_symlink()
    assert RunFolder(tmp_path / "disk").read_config() == folder.read_config()
