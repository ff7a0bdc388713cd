"""Taking turns: contestants A, B, … → the seconds a step of each takes, so that what disturbs one disturbs all.

They take turns in one process: A, B, A, B, … A turn is one step, or several where a step is short. Before each
turn there is a short rest, in which the other's threads fall asleep: those of OpenBLAS and OpenMP wait for more work
at full speed for some milliseconds. On a machine that is busy with something else, threads that wait for one another
at every product lose far more than those that meet once a step; no turns can mend that, and so `Watch` tells it.
"""

import itertools
import math
import os
import sys
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WARM_UP = 2
"""Steps of each that are not counted."""
TURN = 0.1
"""Seconds that a turn lasts at least, about: so many that waking up from the rest does not weigh."""
MOST_STEPS = 100
"""Steps of a turn at most."""
REST = 0.01
"""Seconds before a turn: more would let the cores cool down, less would leave the other's threads awake."""

Candidate = Callable[[], float]
"""Takes one step, and gives what may be told of it."""


@dataclass(frozen=True)
class Score:
    """How a contestant did: the median of the seconds a step, how many steps counted, and what the last one gave."""

    seconds: float
    steps: int
    last: float


def take_turns(
    contestants: Sequence[Candidate], turns: int, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> list[Score]:
    """Let each have `turns` turns, and more until `seconds` have passed."""
    steps = _steps_of_a_turn(contestants, clock)
    durations: list[list[float]] = [[] for _ in contestants]
    last = [0.0 for _ in contestants]
    began = clock()
    while len(durations[0]) < turns or clock() - began < seconds:
        for i, contestant in enumerate(contestants):
            time.sleep(REST)
            before = clock()
            for _ in range(steps[i]):
                last[i] = contestant()
            durations[i].append((clock() - before) / steps[i])
    return [
        Score(float(np.median(taken)), n * len(taken), result)
        for taken, n, result in zip(durations, steps, last, strict=True)
    ]


def _steps_of_a_turn(contestants: Sequence[Candidate], clock: Callable[[], float]) -> list[int]:
    """Warm up, and see how many steps of each make a turn."""
    quickest = [math.inf for _ in contestants]
    for _, (i, contestant) in itertools.product(range(WARM_UP), enumerate(contestants)):
        before = clock()
        contestant()
        quickest[i] = min(quickest[i], clock() - before)
    return [math.ceil(TURN / max(fastest, TURN / MOST_STEPS)) for fastest in quickest]


class Watch:
    """Sees, from when it is made, how many processors other programs keep busy among those that this one may use."""

    def __init__(self, stat: Path = Path("/proc/stat")) -> None:
        self._stat = stat
        self._began = self._now()

    def others(self) -> float | None:
        """Processors that were busy with something else, on average; None where the system does not tell."""
        now = self._now()
        if now is None or self._began is None:
            return None
        wall, busy, own = (b - a for a, b in zip(self._began, now, strict=True))
        return round(max(0.0, (busy - own) / wall), 2) if wall > 0.0 else None

    def _now(self) -> tuple[float, float, float] | None:
        """Seconds gone by, seconds that the processors were busy, and seconds of them that were ours."""
        if sys.platform != "linux":
            return None
        try:
            text = self._stat.read_text(encoding="ascii")
        except OSError:
            return None
        own = os.times()
        ticks = busy_ticks(text, _usable())
        return time.perf_counter(), ticks / os.sysconf("SC_CLK_TCK"), own.user + own.system


def usable_processors() -> int:
    """How many logical processors this process may run on."""
    return len(_usable())


def _usable() -> Set[int]:
    if sys.platform == "linux":
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def busy_ticks(stat: str, usable: Set[int]) -> int:
    """Clock ticks that the usable processors spent in programs (user, nice, system) by a /proc/stat text."""
    names = {f"cpu{number}" for number in usable}
    lines = (line.split() for line in stat.splitlines())
    return sum(sum(map(int, fields[1:4])) for fields in lines if fields and fields[0] in names)
