"""Files of a run: opened without following links, read within limits, and written atomically.

A run may come from another person, so each of its files must be a regular file inside its folder: a link could point
to any file, and reading a pipe would not end. Each file is written completely under a temporary name and then
renamed, so that after a crash, a full disk or a SIGKILL there is the old file or the new one.
"""

import errno
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

from charrnn.errors import CharrnnError, ModelError, RunError

LARGEST_CONFIG, LARGEST_FILE = 1 << 20, 64 << 20
"""Largest config.json, and largest other file that is read as a whole, in bytes."""
_OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def run_file(run: Path, name: str) -> Path:
    """Return the path of a file of a run, such as "control/lock"; ModelError if a folder on the way is a link.

    The folder of the run itself may be a link.
    """
    path = run
    for folder in PurePosixPath(name).parts[:-1]:
        path = path / folder
        if path.is_symlink():
            raise _is_link(path)
    return path / PurePosixPath(name).name


def refuse_irregular(path: Path) -> None:
    """Raise ModelError if something other than a regular file is there, such as a link, a folder or a pipe."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if stat.S_ISLNK(mode):
        raise _is_link(path)
    if not stat.S_ISREG(mode):
        raise ModelError(f"{path} is not a regular file; replace it by one, or delete it")


def open_regular(path: Path, mode: str = "rb", **settings: Any) -> IO[Any]:
    """Open a file as the built-in `open` does; ModelError if something other than a regular file is there.

    Opening never waits, as it would for a pipe.
    """
    refuse_irregular(path)
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | _OPEN_FLAGS, 0o666), **settings)


def read_bounded(path: Path, limit: int) -> bytes:
    """Return the content of a regular file; ModelError if it has more than `limit` bytes."""
    with open_regular(path) as file:
        data: bytes = file.read(limit + 1)
    if len(data) > limit:
        raise ModelError(f"{path} is larger than any file that charrnn writes there; restore it, or delete it")
    return data


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`, or leave `path` as it is; a link is replaced, not followed."""
    temporary = temporary_path(path)
    temporary.unlink(missing_ok=True)
    try:
        with naming(path):
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Set the file name of an OSError, which is missing after a failed write."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def temporary_path(path: Path) -> Path:
    """Return the name under which this process writes a file or folder until it is complete."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def is_temporary(path: Path) -> bool:
    """Return True if the name has the form of `temporary_path`."""
    return re.fullmatch(r"\..+\.\d+\.part", path.name) is not None


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files and folders of `path` that killed processes have left."""
    with suppress(OSError):
        for leftover in path.parent.iterdir():
            match = re.fullmatch(rf"\.{re.escape(path.name)}\.(\d+)\.part", leftover.name)
            if match and not _is_alive(int(match[1])):
                if leftover.is_dir() and not leftover.is_symlink():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    """Return True if there is a process with this id; on Windows, where testing would end it, only this one."""
    if process == os.getpid() or sys.platform == "win32":
        return process == os.getpid()
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # it belongs to another user
    return True


def make_folders(path: Path) -> None:
    """Make a folder and all missing folders above it, at any depth."""
    missing = [path]
    while not missing[-1].exists() and missing[-1].parent != missing[-1]:
        missing.append(missing[-1].parent)
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    write_atomically(path, (json.dumps(values, indent=1) + "\n").encode())


def read_json(path: Path, limit: int = LARGEST_FILE) -> Any:
    """Return the values of a JSON file; ModelError if it is missing, too large or not JSON."""
    try:
        return json.loads(read_bounded(path, limit))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{path.parent} is not a run of charrnn: it has no {path.name}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ModelError:
    """Return the error for a file that cannot be read."""
    return ModelError(f"{path} cannot be read: {error.strerror or error}; check its path and permissions")


def unwritable(path: Path, error: OSError, then: str = "") -> RunError:
    """Return the error about a file that cannot be written, with the remedy, and `then` the next step."""
    reason = error.strerror or error
    return RunError(f"{error.filename or path} cannot be written: {reason}; {remedy_for(error)}{then}")


def remedy_for(error: OSError) -> str:
    """Return the remedy for a file that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free some space"
    if error.errno == errno.EFBIG:
        return "allow larger files (ulimit -f)"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "make its folder writable"
    return "check the disk"


def _is_link(path: Path) -> CharrnnError:
    return ModelError(f"{path} is a symbolic link, which a run may not have; replace it by a copy of its target")
