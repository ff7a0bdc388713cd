"""Interruption of a run by Ctrl-C, SIGTERM or a closed terminal: the run is saved before it ends."""

import contextlib
import os
import signal
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any, Self

from charrnn.run.commands import Command, Stop

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption:
    """A context in which the first signal asks the run to stop, and later signals are ignored.

    `signal` is the number of the first signal, None if there was none. `message` is written to stderr when it comes.
    Signals can only be handled in the main thread.
    """

    def __init__(self, signals: Iterable[int] = SIGNALS, message: bytes = b"") -> None:
        self.signal: int | None = None
        self._signals, self._message = tuple(signals), message
        self._commands: tuple[Command, ...] = ()
        self._previous_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._previous_handlers = {number: signal.signal(number, self._handle) for number in self._signals}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def stop(self) -> None:
        """Ask the run to stop without a signal."""
        self._commands = (Stop(),)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands to the run: Stop after a signal, otherwise none."""
        return self._commands

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            self.stop()
            with contextlib.suppress(OSError):  # not print: the signal may have come in the middle of a write
                os.write(2, self._message)
