"""Built-in texts by name: three that belong to the package, and the standard library of the running Python."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

from charrnn.errors import TextError

_PYTHON = "python"
_DESCRIPTIONS = {
    "english": "The harbor town of Saltmere in stories, scenes, letters, essays and tales.",
    "chinese": "Everyday Chinese sentences.",
    "minerals": "Real names of minerals, one per line, in random order.",
    _PYTHON: "The source of the running Python's standard library.",
}
_EXCLUDED_FOLDERS = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}


def builtin_names() -> tuple[str, ...]:
    """Return the names of the built-in texts."""
    return tuple(_DESCRIPTIONS)


def builtin_description(name: str) -> str:
    """Return one sentence about the text."""
    return _DESCRIPTIONS[name]


def builtin_license(name: str) -> str:
    """Return the SPDX identifier of the license of the text."""
    return "PSF-2.0" if name == _PYTHON else "MIT"


def builtin_path(name: str) -> Path:
    """Return the file or folder of a built-in text. Raises TextError if this installation lacks it."""
    if name == _PYTHON:
        return Path(sysconfig.get_path("stdlib"))
    for path in (_corpora_folder() / name, _corpora_folder() / f"{name}.txt"):
        if path.exists():
            return path
    raise TextError(f"the built-in text {name} is missing from this installation; reinstall charrnn")


def builtin_files(name: str) -> Iterator[Path]:
    """Return the files of a built-in text, sorted by path."""
    root = builtin_path(name)
    if root.is_file():
        return iter((root,))
    pattern = "*.py" if name == _PYTHON else "*.txt"
    files = (path for path in root.rglob(pattern) if _EXCLUDED_FOLDERS.isdisjoint(path.relative_to(root).parts))
    return iter(sorted(files, key=lambda path: path.relative_to(root).as_posix()))


def labeled_lines(name: str) -> list[tuple[str, str]]:
    """Return the (label, text) pairs of a built-in list. Raises TextError if this installation lacks it."""
    path = _corpora_folder() / f"{name}.tsv"
    if not path.exists():
        raise TextError(f"the built-in list {name} is missing from this installation; reinstall charrnn")
    pairs = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [(label, text) for label, text in pairs]


def _corpora_folder() -> Path:
    """Return the folder of the texts: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "corpora"
    return installed if installed.is_dir() else package.parent / "corpora"
