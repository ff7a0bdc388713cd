"""The time of a run: seconds since it began, over resumes, without its pauses."""

from collections.abc import Callable


class Stopwatch:
    """A stopwatch that shows `shown` when it is made; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float], shown: float) -> None:
        self._clock = clock
        self._began = clock() - shown
        self._paused_at: float | None = None

    @property
    def paused(self) -> bool:
        return self._paused_at is not None

    def now(self) -> float:
        """Return the seconds it shows."""
        return (self._clock() if self._paused_at is None else self._paused_at) - self._began

    def pause(self) -> None:
        if self._paused_at is None:
            self._paused_at = self._clock()

    def resume(self) -> None:
        if self._paused_at is not None:
            self._began += self._clock() - self._paused_at
            self._paused_at = None
