"""The rate limiter: tokens per second, with a bounded backlog."""

import pytest

from charrnn.tui.rate_limiter import RateLimiter


def taken(limiter: RateLimiter, now: float, speed: float) -> int:
    """Return how many tokens are due at one time."""
    count = 0
    while limiter.take(now, speed):
        count += 1
    return count


@pytest.mark.parametrize("speed", [1.0, 20.0, 100.0])
def test_as_many_tokens_are_due_as_the_speed_says(speed: float) -> None:
    limiter = RateLimiter()
    limiter.reset(100.0)
    total = sum(taken(limiter, 100.0 + frame / 16, speed) for frame in range(1, 161))
    assert total == 10 * speed


def test_a_long_pause_is_not_followed_by_a_burst() -> None:
    limiter = RateLimiter()
    limiter.reset(0.0)
    assert taken(limiter, 3600.0, 20.0) == 11
