"""Launch of a run in a process of its own, which outlives the process that launches it.

The new process writes its preflight to stderr, as any `charrnn train` does. At the first event of the run it writes
the run's folder to stdout and detaches from both streams; its later output goes to the log of the run.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.run.files import open_regular
from charrnn.run.lock import log_path
from charrnn.text.progress import OnProgress

DETACHED = "--detached"
SECONDS_BETWEEN_UPDATES = 0.1
_PROGRESS = "\x1e"
"""Beginning of a line about progress, which no message contains."""


class LaunchError(CharrnnError):
    """Error of a launched process that ended before training began; the message is its last line on stderr."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def launch(arguments: Sequence[str], report: Callable[[str], None], on_progress: OnProgress | None = None) -> Path:
    """Start `charrnn train` with these arguments, wait until training begins, and return the folder of the run.

    Every line that the process writes to stderr until then is passed to `report`, and every stage of its preflight to
    `on_progress`. LaunchError if it ends before.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "charrnn", "train", DETACHED, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = ""
    try:
        with process.stdout, process.stderr:
            for text in process.stderr:
                if (progress := _parse_progress(text)) is None:
                    line = text
                    report(line.rstrip("\n"))
                elif on_progress is not None:
                    on_progress(*progress)
            answer = process.stdout.read()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if not answer:
        raise LaunchError(line.strip().removeprefix("charrnn: "), process.wait())
    process.returncode = 0  # so that Popen does not warn about a child that nobody waits for
    return Path(json.loads(answer)["run"])


class ProgressSender:
    """A function that tells the process which launched this one a stage of the preflight and its completed share."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, stage: str, share: float) -> None:
        if share >= 1.0 or time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS_BETWEEN_UPDATES
            sys.stderr.write(f"{_PROGRESS}{share:.3f} {stage}\n")
            sys.stderr.flush()


def _parse_progress(line: str) -> tuple[str, float] | None:
    """Return the stage and the share that a `ProgressSender` has written; None for another line."""
    if not line.startswith(_PROGRESS):
        return None
    share, _, stage = line.removeprefix(_PROGRESS).strip().partition(" ")
    return stage, float(share)


def detach(run: Path) -> None:
    """Write the run's folder to stdout, and redirect stdout and stderr of this process to the log of the run."""
    with open_regular(log_path(run), "wb") as log:
        sys.stderr.flush()
        sys.stdout.write(json.dumps({"run": str(run)}))
        sys.stdout.flush()
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
