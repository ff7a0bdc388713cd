"""The status of a run follows from its lock, its journal and its files, in this order of precedence."""

import pytest

from charrnn.run.events import CommandApplied, Event, Finished, Started, StepDone
from charrnn.run.progress import RunProgress
from charrnn.run.status import Status, run_status

STARTED = Started(0, 0.0, False, 10, 10, 10, 1e4, steps=100)
STEP = StepDone(10, 10.0, 2.0, 0.01, 1.0, 100.0, 0.1, 0.1)
PAUSED = CommandApplied(10, 10.0, "pause", "done")
RESUMED = CommandApplied(10, 10.0, "resume", "done")
DONE, STOPPED = Finished(100, 100.0, "done", 2.0), Finished(10, 10.0, "stopped", 2.0)


@pytest.mark.parametrize(
    ("events", "trained", "status"),
    [
        ([], True, Status.TRAINING),
        ([STARTED, STEP], True, Status.TRAINING),
        ([STARTED, STEP, PAUSED], True, Status.PAUSED),
        ([STARTED, STEP, PAUSED, RESUMED], True, Status.TRAINING),
        ([STARTED, STEP, PAUSED, STEP], True, Status.TRAINING),
        ([STARTED, STEP, PAUSED, STARTED], True, Status.TRAINING),
        ([STARTED, STEP, DONE, STARTED], True, Status.TRAINING),
        ([STARTED, STEP, DONE], False, Status.FINISHED),
        ([STARTED, STEP, STOPPED], False, Status.STOPPED),
        ([STARTED, STEP, PAUSED, STOPPED], False, Status.STOPPED),
        ([], False, Status.INTERRUPTED),
        ([STARTED, STEP], False, Status.INTERRUPTED),
        ([STARTED, STEP, PAUSED], False, Status.INTERRUPTED),
        ([STARTED, STEP, STOPPED, STARTED], False, Status.INTERRUPTED),
    ],
)
def test_the_status_follows_from_the_lock_and_the_journal(events: list[Event], trained: bool, status: Status) -> None:
    assert run_status(RunProgress.of(events), trained=trained) == status


def test_a_fault_makes_a_run_broken_and_a_deleted_one_is_gone() -> None:
    progress = RunProgress.of([STARTED, DONE])
    assert run_status(progress, trained=False, fault="no weights") == Status.BROKEN
    assert run_status(progress, trained=True, fault="no weights") == Status.BROKEN
    assert run_status(progress, trained=False, exists=False, fault="no weights") == Status.GONE


def test_weights_alone_are_a_model_unless_a_process_trains_them() -> None:
    assert run_status(RunProgress(), trained=False, is_model=True) == Status.MODEL
    assert run_status(RunProgress(), trained=True, is_model=True) == Status.TRAINING
