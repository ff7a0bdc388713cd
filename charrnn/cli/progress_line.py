"""A line on the terminal that shows the progress of long work in place, and is cleared at the end."""

import os
import stat
import sys
import time
from types import TracebackType
from typing import Self

from charrnn.cli.console import print_message

SECONDS_BEFORE, SECONDS_BETWEEN_UPDATES = 0.5, 0.1
"""Time before the line appears, and between its updates."""


class ProgressLine:
    """A context in which calls show a stage and its completed share, 0 to 1, on stderr; in a pipe nothing is shown.

    The line is overwritten by spaces, which every terminal understands.
    """

    def __init__(self, *, enabled: bool = True) -> None:
        self._is_enabled = enabled and sys.stderr.isatty()
        self._shown = self._stage = ""
        self._next = time.monotonic() + SECONDS_BEFORE

    def __call__(self, stage: str, share: float) -> None:
        is_due = time.monotonic() >= self._next or (self._shown and (share >= 1.0 or stage != self._stage))
        if is_due and self._is_enabled:
            self._stage, self._next = stage, time.monotonic() + SECONDS_BETWEEN_UPDATES
            self._show(f"{stage} {share:.0%}" if share < 1.0 else f"{stage}…")

    def _show(self, text: str) -> None:
        sys.stderr.write(f"\r{text}{' ' * (len(self._shown) - len(text))}")
        sys.stderr.flush()
        self._shown = text

    def print_message(self, message: str) -> None:
        """Print a message on stderr in place of the line."""
        self.clear()
        print_message(message)

    def clear(self) -> None:
        """Clear the line, so that something else can be printed in its place."""
        if self._shown:
            self._show("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()


def writes_to_file() -> bool:
    """Return True if stdout is a file, so that a line on the terminal does not mix with what is written meanwhile."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False
