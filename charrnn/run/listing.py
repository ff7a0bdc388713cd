"""The shelf: the runs in a folder, what they are and how far they got."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn.config import RunConfig
from charrnn.errors import CharrnnError
from charrnn.language.cloze import load_model
from charrnn.network.two_sided import network_of
from charrnn.run.events import Evaluated, Event, Finished, Saved
from charrnn.run.folder import RunFolder
from charrnn.run.journal import read_milestones
from charrnn.run.lock import trainer_pid

FILES = ("config.json", "tokenizer.json", "model.safetensors", "metrics.jsonl", "checkpoints")
"""A folder that holds one of them is taken for a run."""


@dataclass(frozen=True)
class RunSummary:
    """What is told of one run. Where `fault` is not None, the rest may be missing."""

    path: str
    state: str
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


def list_runs(folder: Path) -> list[RunSummary]:
    """The runs in a folder, or the one that it is, the latest first."""
    return sorted((summarize(path) for path in _runs_in(folder)), key=lambda each: each.age)


def _runs_in(folder: Path) -> Iterator[Path]:
    for path in (folder, *sorted(folder.iterdir())):
        try:
            if path.is_dir() and any((path / name).exists() for name in FILES):
                yield path
        except OSError:
            yield path  # and `summarize` says why it cannot be read


def summarize(path: Path) -> RunSummary:
    """One run, as far as it can be read."""
    age = 0.0
    try:
        age = max(0.0, time.time() - max(each.stat().st_mtime for each in _files(path)))
        config = RunFolder(path).read_config()
        journal = read_milestones(path)
        fault = _fault_of_model(path, journal)
        state = "broken" if fault else _state(path, journal)
    except (CharrnnError, OSError) as error:
        return RunSummary(str(path), "broken", age, fault=str(error))
    return RunSummary(str(path), state, age, **_settings(config), **_course(journal), fault=fault)


def _files(path: Path) -> list[Path]:
    return [path, *(path / name for name in FILES if (path / name).exists())]


def _settings(config: RunConfig) -> dict[str, Any]:
    return {
        "text": ", ".join(config.text.sources),
        "characters": config.text.characters,
        **{name: getattr(config.network, name) for name in ("cell", "layers", "hidden", "embedding")},
        "parameters": network_of(config.network).parameter_count(),
    }


def _course(journal: list[Event]) -> dict[str, Any]:
    """The last step, and the best of the evaluations."""
    evaluations = [event.evaluation for event in journal if isinstance(event, Evaluated)]
    finite = [evaluation for evaluation in evaluations if math.isfinite(evaluation.nats_per_character)]
    best = min(finite, key=lambda evaluation: evaluation.nats_per_character, default=None)
    return {
        "step": journal[-1].step if journal else 0,
        "nats_per_character": best and best.nats_per_character,
        "bits_per_character": best and best.bits_per_character,
    }


def _state(path: Path, journal: list[Event]) -> str:
    """Whether the run is under way, and if not, how it ended: one that was killed has no word on that."""
    if trainer_pid(path) is not None:
        return "under way"
    last = journal[-1] if journal else None
    if isinstance(last, Finished):
        return "finished" if last.reason == "done" else "stopped"
    return "broken off"


def _fault_of_model(path: Path, journal: list[Event]) -> str | None:
    """Why the model cannot be loaded; None if it can, or if there is none because training has just begun."""
    if not any(isinstance(event, Evaluated | Saved) for event in journal):
        return None
    try:
        load_model(path)
    except CharrnnError as error:
        return str(error)
    return None
