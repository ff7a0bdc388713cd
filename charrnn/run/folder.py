"""The run folder, which is also the model.

RUN/config.json          format; settings of text, network and training
RUN/tokenizer.json       the tokenizer, with tokenizer.model beside it for SentencePiece
RUN/model.safetensors    the best weights so far
RUN/metrics.jsonl        the journal, see `charrnn.run.journal`
RUN/checkpoints/last/    training.safetensors: everything that resuming needs
RUN/control/             see `charrnn.run.lock` and `charrnn.run.commands`
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charrnn.config import RunConfig
from charrnn.errors import ModelError, RunError
from charrnn.run.arrays import Arrays, Shapes, check_arrays, read_arrays, read_notes, write_arrays
from charrnn.run.files import (
    LARGEST_CONFIG,
    LARGEST_FILE,
    is_temporary,
    make_folders,
    read_bounded,
    read_json,
    refuse_irregular,
    remedy_for,
    remove_leftovers,
    run_file,
    temporary_path,
    unreadable,
    write_atomically,
    write_json,
)
from charrnn.run.upgrade import upgrade

FILES = (
    "config.json",
    "tokenizer.json",
    "tokenizer.model",
    "model.safetensors",
    "metrics.jsonl",
    "checkpoints/last/training.safetensors",
    "control/lock",
    "control/commands.jsonl",
    "control/log",
)
"""Files of a run. A folder with a config.json is a run."""

PARAMETERS = "parameters."
"""Prefix of the weights' names in a checkpoint."""


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def model_path(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def checkpoint_path(self) -> Path:
        return run_file(self.path, "checkpoints/last/training.safetensors")

    @property
    def is_model(self) -> bool:
        """True for a model alone: weights without a journal and without a checkpoint to resume from."""
        return (
            self.model_path.exists()
            and not (self.path / "metrics.jsonl").exists()
            and not self.checkpoint_path.exists()
        )

    def refuse_existing(self) -> None:
        """Raise RunError if the path exists and is not an empty folder: no run is overwritten."""
        if self.path.exists() and (not self.path.is_dir() or not all(map(is_temporary, self.path.iterdir()))):
            raise RunError(
                f"{self.path} exists already; choose another `out`, or resume it with `resume` {self.path}"
            )

    def refuse_irregular(self) -> None:
        """Raise ModelError if a file of the run is not a regular file, or is in a folder that is a link."""
        for name in FILES:
            refuse_irregular(run_file(self.path, name))

    def create(self, config: RunConfig, tokenizer: Mapping[str, Any], tokenizer_model: bytes | None = None) -> None:
        """Make the folder with settings and tokenizer, completely or not at all.

        The path may be an empty folder, even a link or the root of a disk. RunError if anything else is there, or if
        the folder cannot be made.
        """
        self.refuse_existing()
        try:
            self._create(config, tokenizer, tokenizer_model)
        except OSError as error:
            raise RunError(
                f"{self.path} cannot be made: {error.strerror or error}; {remedy_for(error)}, or choose another `out`"
            ) from error

    def _create(self, config: RunConfig, tokenizer: Mapping[str, Any], tokenizer_model: bytes | None) -> None:
        exists = self.path.is_dir()
        temporary = RunFolder(temporary_path(self.path / "run" if exists else self.path))
        make_folders(temporary.path.parent)
        remove_leftovers(self.path / "run" if exists else self.path)
        try:
            make_folders(temporary.checkpoint_path.parent)
            write_json(temporary.path / "tokenizer.json", tokenizer)
            if tokenizer_model is not None:
                write_atomically(temporary.path / "tokenizer.model", tokenizer_model)
            temporary.write_config(config)
            if exists:
                _move_contents(temporary.path, self.path)
            else:
                temporary.path.rename(self.path)
        except BaseException:
            shutil.rmtree(temporary.path, ignore_errors=True)
            raise

    def prepare(self) -> None:
        """Make the folder of the checkpoints if it is missing, and remove temporary files of killed processes."""
        self.checkpoint_path.parent.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            remove_leftovers(run_file(self.path, name))

    def write_config(self, config: RunConfig) -> None:
        write_json(self.path / "config.json", config.to_json())

    def read_config(self) -> RunConfig:
        """Return the settings; ModelError if this is not a run or a setting is not valid."""
        values = read_json(self.path / "config.json", LARGEST_CONFIG)
        try:
            return RunConfig.from_json(upgrade(values))
        except ModelError as error:
            raise ModelError(f"{self.path}: {error}") from error

    def read_tokenizer(self) -> Any:
        """Return the values of tokenizer.json; ModelError if it is missing or damaged."""
        return read_json(self.path / "tokenizer.json")

    def read_tokenizer_model(self) -> bytes:
        """Return the content of tokenizer.model; ModelError if it is missing or too large."""
        path = self.path / "tokenizer.model"
        try:
            return read_bounded(path, LARGEST_FILE)
        except FileNotFoundError:
            raise ModelError(f"{path} is missing; restore it, or train again") from None
        except OSError as error:
            raise unreadable(path, error) from error

    def write_model(self, parameters: Arrays) -> None:
        write_arrays(self.model_path, parameters)

    def read_model(self, shapes: Shapes) -> Arrays:
        """Return the best weights so far, float32; ModelError if they are missing, damaged or of other shapes."""
        return read_arrays(self.model_path, shapes)

    def read_latest(self, shapes: Shapes) -> Arrays:
        """Return the weights of the last checkpoint, which may not be the best; the best if there is none."""
        if not self.checkpoint_path.exists():
            return self.read_model(shapes)
        arrays = read_arrays(self.checkpoint_path, _prefixed(shapes), PARAMETERS)
        return {name.removeprefix(PARAMETERS): array for name, array in arrays.items()}

    def write_checkpoint(self, arrays: Arrays, notes: Mapping[str, Any]) -> None:
        """Write all that training needs to resume: arrays, and JSON values as notes."""
        write_arrays(self.checkpoint_path, arrays, notes)

    def read_checkpoint(self, shapes: Shapes) -> tuple[Arrays, Any] | None:
        """Return arrays and notes of the last checkpoint; None if there is none. ModelError if it is damaged."""
        if not self.checkpoint_path.exists():
            return None
        return read_arrays(self.checkpoint_path, shapes), read_notes(self.checkpoint_path)

    def refuse_other_shapes(self, shapes: Shapes) -> None:
        """Raise ModelError if the last checkpoint has weights of other shapes; call it before allocating any."""
        if self.checkpoint_path.exists():
            check_arrays(self.checkpoint_path, _prefixed(shapes), PARAMETERS)


def _prefixed(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    return {PARAMETERS + name: shape for name, shape in shapes.items()}


def _move_contents(source: Path, target: Path) -> None:
    """Move the files of a new run into an empty folder, with config.json, which makes it a run, last."""
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name == "config.json"):
        entry.rename(target / entry.name)
    source.rmdir()
