"""The stopwatch of a run: seconds of training, over all resumes, without pauses."""

from collections.abc import Callable


class Stopwatch:
    """A stopwatch that starts at `elapsed` seconds; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float], elapsed: float) -> None:
        self._clock = clock
        self._began = clock() - elapsed
        self._paused_at: float | None = None

    @property
    def paused(self) -> bool:
        return self._paused_at is not None

    def elapsed(self) -> float:
        """Return the elapsed seconds, without pauses."""
        return (self._clock() if self._paused_at is None else self._paused_at) - self._began

    def pause(self) -> None:
        if self._paused_at is None:
            self._paused_at = self._clock()

    def resume(self) -> None:
        if self._paused_at is not None:
            self._began += self._clock() - self._paused_at
            self._paused_at = None
