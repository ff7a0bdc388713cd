"""Folder of a new run: a free name after the text, and a check that it can be made."""

import os
from pathlib import Path

from charrnn.errors import RunError

RUNS = Path("runs")
STANDARD_INPUT = "-"


def free_run_path(sources: tuple[str, ...]) -> tuple[Path, bool]:
    """Return a new path in runs/ that is named after the first source, and True if it had to be numbered."""
    first = Path("stdin" if sources[0] == STANDARD_INPUT else sources[0])
    stem = (first.name or first.resolve().name).lstrip(".").partition(".")[0]
    name = "".join(letter if letter.isalnum() or letter in "-_ " else "-" for letter in stem).strip("- ") or "text"
    path, number = RUNS / name, 1
    while os.path.lexists(path):
        number += 1
        path = RUNS / f"{name}-{number}"
    return path, number > 1


def refuse_unwritable(path: Path) -> None:
    """Raise RunError if a folder cannot be made at this path."""
    parent = next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))
    if not parent.is_dir():
        raise RunError(f"{path} cannot be made, because {parent} is not a folder; choose another `out`")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise RunError(f"{path} cannot be made, because {parent} is not writable; choose another `out`")
