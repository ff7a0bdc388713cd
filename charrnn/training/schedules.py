"""Learning-rate schedules: completed share of the run, 0 to 1 → factor on the learning rate, 0 to 1.

The share is one of steps or of seconds, whichever ends the run, so that a schedule always spans the whole run.
"""

import math
from collections.abc import Callable


def constant(progress: float) -> float:
    """Return 1 throughout."""
    del progress
    return 1.0


def step(progress: float) -> float:
    """Return 1, halved at 1/2, 3/4, 7/8 and 15/16 of the run."""
    return 0.5 ** sum(progress >= 1.0 - 0.5**k for k in range(1, 5))


def cosine(progress: float) -> float:
    """Return half a cosine from 1 to 0 (Loshchilov and Hutter 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))


def part_share(progress: float, begin: float) -> float:
    """Return the completed share of the part of a run that begins at the share `begin` of it."""
    return max(0.0, (progress - begin) / (1.0 - begin)) if begin else progress


def with_warmup(schedule: Callable[[float], float], warmup: float) -> Callable[[float], float]:
    """Return a schedule that rises linearly over the first `warmup` of the run and is `schedule` over the rest."""

    def factor(progress: float) -> float:
        if progress < warmup:
            return (progress + 1e-3) / (warmup + 1e-3)
        return schedule((progress - warmup) / (1.0 - warmup))

    return factor


SCHEDULES = {"constant": constant, "step": step, "cosine": cosine}
