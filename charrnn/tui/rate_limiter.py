"""The rate limiter: decides when the next token is due at a chosen speed."""

MAX_BACKLOG_SECONDS = 0.5
"""Tokens that are late by more than this are dropped, so that a pause is not followed by a burst."""


class RateLimiter:
    """A count of the tokens that are due at a speed in tokens per second. Times are in seconds."""

    def __init__(self) -> None:
        self._due = 0.0
        self._checked_at = 0.0

    def reset(self, now: float) -> None:
        """Start to count at this time."""
        self._due, self._checked_at = 0.0, now

    def take(self, now: float, speed: float) -> bool:
        """Return True and count one token as done if one is due."""
        self._due = min(self._due + (now - self._checked_at) * speed, speed * MAX_BACKLOG_SECONDS + 1.0)
        self._checked_at = now
        if self._due < 1.0:
            return False
        self._due -= 1.0
        return True
