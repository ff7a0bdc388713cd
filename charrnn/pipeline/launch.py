"""Launch of a run in a process of its own, which outlives the process that launches it.

The new process writes its preflight to stderr, as any `charrnn train` does. At the first event of the run it writes
the run's folder to stdout and detaches from both streams; its later output goes to the log of the run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.run.files import open_regular
from charrnn.run.lock import log_path

DETACHED = "--detached"


class LaunchError(CharrnnError):
    """Error of a launched process that ended before training began; the message is its last line on stderr."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def launch(arguments: Sequence[str], report: Callable[[str], None]) -> Path:
    """Start `charrnn train` with these arguments, wait until training begins, and return the folder of the run.

    Every line that the process writes to stderr until then is passed to `report`. LaunchError if it ends before.
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
            for line in process.stderr:
                report(line.rstrip("\n"))
            answer = process.stdout.read()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if not answer:
        raise LaunchError(line.strip().removeprefix("charrnn: "), process.wait())
    process.returncode = 0  # so that Popen does not warn about a child that nobody waits for
    return Path(json.loads(answer)["run"])


def detach(run: Path) -> None:
    """Write the run's folder to stdout, and redirect stdout and stderr of this process to the log of the run."""
    with open_regular(log_path(run), "wb") as log:
        sys.stderr.flush()
        sys.stdout.write(json.dumps({"run": str(run)}))
        sys.stdout.flush()
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
