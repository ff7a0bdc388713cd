"""The lock of a run, which one process holds while it trains the run, and the log of that process.

RUN/control/lock   locked while a process trains the run; the system unlocks it when that process ends
RUN/control/log    output of a process that trains without a terminal
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import IO

from charrnn.errors import CharrnnError, RunError
from charrnn.run.files import open_regular, run_file, unwritable

LOCK_TIMEOUT = 1.0
"""Seconds to wait for a lock, which other processes hold for a moment when they test it."""
_LARGEST_LOCK, _LOG_TAIL = 1 << 12, 1 << 14


def lock_path(run: Path) -> Path:
    return run_file(run, "control/lock")


def log_path(run: Path) -> Path:
    return run_file(run, "control/log")


class RunLock:
    """Lock of a run, held from construction to `release` or to the end of the process.

    RunError if another process holds it.
    """

    def __init__(self, run: Path) -> None:
        self._run, self._path = run, lock_path(run)
        resume = f", then resume the run: charrnn train --resume {run}"
        try:
            self._path.parent.mkdir(exist_ok=True)
            self._file = open_regular(self._path, "a+b", buffering=0)
        except OSError as error:
            raise unwritable(self._path, error, resume) from error
        try:
            self._acquire()
        except BaseException as error:
            self._file.close()
            if isinstance(error, OSError):
                raise unwritable(self._path, error, resume) from error
            raise

    def _acquire(self) -> None:
        """Wait for the lock, and write the id of this process into it."""
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not _lock(self._file):
            if time.monotonic() > deadline:
                raise _trained_error(self._run, trainer_pid(self._run))
            time.sleep(0.02)
        self._file.truncate(0)
        self._file.write(json.dumps({"process": os.getpid()}).encode())

    def refuse_if_gone(self) -> None:
        """Raise RunError if the folder of the run was deleted or moved, or replaced by another folder."""
        try:
            if os.path.samestat(self._path.stat(), os.fstat(self._file.fileno())):
                return
        except OSError:
            pass
        raise RunError(
            f"{self._run} was deleted or moved, so that nothing more can be saved there; training has ended"
        )

    def release(self) -> None:
        self._file.close()


def trainer_pid(run: Path) -> int | None:
    """Return the id of the process that trains the run, 0 if the id is not known; None if there is no process."""
    try:
        with open_regular(lock_path(run)) as file:
            if _lock(file, shared=True):
                return None
            return int(json.loads(file.read(_LARGEST_LOCK))["process"])
    except (FileNotFoundError, NotADirectoryError, CharrnnError):  # no process locks a link or a pipe
        return None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 0  # locked, but its holder has not written its id yet


def refuse_if_trained(run: Path) -> None:
    """Raise RunError if a process trains the run."""
    if (process := trainer_pid(run)) is not None:
        raise _trained_error(run, process)


def last_log_line(run: Path) -> str:
    """Return the last line of the log, of at most _LOG_TAIL bytes; empty if there is none."""
    try:
        with open_regular(log_path(run)) as file:
            file.seek(-min(_LOG_TAIL, file.seek(0, os.SEEK_END)), os.SEEK_END)
            lines = file.read(_LOG_TAIL).decode("utf-8", "replace").strip().splitlines()
    except (OSError, CharrnnError):
        return ""
    return lines[-1].removeprefix("charrnn: ") if lines else ""


def _trained_error(run: Path, process: int | None) -> RunError:
    return RunError(
        f"{run} is being trained{f' by process {process}' if process else ''}; watch it with: charrnn watch {run}, "
        f"or end it with: charrnn tell {run} stop"
    )


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, shared: bool = False) -> bool:
        """Lock a byte far behind the content of the file, since no other process can read a locked byte."""
        file.seek(1 << 20)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True
else:
    import fcntl

    def _lock(file: IO[bytes], *, shared: bool = False) -> bool:
        """Return True if the file could be locked at once; closing the file unlocks it."""
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # this file system has no locks, so that no process can hold one
            return True
        return True
