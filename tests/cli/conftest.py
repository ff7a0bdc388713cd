"""The program, run through pipes or on a pseudo-terminal."""

import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

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
def open_terminal() -> Callable[..., "Terminal"]:
    """A function that starts the program with these arguments on a pseudo-terminal, in the folder `cwd`."""
    if sys.platform == "win32":
        pytest.skip("needs a pseudo-terminal")
    return Terminal


@pytest.fixture(scope="session")
def on_terminal(open_terminal: Callable[..., "Terminal"]) -> Callable[..., str]:
    """A function that runs the program on a pseudo-terminal, and returns what it writes to stdout."""

    def run(*arguments: object, cwd: Path, **environment: str) -> str:
        term = environment.pop("TERM", "xterm-256color")
        with open_terminal(*arguments, cwd=cwd, stderr=False, term=term, **environment) as terminal:
            assert terminal.end() == 0
        return terminal.text.replace("\r\n", "\n")

    return run


class Terminal:
    """The program on a pseudo-terminal of 24 × 80; `text` is its output so far.

    If the terminal does not control the program, no signal says that it was closed.
    """

    def __init__(
        self,
        *arguments: object,
        cwd: Path,
        stderr: bool = True,
        controlling: bool = True,
        term: str = "xterm-256color",
        **environment: str,
    ) -> None:
        import fcntl
        import pty
        import termios

        self._keyboard, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        inherited = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
        }
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=cwd,
            env=inherited | {"TERM": term} | environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal if stderr else subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if controlling else None,
        )
        os.close(terminal)
        self._output = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Close the terminal, as a window is closed."""
        if self._keyboard >= 0:
            os.close(self._keyboard)
        self._keyboard = -1

    @property
    def text(self) -> str:
        return self._output.decode("utf-8", "replace")

    def press(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while words not in self.text:
            assert time.monotonic() < deadline, f"{TIMEOUT} s without {words!r}: {self.text!r}"
            assert self._read(), f"ended without {words!r}: {self.text!r}"

    def end(self) -> int:
        """Read to the end, and return the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=TIMEOUT)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._keyboard], [], [], TIMEOUT)
        assert ready, f"silent for {TIMEOUT} s after {self.text!r}"
        try:
            data = os.read(self._keyboard, 65536)
        except OSError:  # Linux reports the end of a terminal so
            data = b""
        self._output += data
        return bool(data)
