"""Commands to a run, and the mailbox through which they reach the process that trains it.

RUN/control/commands.jsonl   one command per line, appended by `send_command`, read by the trainer between two steps
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from charrnn.errors import CharrnnError, RunError
from charrnn.run.files import naming, open_regular, run_file, unwritable
from charrnn.run.lock import trainer_pid
from charrnn.run.messages import Message

_LARGEST_READ, _COMPARED = 1 << 20, 1 << 10
"""Largest number of bytes that are read at a time, and number of the last bytes that are compared."""
OLD_WORDS = {"go-on": "resume", "back": "restore-best"}
"""Names of commands before version 0.5, and their present names."""


@dataclass(frozen=True)
class Command(Message):
    """Base of the commands, which a run applies between two steps."""

    family: ClassVar[str] = "command"
    old_kinds: ClassVar[dict[str, str]] = OLD_WORDS


@dataclass(frozen=True)
class Pause(Command):
    """Pause after this step. A pause does not count as time of the run."""

    kind: ClassVar[str] = "pause"


@dataclass(frozen=True)
class Resume(Command):
    """End a pause."""

    kind: ClassVar[str] = "resume"


@dataclass(frozen=True)
class EvaluateNow(Command):
    """Evaluate on the validation text."""

    kind: ClassVar[str] = "evaluate"


@dataclass(frozen=True)
class SampleNow(Command):
    """Sample from the model."""

    kind: ClassVar[str] = "sample"


@dataclass(frozen=True)
class SaveNow(Command):
    """Write a checkpoint."""

    kind: ClassVar[str] = "save"


@dataclass(frozen=True)
class ScaleRate(Command):
    """Multiply the learning rate by `factor`, from this step to the end of the schedule."""

    kind: ClassVar[str] = "rate"
    factor: float


@dataclass(frozen=True)
class RestoreBest(Command):
    """Restore the best weights; the position in the text and the schedule are not changed."""

    kind: ClassVar[str] = "restore-best"


@dataclass(frozen=True)
class Stop(Command):
    """Finish the step, write a checkpoint, and end the run."""

    kind: ClassVar[str] = "stop"


COMMANDS: dict[str, type[Command]] = {member.kind: member for member in Command.__subclasses__()}
"""The commands by name."""


class Mailbox:
    """Reader of the commands to the process that trains a run; commands to an earlier process are discarded.

    If the file was truncated or replaced, all of its content is read as new.
    """

    def __init__(self, run: Path) -> None:
        self._path = _mailbox_path(run)
        self._offset, self._last, self._stamp = 0, b"", (0, 0, 0)
        with naming(self._path), open_regular(self._path, "wb"):
            pass

    def read(self) -> list[Command]:
        """Return the commands that have arrived since the last call; lines that are not commands are skipped."""
        try:
            status = self._path.stat()
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            if stamp == self._stamp:
                return []
            with open_regular(self._path) as file:
                lines = self._read_lines(file)
        except (OSError, CharrnnError):
            return []
        self._stamp = stamp if not lines or self._offset == status.st_size else (0, 0, 0)
        return [command for line in lines if (command := _parse_command(line)) is not None]

    def _read_lines(self, file: IO[bytes]) -> list[bytes]:
        """Return the new complete lines; all lines if the bytes that were read before them have changed."""
        file.seek(self._offset - len(self._last))
        if file.read(len(self._last)) != self._last:
            self._offset, self._last = 0, b""
            file.seek(0)
        data = file.read(_LARGEST_READ)
        if len(data) < _LARGEST_READ:
            data = data[: data.rfind(b"\n") + 1]  # the last line may be incomplete
        self._offset += len(data)
        self._last = (self._last + data)[-_COMPARED:]
        return data.splitlines()


def send_command(run: Path, command: Command) -> None:
    """Send a command to the process that trains a run; RunError if there is none, or it cannot be told."""
    if trainer_pid(run) is None:
        raise RunError(f"{run} is not being trained and takes no commands; resume it: charrnn train --resume {run}")
    path = _mailbox_path(run)
    line = json.dumps(command.to_json() | {"sent": time.time_ns()})  # so that no two lines are equal
    try:
        with open_regular(path, "ab", buffering=0) as file:
            file.write(line.encode() + b"\n")
    except OSError as error:
        raise unwritable(path, error) from error


def _mailbox_path(run: Path) -> Path:
    return run_file(run, "control/commands.jsonl")


def _parse_command(line: bytes) -> Command | None:
    try:
        return Command.from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None
