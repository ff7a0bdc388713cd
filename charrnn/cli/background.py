"""A run without a terminal: asked for by one process, trained by another that outlives it.

The second process says on its streams what it found and chose, as any `charrnn train` does. With the first event of
the run it lets go of them and of the terminal; what it has to say from then on is in the run's folder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import typer

from charrnn.cli.output import say
from charrnn.cli.progress import QuietProgress
from charrnn.control import log_path
from charrnn.events import Event, Started

DETACHED = "--detached"


def launch() -> Path:
    """Start this same `charrnn train` without a terminal, and wait until it trains: the folder of its run.

    typer.Exit with its exit code if it ends before; what it said until then has been said.
    """
    arguments = sys.argv[1:]
    after_command = arguments.index("train") + 1
    arguments.insert(after_command, DETACHED)
    process = subprocess.Popen(
        [sys.executable, "-m", "charrnn", *arguments],
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
        raise typer.Exit(process.wait())
    process.returncode = 0  # from here on it is nobody's child, and nobody waits for it
    return Path(json.loads(handed_over)["run"])


class BackgroundProgress(QuietProgress):
    """Lets go of the terminal with the first event; what goes wrong later stands in the run's log."""

    def __init__(self, run: Path) -> None:
        super().__init__(say)
        self._run = run

    def show(self, event: Event) -> None:
        if isinstance(event, Started):
            _let_go(self._run)
        super().show(event)


def _let_go(run: Path) -> None:
    sys.stderr.flush()
    sys.stdout.write(json.dumps({"run": str(run)}))
    sys.stdout.flush()
    log = os.open(log_path(run), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
