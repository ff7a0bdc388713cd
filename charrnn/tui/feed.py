"""The feed of a dashboard: the source of a run's events, and the way to send it commands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from charrnn.run.commands import Command, send_command
from charrnn.run.events import Event
from charrnn.run.journal import Tail
from charrnn.run.lock import last_log_line, trainer_pid


class Feed(Protocol):
    """A run, as the dashboard needs it."""

    @property
    def path(self) -> Path:
        """The folder of the run."""

    def exists(self) -> bool:
        """Return False if the folder was deleted."""

    def read(self) -> Sequence[Event]:
        """Return some of the events that were not read yet; empty if there are none."""

    def is_trained(self) -> bool:
        """Return True while a process trains the run."""

    def send(self, command: Command) -> None:
        """Send a command to the run; RunError if no process trains it."""

    def last_log_line(self) -> str:
        """Return the last message of the process that trained the run; empty if there is none."""


class RunFeed:
    """The feed of a run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tail = Tail(path)

    def exists(self) -> bool:
        return (self.path / "config.json").exists()

    def read(self) -> Sequence[Event]:
        return self._tail.read()

    def is_trained(self) -> bool:
        return trainer_pid(self.path) is not None

    def send(self, command: Command) -> None:
        send_command(self.path, command)

    def last_log_line(self) -> str:
        return last_log_line(self.path)
