"""Texts that are always there: a name → its files. Three lie in the package, one is Python's own library."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

from charrnn.errors import TextError

_PYTHON = "python"
_DESCRIPTIONS = {
    "english": "The harbour town of Saltmere in stories, plays, letters and tales.",
    "chinese": "Everyday Chinese sentences.",
    "minerals": "Real names of minerals, one a line, in no order.",
    _PYTHON: "The source of the running Python's standard library.",
}
_NOT_LIBRARY = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}


def builtin_names() -> tuple[str, ...]:
    """The names that stand for built-in texts wherever a text is asked for."""
    return tuple(_DESCRIPTIONS)


def builtin_description(name: str) -> str:
    """One sentence on what the text is."""
    return _DESCRIPTIONS[name]


def builtin_license(name: str) -> str:
    """The licence of the text, by its short name."""
    return "PSF-2.0" if name == _PYTHON else "MIT"


def builtin_path(name: str) -> Path:
    """The file or folder of a built-in text; TextError if this installation lacks it."""
    if name == _PYTHON:
        return Path(sysconfig.get_path("stdlib"))
    for path in (_corpora() / name, _corpora() / f"{name}.txt"):
        if path.exists():
            return path
    raise TextError(f"the built-in text {name} is missing from this installation; install charrnn again")


def builtin_files(name: str) -> Iterator[Path]:
    """The files of a built-in text, sorted by their path."""
    root = builtin_path(name)
    if root.is_file():
        return iter((root,))
    pattern = "*.py" if name == _PYTHON else "*.txt"
    files = (path for path in root.rglob(pattern) if _NOT_LIBRARY.isdisjoint(path.relative_to(root).parts))
    return iter(sorted(files, key=lambda path: path.relative_to(root).as_posix()))


def labelled_lines(name: str) -> list[tuple[str, str]]:
    """A built-in list of labels and texts, one pair a line, with a tab between them; TextError if it is missing."""
    path = _corpora() / f"{name}.tsv"
    if not path.exists():
        raise TextError(f"the built-in list {name} is missing from this installation; install charrnn again")
    pairs = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [(label, text) for label, text in pairs]


def _corpora() -> Path:
    """The folder of texts: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "corpora"
    return installed if installed.is_dir() else package.parent / "corpora"
