"""Signals → Stop: Ctrl-C, SIGTERM or a closed terminal ends a run only after it has been saved."""

import contextlib
import os
import signal
from types import FrameType, TracebackType
from typing import Any, Self

from charrnn.run.commands import Command, Stop

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_HEARD = b"\ncharrnn: stopping as soon as the run is saved\n"


class Interruption:
    """Inside its `with`, the first signal asks the run to stop and those after it are ignored.

    `signal` is the first signal's number, or None; `stop` asks without one.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._commands: tuple[Command, ...] = ()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def stop(self) -> None:
        self._commands = (Stop(),)

    def commands(self) -> tuple[Command, ...]:
        """What the run is told between two steps."""
        return self._commands

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            self.stop()
            with contextlib.suppress(OSError):  # sys.stderr may be in the middle of a write
                os.write(2, _HEARD)
