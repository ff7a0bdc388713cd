"""Answers to commands: what the run reports is waited for, but not for long."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from charrnn.run.answers import PATIENCE, Answer, send_and_wait
from charrnn.run.commands import Command, Mailbox, SaveNow, Stop
from charrnn.run.events import CommandApplied, Evaluating, Event, Finished, Saved, StepDone
from charrnn.run.journal import append_event, open_journal
from charrnn.run.lock import RunLock

APPLIED = CommandApplied(7, 7.0, "save", "done")
STOPPED = CommandApplied(7, 7.0, "stop", "done")
FINISHED = Finished(7, 7.5, "stopped", 1.5)
STEP = StepDone(7, 7.0, 2.0, 0.01, 1.0, 100.0, 0.5, 0.1)


class Trainer:
    """A process that trains a run: it holds the lock, and writes the next events at each look of the other side."""

    def __init__(self, run: Path, events: list[Event | None]) -> None:
        self.lock, self.now = RunLock(run), 0.0
        self.mailbox = Mailbox(run)
        self._events, self._run = iter(events), run

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        event = next(self._events, None)
        if event is not None:
            self.write(event)

    def write(self, event: Event) -> None:
        with open_journal(self._run) as journal:
            append_event(journal, event)


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[..., tuple[Answer, Trainer]]]:
    """A function that sends a command to a run that reports these events, and returns the answer."""
    trainers: list[Trainer] = []

    def send(command: Command, *events: Event | None) -> tuple[Answer, Trainer]:
        trainer = Trainer(tmp_path, list(events))
        trainers.append(trainer)
        trainer.write(APPLIED)  # an earlier answer, which does not count
        return send_and_wait(tmp_path, command, clock=trainer.clock, sleep=trainer.sleep), trainer

    yield send
    for trainer in trainers:
        trainer.lock.release()


def test_the_answer_is_the_report_of_the_command(ask: Callable[..., tuple[Answer, Trainer]]) -> None:
    answer, trainer = ask(SaveNow(), STEP, Saved(7, 7.0), APPLIED, STEP)
    assert answer.applied == APPLIED
    assert trainer.now < 1.0
    assert trainer.mailbox.read() == [SaveNow()]


def test_the_answer_to_a_stop_includes_the_end_of_the_run(ask: Callable[..., tuple[Answer, Trainer]]) -> None:
    answer, _ = ask(Stop(), STOPPED, Saved(7, 7.2), FINISHED)
    assert (answer.applied, answer.finished) == (STOPPED, FINISHED)


def test_a_run_that_evaluates_answers_later(ask: Callable[..., tuple[Answer, Trainer]]) -> None:
    answer, trainer = ask(SaveNow(), *[Evaluating(7, 7.0, number / 1000) for number in range(1000)])
    assert answer.applied is None
    assert answer.evaluating == pytest.approx(0.1, abs=0.01)
    assert trainer.now == pytest.approx(PATIENCE, abs=0.2)


def test_a_run_that_does_not_answer_is_not_waited_for_long(ask: Callable[..., tuple[Answer, Trainer]]) -> None:
    answer, trainer = ask(SaveNow(), STEP)
    assert (answer.applied, answer.evaluating, answer.is_trained) == (None, None, True)
    assert trainer.now == pytest.approx(PATIENCE, abs=0.2)


def test_the_end_of_the_process_ends_the_wait(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path, [])

    def end(seconds: float) -> None:
        trainer.write(Finished(9, 9.0, "done", 1.5))
        trainer.lock.release()

    answer = send_and_wait(tmp_path, SaveNow(), clock=trainer.clock, sleep=end)
    assert not answer.is_trained
    assert answer.applied is None
    assert answer.finished == Finished(9, 9.0, "done", 1.5)
