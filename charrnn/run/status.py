"""The status of a run, from its lock and its journal."""

from enum import StrEnum

from charrnn.run.progress import RunProgress


class Status(StrEnum):
    """Status of a run; the values are shown to users.

    The process of an interrupted run ended without stopping the run. A broken run cannot be read; a gone run was
    deleted. A model is a run that was shared without its journal and its checkpoint.
    """

    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    MODEL = "model"
    BROKEN = "broken"
    GONE = "gone"


def run_status(
    progress: RunProgress, *, trained: bool, exists: bool = True, fault: str | None = None, is_model: bool = False
) -> Status:
    """Return the status of a run.

    `trained` is true while a process holds the lock of the run, `exists` is false if its folder was deleted, `fault`
    says why its files cannot be read, and `is_model` is true if it has weights alone, see `RunFolder.is_model`.
    """
    if not exists:
        return Status.GONE
    if fault is not None:
        return Status.BROKEN
    if trained:
        return Status.PAUSED if progress.paused else Status.TRAINING
    if progress.finished is not None:
        return Status.FINISHED if progress.finished.reason == "done" else Status.STOPPED
    if is_model:
        return Status.MODEL
    return Status.INTERRUPTED
