"""Launching: a run that one process asks for and another trains, which outlives it.

The second process says on its streams what it found and chose, as any `charrnn train` does. With the first event of
the run it hands over the folder and lets go of the streams; what it says from then on is in the run's folder.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.run.lock import log_path

DETACHED = "--detached"


class LaunchError(CharrnnError):
    """The process ended before it trained; the message is the last thing that it said."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def launch(arguments: Sequence[str], say: Callable[[str], None]) -> Path:
    """Start `charrnn train` with these arguments, and wait until it trains: the folder of its run.

    Every line that it says until then is handed on. LaunchError if it ends before.
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
                say(line.rstrip("\n"))
            handed_over = process.stdout.read()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if not handed_over:
        raise LaunchError(line.strip().removeprefix("charrnn: "), process.wait())
    process.returncode = 0  # from here on nobody waits for it
    return Path(json.loads(handed_over)["run"])


def detach(run: Path) -> None:
    """In the process that trains: hand the folder over, and write to the run's log from now on."""
    sys.stderr.flush()
    sys.stdout.write(json.dumps({"run": str(run)}))
    sys.stdout.flush()
    log = os.open(log_path(run), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
