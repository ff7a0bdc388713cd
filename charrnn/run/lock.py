"""Who trains a run, and what it is told: a lock and a mailbox in the run's folder.

RUN/control/lock             locked as long as a process trains the run, however that process ends
RUN/control/commands.jsonl   one command a line, appended by whoever steers, read between two steps
RUN/control/log              what a run without a terminal had to say
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

from charrnn.errors import RunError
from charrnn.run.events import Command

PATIENCE = 1.0
"""Seconds that one waits for a lock: somebody may just be looking whether it is free."""
_LARGEST_LOCK, _LARGEST_LOG = 1 << 12, 1 << 14


def lock_path(run: Path) -> Path:
    return run / "control" / "lock"


def log_path(run: Path) -> Path:
    return run / "control" / "log"


def _mailbox_path(run: Path) -> Path:
    return run / "control" / "commands.jsonl"


class RunLock:
    """The right to train a run, which one process has at a time; it ends with `release`, or with the process."""

    def __init__(self, run: Path) -> None:
        """RunError if another process trains the run."""
        path = lock_path(run)
        path.parent.mkdir(exist_ok=True)
        self._file = path.open("a+b")
        deadline = time.monotonic() + PATIENCE
        while not _lock(self._file):
            if time.monotonic() > deadline:
                self._file.close()
                raise _is_trained(run, trainer_pid(run))
            time.sleep(0.02)
        self._file.truncate(0)
        self._file.write(json.dumps({"process": os.getpid()}).encode())
        self._file.flush()
        self._mailbox = _mailbox_path(run)
        self._mailbox.write_bytes(b"")  # what was said to an earlier process is not for this one
        self._offset = 0

    def commands(self) -> list[Command]:
        """What has been told since the last call; what is no command is passed over."""
        try:
            if self._mailbox.stat().st_size <= self._offset:
                return []
            with self._mailbox.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        data = data[: data.rfind(b"\n") + 1]
        self._offset += len(data)
        return [command for line in data.splitlines() if (command := _parsed(line)) is not None]

    def release(self) -> None:
        self._file.close()


def trainer_pid(run: Path) -> int | None:
    """The number of the process that trains the run, 0 if it is not known; None if nobody does."""
    try:
        with lock_path(run).open("rb") as file:
            if _lock(file, shared=True):
                return None
            return int(json.loads(file.read(_LARGEST_LOCK))["process"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError):
        return 0  # somebody does, who has not said yet who it is


def last_log_line(run: Path) -> str:
    """What the process that trained a run without a terminal said last; empty if nothing."""
    try:
        with log_path(run).open("rb") as file:
            lines = file.read(_LARGEST_LOG).decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("charrnn: ") if lines else ""


def refuse_if_trained(run: Path) -> None:
    """RunError if a process trains the run."""
    if (process := trainer_pid(run)) is not None:
        raise _is_trained(run, process)


def _is_trained(run: Path, process: int | None) -> RunError:
    return RunError(
        f"{run} is being trained{f' by process {process}' if process else ''}; watch it with: charrnn watch {run}, "
        f"or end it with: charrnn tell {run} stop"
    )


def tell(run: Path, command: Command) -> None:
    """Tell the run something; RunError if nobody trains it."""
    if trainer_pid(run) is None:
        raise RunError(
            f"nobody trains {run}, so there is nothing to tell it; go on with: charrnn train --resume {run}"
        )
    with _mailbox_path(run).open("ab", buffering=0) as file:
        file.write(json.dumps(command.to_json()).encode() + b"\n")


def _parsed(line: bytes) -> Command | None:
    try:
        return Command.from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO, *, shared: bool = False) -> bool:
        """Lock a byte far behind the file's content, since nobody else could read a locked one."""
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

    def _lock(file: BinaryIO, *, shared: bool = False) -> bool:
        """Lock the file if that is possible at once; the lock ends when the file is closed."""
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # this file system has no locks, so that nobody can hold one
            return True
        return True
