"""A listing of the runs in a folder: settings, status and best validation loss of each."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from charrnn.config import NetworkConfig, RunConfig
from charrnn.errors import CharrnnError
from charrnn.run.arrays import Shapes, check_arrays
from charrnn.run.events import Evaluated, Saved
from charrnn.run.files import is_temporary
from charrnn.run.folder import RunFolder
from charrnn.run.journal import read_milestones
from charrnn.run.lock import trainer_pid
from charrnn.run.progress import RunProgress
from charrnn.run.status import Status, run_status

ShapesOf: TypeAlias = Callable[[NetworkConfig], Shapes]
"""A function that returns the shapes of a network's weights by tensor name."""

FILES = ("config.json", "tokenizer.json", "model.safetensors", "metrics.jsonl", "checkpoints")
"""A folder that holds one of these is listed as a run."""

_STATES = {Status.TRAINING: "under way", Status.INTERRUPTED: "broken off"}
"""Names of the status in JSON where they differ from those in the terminal."""


@dataclass(frozen=True)
class RunSummary:
    """One run of a listing. `fault` says why a broken run cannot be read; `age` is that of its last change, in s."""

    path: str
    status: Status
    age: float
    text: str | None = None
    characters: int | None = None
    cell: str | None = None
    layers: int | None = None
    hidden: int | None = None
    embedding: int | None = None
    parameters: int | None = None
    step: int | None = None
    nats_per_character: float | None = None
    bits_per_character: float | None = None
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields of `charrnn runs --json`."""
        values = asdict(self)
        path, status = values.pop("path"), values.pop("status")
        return {"path": path, "state": _STATES.get(status, str(status)), **values}


def list_runs(folder: Path, shapes_of: ShapesOf) -> list[RunSummary]:
    """Return the runs in a folder, and the folder itself if it is a run, the most recent first."""
    summaries = (summarize(path, shapes_of) for path in _run_paths(folder))
    return sorted(summaries, key=lambda summary: summary.age)


def _run_paths(folder: Path) -> Iterator[Path]:
    for path in (folder, *sorted(folder.iterdir())):
        try:
            if path.is_dir() and not is_temporary(path) and any((path / name).exists() for name in FILES):
                yield path
        except OSError:
            yield path  # `summarize` reports why it cannot be read


def summarize(path: Path, shapes_of: ShapesOf) -> RunSummary:
    """Return the summary of one run, as far as it can be read."""
    age, folder = 0.0, RunFolder(path)
    try:
        age = max(0.0, time.time() - max(file.stat().st_mtime for file in _existing_files(path)))
        folder.refuse_irregular()
        config, is_model = folder.read_config(), folder.is_model
        shapes, (progress, has_weights) = shapes_of(config.network), _read_progress(path)
        fault = _fault(folder, shapes, has_weights=has_weights or is_model)
    except (CharrnnError, OSError) as error:
        return RunSummary(str(path), Status.BROKEN, age, fault=str(error))
    status = run_status(progress, trained=trainer_pid(path) is not None, fault=fault, is_model=is_model)
    parameters = sum(math.prod(shape) for shape in shapes.values())
    results = {} if is_model else _results(progress)
    return RunSummary(str(path), status, age, **_settings(config), parameters=parameters, **results, fault=fault)


def _read_progress(path: Path) -> tuple[RunProgress, bool]:
    """Return the progress of a run, and True if it has saved weights."""
    progress, has_weights = RunProgress(), False
    for event in read_milestones(path):
        progress.update(event)
        has_weights |= isinstance(event, Evaluated | Saved)
    return progress, has_weights


def _existing_files(path: Path) -> list[Path]:
    return [path, *(path / name for name in FILES if (path / name).exists())]


def _settings(config: RunConfig) -> dict[str, Any]:
    return {
        "text": ", ".join(config.text.sources),
        "characters": config.text.characters,
        **{name: getattr(config.network, name) for name in ("cell", "layers", "hidden", "embedding")},
    }


def _results(progress: RunProgress) -> dict[str, Any]:
    return {
        "step": progress.last_step,
        "nats_per_character": progress.best and progress.best.nats_per_character,
        "bits_per_character": progress.best and progress.best.bits_per_character,
    }


def _fault(folder: RunFolder, shapes: Shapes, *, has_weights: bool) -> str | None:
    """Return the reason why the model cannot be loaded, from its JSON files and array headers; None if it can.

    A run that has saved nothing yet needs no weights.
    """
    try:
        folder.read_tokenizer()
        if has_weights:
            check_arrays(folder.model_path, shapes)
    except CharrnnError as error:
        return str(error)
    return None
