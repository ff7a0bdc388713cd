"""What was named on the command line → the files that it stands for, in a fixed order."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from charrnn.errors import TextError, UsageError
from charrnn.text.builtin import builtin_files, builtin_names
from charrnn.text.catalogue import downloaded_path, entry_names

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Source:
    """One file to read. `path` None is standard input; `piped` files can be read only once.

    `in_folder` files came along with a folder, so that a binary or empty one is passed over; `own_encoding`
    is that of a built-in text, whatever the person's own texts are in.
    """

    name: str
    path: Path | None
    piped: bool = False
    in_folder: bool = False
    own_encoding: str | None = None


def find_sources(names: Iterable[str]) -> list[Source]:
    """Every file that the names stand for. TextError for a name that stands for nothing, or for an empty folder."""
    names = list(names)
    if not names or "" in names:
        raise UsageError("name a text: a file, a folder, a pattern, - for standard input, or a built-in name")
    if names.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input (-) can be named only once")
    return [source for name in names for source in _find(name)]


def is_shadowed(name: str) -> bool:
    """Whether a built-in or catalogue name is hidden by a path of the same name."""
    return name in (*builtin_names(), *entry_names()) and _mode(name) is not None


def _find(name: str) -> Iterator[Source]:
    if name == STANDARD_INPUT:
        return iter((Source("standard input", None, piped=True),))
    if _mode(name) is not None:
        return _from_path(Path(name))
    if name in builtin_names():
        return _from_builtin(name)
    if name in entry_names():
        return iter((_from_catalogue(name),))
    if any(sign in name for sign in "*?["):
        return _from_pattern(name)
    texts = ", ".join(builtin_names())
    raise TextError(f"there is no file or folder {name}, and no text of that name; built in are {texts}")


def _from_path(path: Path) -> Iterator[Source]:
    mode = _mode(str(path))
    if mode is None or not stat.S_ISDIR(mode):
        yield Source(str(path), path, piped=mode is not None and not stat.S_ISREG(mode))
        return
    found = False
    for inner in _files_below(path):
        found = True
        yield Source(str(inner), inner, in_folder=True)
    if not found:
        raise TextError(f"the folder {path} is empty; put texts in it or name another")


def _files_below(folder: Path) -> list[Path]:
    """Regular files in a folder and below it, without hidden ones and those of runs, sorted by their path in it."""
    files: list[Path] = []
    try:
        for place, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
            here = Path(place)
            folders[:] = [name for name in folders if not name.startswith(".") and not _is_run(here / name)]
            files += [here / name for name in names if not name.startswith(".") and (here / name).is_file()]
    except OSError as error:
        raise TextError(f"cannot read {error.filename or folder}: {error.strerror or error}") from error
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _refuse(error: OSError) -> None:
    raise error


def _is_run(folder: Path) -> bool:
    """Whether charrnn made this folder: what a run says of a text is no part of the text."""
    return (folder / "config.json").exists() and any((folder / n).exists() for n in ("metrics.jsonl", "checkpoints"))


def _from_pattern(pattern: str) -> Iterator[Source]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    if not matches:
        raise TextError(f"no file matches {pattern}; check the pattern, or quote it if the shell changed it")
    for match in matches:
        if not Path(match).is_dir():
            yield Source(match, Path(match), in_folder=True)


def _from_builtin(name: str) -> Iterator[Source]:
    for path in builtin_files(name):
        yield Source(f"{name}/{path.name}", path, in_folder=True, own_encoding="utf-8")


def _from_catalogue(name: str) -> Source:
    path = downloaded_path(name)
    if path is None:
        raise TextError(f"{name} is in the catalogue, but not on this machine; run: charrnn corpora get {name}")
    return Source(name, path, own_encoding="utf-8")


def _mode(name: str) -> int | None:
    """The kind of thing that lies at a path; None where nothing does."""
    try:
        return Path(name).stat().st_mode
    except PermissionError as error:
        raise TextError(f"cannot read {name}: {error.strerror}") from error
    except (OSError, ValueError):
        return None
