"""Answers to commands: what a run reports in its journal after a command was sent to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from charrnn.run.commands import Command, Stop, send_command
from charrnn.run.events import CommandApplied, Evaluating, Event, Finished
from charrnn.run.journal import Tail
from charrnn.run.lock import trainer_pid

PATIENCE = 5.0
"""Seconds to wait for an answer."""
SECONDS_BETWEEN_READS = 0.05


@dataclass
class Answer:
    """The answer to a command, as far as it has come.

    `applied` is the report on the command, and `finished` that on the end of the run. `evaluating` is the share of an
    evaluation in progress, after which the command will be applied. `is_trained` is false if the process has ended.
    """

    command: Command
    applied: CommandApplied | None = None
    finished: Finished | None = None
    evaluating: float | None = None
    is_trained: bool = True

    @property
    def is_complete(self) -> bool:
        """True if the command was applied; a command to stop also ends the run."""
        return self.applied is not None and (self.finished is not None or not isinstance(self.command, Stop))

    def update(self, event: Event) -> None:
        """Update the answer by one more event."""
        self.evaluating = event.share if isinstance(event, Evaluating) else None
        if isinstance(event, CommandApplied) and event.command == self.command.kind:
            self.applied = event
        elif isinstance(event, Finished):
            self.finished = event


def send_and_wait(
    run: Path,
    command: Command,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Send a command to a run, and return its answer, or what there is of it after PATIENCE seconds.

    RunError if no process trains the run.
    """
    tail, answer = Tail(run), Answer(command)
    tail.skip_to_end()
    send_command(run, command)
    deadline = clock() + PATIENCE
    while True:
        answer.is_trained = trainer_pid(run) is not None
        for event in tail.read_all():
            answer.update(event)
        if answer.is_complete or not answer.is_trained or clock() >= deadline:
            return answer
        sleep(SECONDS_BETWEEN_READS)
