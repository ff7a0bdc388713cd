"""The loop of a training session, from its state to the end of the run."""

import time
from collections.abc import Callable, Iterable, Iterator

from charrnn.run.commands import Command
from charrnn.run.events import Event
from charrnn.training.command_handler import CommandHandler
from charrnn.training.session import Session

SECONDS_BETWEEN_READS = 0.05
"""Time between two reads of the commands while a run is paused."""


def wait_for_commands() -> None:
    """Sleep until the next read of the commands."""
    time.sleep(SECONDS_BETWEEN_READS)


def train(
    session: Session,
    read_commands: Callable[[], Iterable[Command]] = tuple,
    wait: Callable[[], None] = wait_for_commands,
) -> Iterator[Event]:
    """Train to the end of the run or to a command to stop; yield every event.

    A complete run ends with an evaluation and a checkpoint, a stopped one with a checkpoint only. A fine-tuning run
    begins with an evaluation and a checkpoint. Raises RunError if training diverges.
    """
    handler = CommandHandler(session, read_commands, wait)
    if session.probes.evaluate_base is not None and session.state.step == 0:
        yield from handler.relay(session.evaluate_and_save())
    while not handler.stopping and not session.is_complete():
        yield from handler.relay(session.step())
        yield from handler.handle()
    complete = session.is_complete()
    if complete:
        yield from handler.relay(session.complete())
    if complete and not handler.aborted:
        yield session.finished("done")
    else:
        yield from session.stop()
