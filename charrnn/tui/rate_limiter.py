"""The pace: how many tokens a chosen speed asks for by now."""


class RateLimiter:
    """Counts what is due; what could not be done in time is forgotten after half a second."""

    def __init__(self) -> None:
        self._due = 0.0
        self._asked = 0.0

    def begin(self, now: float) -> None:
        """Nothing is due at this time, in seconds."""
        self._due, self._asked = 0.0, now

    def due(self, now: float, speed: float) -> bool:
        """Whether another token is due, at so many a second; it counts as done."""
        self._due = min(self._due + (now - self._asked) * speed, speed * 0.5 + 1.0)
        self._asked = now
        if self._due < 1.0:
            return False
        self._due -= 1.0
        return True
