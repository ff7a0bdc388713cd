"""The run folder: what is written comes back to the bit, and what was tampered with is refused."""

import errno
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from charrnn.config import Overrides, TextConfig
from charrnn.errors import ModelError, RunError
from charrnn.language.model import LanguageModel
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Saved
from charrnn.run.folder import RunFolder, write_arrays
from charrnn.run.journal import append_event, open_journal, read_journal

OVERRIDES = Overrides(hidden=16, bptt=8, batch=4, steps=60, evaluate_every=20, threads=2, dropout=0.2, seed=5)


@pytest.fixture
def copy_of_run(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "copy"))


def train(path: Path, story: Path, *, until: int | None = None) -> None:
    """A run, left behind at the checkpoint of step `until` as a SIGKILL would leave it."""
    for event in start_run(path, TextConfig((str(story),)), OVERRIDES).train():
        if event.kind == "checkpoint" and event.step == until:
            return


@pytest.mark.parametrize("until", [5, 20, 40])
def test_a_run_that_is_killed_and_resumed_is_the_run_that_was_not(until: int, story: Path, tmp_path: Path) -> None:
    train(tmp_path / "whole", story)
    train(tmp_path / "parts", story, until=until)
    list(resume_run(tmp_path / "parts").train())
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name
    whole, parts = (
        load_file(tmp_path / name / "checkpoints/last/training.safetensors") for name in ("whole", "parts")
    )
    assert whole.keys() == parts.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(array, parts[name], err_msg=name)


def test_a_run_killed_before_its_first_checkpoint_begins_again(story: Path, tmp_path: Path) -> None:
    train(tmp_path / "whole", story)
    next(iter(start_run(tmp_path / "early", TextConfig((str(story),)), OVERRIDES).train()))
    list(resume_run(tmp_path / "early").train())
    whole, early = (tmp_path / name / "model.safetensors" for name in ("whole", "early"))
    assert whole.read_bytes() == early.read_bytes()


def test_arrays_that_are_not_contiguous_are_written_right(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_arrays(tmp_path / "a.safetensors", {"a": array.T})
    np.testing.assert_array_equal(load_file(tmp_path / "a.safetensors")["a"], array.T)


def test_files_have_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_arrays(tmp_path / "a.safetensors", {"a": np.zeros(1, np.float32)})
    finally:
        os.umask(before)
    assert (tmp_path / "a.safetensors").stat().st_mode & 0o777 == 0o640


def test_an_existing_run_is_not_overwritten(tiny_run: Path, story: Path) -> None:
    before = (tiny_run / "model.safetensors").read_bytes()
    with pytest.raises(RunError, match="exists already"):
        start_run(tiny_run, TextConfig((str(story),)), OVERRIDES)
    assert (tiny_run / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_last_checkpoint_and_no_part_of_a_new_one(
    call: str, copy_of_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = {path: path.read_bytes() for path in copy_of_run.rglob("*.safetensors")}
    if call == "write":
        real_open = Path.open

        def opened(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
            file = real_open(self, mode, *args, **kwargs)  # type: ignore[call-overload]
            if self.suffix == ".part":
                file.write(b"half")
                monkeypatch.setattr(os, "fsync", full)
            return file

        monkeypatch.setattr(Path, "open", opened)
    elif call == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    model = LanguageModel.load(copy_of_run)
    with pytest.raises(OSError, match="No space left"):
        RunFolder(copy_of_run).write_model(model.parameters)
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in copy_of_run.rglob("*.safetensors")} == before
    assert not list(copy_of_run.rglob("*.part"))


def damage(path: Path, how: str) -> None:
    arrays = load_file(path)
    match how:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-10])
        case "empty":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(b"\x80\x04garbage" * 1000)
        case "huge header":
            path.write_bytes(struct.pack("<Q", 1 << 62) + path.read_bytes()[8:])
        case "huge shape":
            header = json.dumps(
                {"head.b": {"dtype": "F32", "shape": [1 << 50], "data_offsets": [0, 1 << 52]}}
            ).encode()
            path.write_bytes(struct.pack("<Q", len(header)) + header)
        case "nan":
            arrays["head.b"][0] = np.nan
            save_file(arrays, path)
        case "wrong shape":
            arrays["head.b"] = arrays["head.b"][:-1].copy()
            save_file(arrays, path)
        case "wrong type":
            save_file({name: array.astype(np.float64) for name, array in arrays.items()}, path)
        case "one more":
            save_file(arrays | {"layers.9.Wx": np.zeros(3, np.float32)}, path)
        case "one less":
            del arrays["head.b"]
            save_file(arrays, path)
        case "missing":
            path.unlink()


DAMAGES = (
    "truncated",
    "empty",
    "garbage",
    "huge header",
    "huge shape",
    "nan",
    "wrong shape",
    "wrong type",
    "one more",
    "one less",
    "missing",
)


@pytest.mark.parametrize("how", DAMAGES)
def test_a_model_that_was_tampered_with_is_refused_by_name(how: str, copy_of_run: Path) -> None:
    damage(copy_of_run / "model.safetensors", how)
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        LanguageModel.load(copy_of_run)


@pytest.mark.parametrize(
    "how", ["truncated", "empty", "garbage", "huge header", "huge shape", "wrong type", "one more"]
)
def test_a_checkpoint_that_was_tampered_with_is_refused(how: str, copy_of_run: Path) -> None:
    damage(copy_of_run / "checkpoints/last/training.safetensors", how)
    with pytest.raises(ModelError, match=r"training\.safetensors"):
        resume_run(copy_of_run)


@pytest.mark.parametrize("note", ["", "[]", '{"step": "many"}', '{"step": 1}'])
def test_notes_of_a_checkpoint_that_make_no_sense_are_refused(note: str, copy_of_run: Path) -> None:
    path = copy_of_run / "checkpoints/last/training.safetensors"
    save_file(load_file(path), path, metadata={"charrnn": note})
    with pytest.raises(ModelError, match="notes on the run"):
        resume_run(copy_of_run)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("network", "hidden", 10**9),
        ("network", "hidden", -1),
        ("network", "hidden", "24"),
        ("network", "hidden", True),
        ("network", "layers", 10**6),
        ("network", "cell", "os.system"),
        ("network", "surprise", 1),
        ("network", "vocabulary", 7),
        ("training", "lr", float("nan")),
        ("training", "batch", None),
        ("text", "tokenizer", "pickle"),
        ("text", "sources", 3),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(
    part: str, key: str, value: object, copy_of_run: Path
) -> None:
    path = copy_of_run / "config.json"
    values = json.loads(path.read_text())
    values[part][key] = value
    path.write_text(json.dumps(values))
    with pytest.raises(ModelError):
        LanguageModel.load(copy_of_run)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"format": 99}', "nul\0", "[" * 100_000])
def test_a_configuration_that_is_none_is_refused(text: str, copy_of_run: Path) -> None:
    (copy_of_run / "config.json").write_text(text)
    with pytest.raises(ModelError, match=str(copy_of_run)):
        LanguageModel.load(copy_of_run)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a run"):
        LanguageModel.load(tmp_path)


def test_a_torn_line_of_the_journal_is_passed_over_and_closed(copy_of_run: Path) -> None:
    whole = len(list(read_journal(copy_of_run)))
    with (copy_of_run / "metrics.jsonl").open("a") as file:
        file.write('{"event": "step", "st')
    assert len(list(read_journal(copy_of_run))) == whole
    with open_journal(copy_of_run) as journal:
        append_event(journal, Saved(7, 1.5))
    assert list(read_journal(copy_of_run))[whole:] == [Saved(7, 1.5)]


def test_tensors_have_the_names_that_the_format_promises(tiny_run: Path) -> None:
    assert {name: array.shape for name, array in load_file(tiny_run / "model.safetensors").items()} == {
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


def test_a_run_that_cannot_be_begun_leaves_nothing_behind(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: RunFolder, config: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(RunFolder, "write_config", full)
    with pytest.raises(OSError, match="no space"):
        start_run(tmp_path / "run", TextConfig((str(story),)), OVERRIDES)
    assert not (tmp_path / "run").exists()
