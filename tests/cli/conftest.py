"""The program, run through pipes or on a pseudo-terminal."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from charrnn.cli import app

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
TIMEOUT = 60


@pytest.fixture(scope="session")
def charrnn() -> Callable[..., subprocess.CompletedProcess[str]]:
    """A function that runs the program with these arguments in the folder `cwd`; stdin is text."""

    def run(*arguments: object, cwd: Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=cwd,
            env=os.environ | environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT,
        )

    return run


@pytest.fixture(scope="session")
def invoke() -> Callable[..., Result]:
    """A function that runs the program in this process, which is quicker, and returns an error as an exception."""

    def run(*arguments: object, stdin: str | bytes = "") -> Result:
        return CliRunner().invoke(app, [*map(str, arguments)], input=stdin)

    return run


@pytest.fixture(scope="session")
def on_terminal() -> Callable[..., str]:
    """A function that runs the program on a pseudo-terminal of 80 columns, and returns what it writes to stdout."""
    if sys.platform == "win32":
        pytest.skip("needs a pseudo-terminal")
    import pty

    def run(*arguments: object, cwd: Path, **environment: str) -> str:
        keyboard, terminal = pty.openpty()
        inherited = {name: value for name, value in os.environ.items() if name not in ("LINES", "NO_COLOR")}
        with subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=cwd,
            env=inherited | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment,
            stdin=terminal,
            stdout=terminal,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(terminal)
            output = b"".join(iter(lambda: _read(keyboard), b""))
            os.close(keyboard)
            assert process.wait(timeout=TIMEOUT) == 0
        return output.decode("utf-8").replace("\r\n", "\n")

    return run


def _read(keyboard: int) -> bytes:
    try:
        return os.read(keyboard, 65536)
    except OSError:  # Linux reports the end of a terminal so
        return b""
