"""Schedules: how far the run has come, 0 to 1, → what share of the learning rate to use, 0 to 1.

Progress counts steps or seconds, whatever ends the run, so that a cosine ends where the run ends.
"""

import math
from collections.abc import Callable


def constant(progress: float) -> float:
    """The full rate throughout."""
    del progress
    return 1.0


def step(progress: float) -> float:
    """Full for the first half, then half of it at each of 1/2, 3/4, 7/8 and 15/16 of the way."""
    return 0.5 ** sum(progress >= 1.0 - 0.5**k for k in range(1, 5))


def cosine(progress: float) -> float:
    """From one to zero along half a cosine (Loshchilov and Hutter 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))


def with_warmup(schedule: Callable[[float], float], warmup: float) -> Callable[[float], float]:
    """A linear rise over the first `warmup` of the run, and the schedule over the rest."""

    def share(progress: float) -> float:
        if progress < warmup:
            return (progress + 1e-3) / (warmup + 1e-3)
        return schedule((progress - warmup) / (1.0 - warmup))

    return share


SCHEDULES = {"constant": constant, "step": step, "cosine": cosine}
