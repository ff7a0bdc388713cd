"""Commands to a run, and the mailbox that carries them to the process that trains it.

RUN/control/commands.jsonl   one command per line, appended by `send_command`, read by the trainer between two steps
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from charrnn.errors import RunError
from charrnn.run.lock import trainer_pid
from charrnn.run.messages import Message

OLD_WORDS = {"go-on": "resume", "back": "restore-best"}
"""Names of commands before version 0.5, and their present names."""


@dataclass(frozen=True)
class Command(Message):
    """Base of the commands; a run carries them out between two steps."""

    family: ClassVar[str] = "command"
    old_kinds: ClassVar[dict[str, str]] = OLD_WORDS


@dataclass(frozen=True)
class Pause(Command):
    """Wait after this step. The time of a pause does not count as time of the run."""

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
    """Restore the best weights; the position in the text and the schedule stay."""

    kind: ClassVar[str] = "restore-best"


@dataclass(frozen=True)
class Stop(Command):
    """Finish the step, save, and end."""

    kind: ClassVar[str] = "stop"


COMMANDS: dict[str, type[Command]] = {member.kind: member for member in Command.__subclasses__()}
"""The commands by name."""


class Mailbox:
    """The commands that arrive for the process that trains a run; those to an earlier process are discarded."""

    def __init__(self, run: Path) -> None:
        self._path = _mailbox_path(run)
        self._path.write_bytes(b"")
        self._offset = 0

    def read(self) -> list[Command]:
        """Return the commands that have arrived since the last call; lines that are not commands are skipped."""
        try:
            if self._path.stat().st_size <= self._offset:
                return []
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        data = data[: data.rfind(b"\n") + 1]  # the rest of a line may still be on its way
        self._offset += len(data)
        return [command for line in data.splitlines() if (command := _parse_command(line)) is not None]


def send_command(run: Path, command: Command) -> None:
    """Send a command to the process that trains a run; RunError if there is none."""
    if trainer_pid(run) is None:
        raise RunError(f"{run} is not being trained and takes no commands; resume it: charrnn train --resume {run}")
    with _mailbox_path(run).open("ab", buffering=0) as file:
        file.write(json.dumps(command.to_json()).encode() + b"\n")


def _mailbox_path(run: Path) -> Path:
    return run / "control" / "commands.jsonl"


def _parse_command(line: bytes) -> Command | None:
    try:
        return Command.from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None
