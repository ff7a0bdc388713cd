"""A line on the terminal that shows the progress of long work in place, and is cleared at the end."""

import sys
import time
from types import TracebackType
from typing import Self

from charrnn.cli.console import print_message

SECONDS_BETWEEN_UPDATES = 0.1
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """A context in which calls show a stage and its completed share, 0 to 1, on stderr; in a pipe nothing is shown.

    A stage that is shorter than SECONDS_BETWEEN_UPDATES is not shown.
    """

    def __init__(self, *, enabled: bool = True) -> None:
        self._is_enabled = enabled and sys.stderr.isatty()
        self._is_shown = False
        self._next = time.monotonic() + SECONDS_BETWEEN_UPDATES

    def __call__(self, stage: str, share: float) -> None:
        is_due = time.monotonic() >= self._next or (share >= 1.0 and self._is_shown)
        if not is_due or not self._is_enabled:
            return
        self._next = time.monotonic() + SECONDS_BETWEEN_UPDATES
        self._is_shown = True
        sys.stderr.write(f"{_CLEAR}{stage} {share:.0%}" if share < 1.0 else f"{_CLEAR}{stage}…")
        sys.stderr.flush()

    def print_message(self, message: str) -> None:
        """Print a message on stderr in place of the line."""
        self.clear()
        print_message(message)

    def clear(self) -> None:
        """Clear the line, so that a message can be printed in its place."""
        if self._is_shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
