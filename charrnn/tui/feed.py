"""The feed of a dashboard: where the events of a run come from, and where its commands go."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from charrnn.run.commands import Command, send_command
from charrnn.run.events import Event
from charrnn.run.journal import Tail
from charrnn.run.lock import last_log_line, trainer_pid


class Feed(Protocol):
    """A run as the dashboard sees it."""

    @property
    def name(self) -> str: ...

    def exists(self) -> bool:
        """Whether the run is still there."""

    def read(self) -> Sequence[Event]:
        """Some of the events that have not been read yet; empty when there are none."""

    def trainer(self) -> int | None:
        """The process that trains the run; None if nobody does."""

    def send(self, command: Command) -> None:
        """Send a command to the run; RunError if no process trains it."""

    def last_log_line(self) -> str:
        """What the process that trained the run said last; empty if nothing."""


class RunFeed:
    """The feed of a run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tail = Tail(path)

    @property
    def name(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        return (self.path / "config.json").exists()

    def read(self) -> Sequence[Event]:
        return self._tail.read()

    def trainer(self) -> int | None:
        return trainer_pid(self.path)

    def send(self, command: Command) -> None:
        send_command(self.path, command)

    def last_log_line(self) -> str:
        return last_log_line(self.path)
