"""The status of a run, from its lock and its journal."""

from enum import StrEnum

from charrnn.run.progress import RunProgress


class Status(StrEnum):
    """Status of a run, in the word that people read.

    The process of an interrupted run ended before it could stop the run; a broken run cannot be read; a gone one was
    deleted.
    """

    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    BROKEN = "broken"
    GONE = "gone"


def run_status(progress: RunProgress, *, trained: bool, exists: bool = True, fault: str | None = None) -> Status:
    """Return the status of a run.

    `trained` is true while a process holds the lock of the run, `exists` is false if its folder was deleted, and
    `fault` says why its files cannot be read.
    """
    if not exists:
        return Status.GONE
    if fault is not None:
        return Status.BROKEN
    if trained:
        return Status.PAUSED if progress.paused else Status.TRAINING
    if progress.finished is not None:
        return Status.FINISHED if progress.finished.reason == "done" else Status.STOPPED
    return Status.INTERRUPTED
