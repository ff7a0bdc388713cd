"""Sources: names of texts → their files, in a fixed order."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from charrnn.errors import TextError, UsageError
from charrnn.text.builtin import builtin_files, builtin_names
from charrnn.text.catalogue import downloaded_path, entry_names

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Source:
    """One file to read. `path` is None for standard input; a `piped` file can be read only once.

    Binary and empty files are skipped if they are `in_folder`, found through a folder, a pattern or a built-in name.
    `fixed_encoding` is the encoding of a built-in text, which the user's choice does not change.
    """

    name: str
    path: Path | None
    piped: bool = False
    in_folder: bool = False
    fixed_encoding: str | None = None


def find_sources(names: Iterable[str], *, builtin_first: bool = False) -> list[Source]:
    """Return the files of all names; with `builtin_first`, a name of a text precedes a path.

    Raises UsageError for an unknown name or if there is no name, and TextError for an empty folder.
    """
    names = list(names)
    if not names or "" in names:
        raise UsageError("name a text: a file, a folder, a pattern, - for standard input, or a built-in name")
    if names.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input (-) can be named only once")
    return [source for name in names for source in _find(name, builtin_first)]


def is_shadowed(name: str) -> bool:
    """Return True if a path takes precedence over the built-in or catalogue text of the same name."""
    return name in (*builtin_names(), *entry_names()) and _mode(name) is not None


def _find(name: str, builtin_first: bool) -> Iterator[Source]:
    if name == STANDARD_INPUT:
        return iter((Source("standard input", None, piped=True),))
    if _mode(name) is not None and not (builtin_first and is_shadowed(name)):
        return _from_path(Path(name))
    if name in builtin_names():
        return _from_builtin(name)
    if name in entry_names():
        return iter((_from_catalogue(name),))
    if any(wildcard in name for wildcard in "*?["):
        return _from_pattern(name)
    raise _unknown(name)


def _unknown(name: str) -> UsageError:
    """Return the error for an unknown name, with files and texts of similar names."""
    path = Path(name)
    try:
        by_name = {entry.name.lower(): str(entry) for entry in path.parent.iterdir()}
    except (OSError, ValueError):
        by_name = {}
    by_name |= {text: text for text in (*builtin_names(), *entry_names())}
    matches = [by_name[match] for match in get_close_matches(path.name.lower(), by_name)]
    remedy = f"did you mean {' or '.join(matches)}?" if matches else f"built in are {', '.join(builtin_names())}"
    return UsageError(f"there is no file, folder or text called {name}; {remedy}")


def _from_path(path: Path) -> Iterator[Source]:
    mode = _mode(str(path))
    if mode is None or not stat.S_ISDIR(mode):
        yield Source(str(path), path, piped=mode is not None and not stat.S_ISREG(mode))
        return
    files = _files_below(path)
    if not files:
        raise TextError(f"the folder {path} is empty; put texts in it or name another")
    for file in files:
        yield Source(str(file), file, in_folder=True)


def _files_below(folder: Path) -> list[Path]:
    """Return the regular files in a folder and its subfolders, without hidden files and run folders, sorted."""
    files: list[Path] = []
    try:
        for path, folders, names in os.walk(folder, onerror=_reraise, followlinks=True):
            parent = Path(path)
            folders[:] = [name for name in folders if not name.startswith(".") and not _is_run(parent / name)]
            files += [parent / name for name in names if not name.startswith(".") and (parent / name).is_file()]
    except OSError as error:
        raise TextError(f"cannot read {error.filename or folder}: {error.strerror or error}") from error
    return sorted(files, key=lambda file: file.relative_to(folder).as_posix())


def _reraise(error: OSError) -> None:
    raise error


def _is_run(folder: Path) -> bool:
    """Return True if this is a run folder, whose files are not texts."""
    return (folder / "config.json").exists() and any((folder / n).exists() for n in ("metrics.jsonl", "checkpoints"))


def _from_pattern(pattern: str) -> Iterator[Source]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    if not matches:
        raise UsageError(f"no file matches {pattern}; check the pattern, or quote it if the shell changed it")
    for match in matches:
        if Path(match).is_file():
            yield Source(match, Path(match), in_folder=True)


def _from_builtin(name: str) -> Iterator[Source]:
    for path in builtin_files(name):
        yield Source(f"{name}/{path.name}", path, in_folder=True, fixed_encoding="utf-8")


def _from_catalogue(name: str) -> Source:
    path = downloaded_path(name)
    if path is None:
        raise TextError(f"{name} is in the catalogue but has not been downloaded; run: charrnn corpora get {name}")
    return Source(name, path, fixed_encoding="utf-8")


def _mode(name: str) -> int | None:
    """Return the st_mode of a path, or None if nothing is there."""
    try:
        return Path(name).stat().st_mode
    except PermissionError as error:
        raise TextError(f"cannot read {name}: {error.strerror}") from error
    except (OSError, ValueError):
        return None
