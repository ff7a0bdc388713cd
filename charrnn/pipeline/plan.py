"""Plan of a new run: its text and its folder, checked before the text is read."""

import os
from pathlib import Path

from charrnn.config import Overrides, TextConfig, choose_network, choose_training
from charrnn.errors import RunError
from charrnn.run.names import RUNS
from charrnn.text.sources import STANDARD_INPUT

DEFAULT_CORPUS = "english"


def plan_run(sources: tuple[str, ...], overrides: Overrides, out: Path | None) -> tuple[TextConfig, Path]:
    """Return the text and the path of a new run: `out`, or a new path in runs/ that is named after the text.

    UsageError if options contradict each other, RunError if the folder cannot be made. Nothing is read or written.
    """
    text = TextConfig(sources or (DEFAULT_CORPUS,), **overrides.fields(TextConfig))
    choose_network(overrides, tokens=1, vocabulary=2)
    choose_training(overrides, tokens=1, threads=1)
    path = free_path(default_path(text.sources)) if out is None else out
    _refuse_unwritable(path)
    return text, path


def default_path(sources: tuple[str, ...]) -> Path:
    """Return the path in runs/ that is named after the first source."""
    source = Path("stdin" if sources[0] == STANDARD_INPUT else sources[0])
    stem = (source.name or source.resolve().name).lstrip(".").partition(".")[0]
    name = "".join(letter if letter.isalnum() or letter in "-_ " else "-" for letter in stem).strip("- ")
    return RUNS / (name or "text")


def free_path(path: Path) -> Path:
    """Return the path, or if it exists the first of path-2, path-3, … that does not."""
    free, number = path, 1
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _refuse_unwritable(path: Path) -> None:
    try:
        path.exists()
    except OSError as error:
        raise RunError(f"the folder of the run cannot be made: {error.strerror}; choose another `out`") from error
    parent = next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))
    if not parent.is_dir():
        raise RunError(f"{path} cannot be made, because {parent} is not a folder; choose another `out`")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise RunError(f"{path} cannot be made, because {parent} is not writable; choose another `out`")
