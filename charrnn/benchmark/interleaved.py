"""Interleaved timing: candidates A, B, … → seconds per step of each, equally affected by other programs.

The candidates take turns in one process: A, B, A, B, … A turn is one step, or several if a step is short. A short
pause before each turn lets the threads of the other candidate go to sleep: those of OpenBLAS and OpenMP spin for some
milliseconds first. On a busy machine, threads that synchronize at every product are slowed down far more than threads
that synchronize once per step. Turns cannot correct that, so `CpuLoad` measures it.
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

WARM_UP_STEPS = 2
"""Steps of each candidate that are not counted."""
TURN_SECONDS = 0.1
"""Approximate length of a turn: long enough that waking up after the pause is negligible."""
MAX_TURN_STEPS = 100
PAUSE_SECONDS = 0.01
"""Pause before a turn: after a longer one the cores would be slower, after a shorter one threads still spin."""

Candidate = Callable[[], float]
"""Function that takes one step and returns a number to report."""


@dataclass(frozen=True)
class Timing:
    """Timing of a candidate: median seconds per step, number of steps, and the number that the last step returned."""

    seconds: float
    steps: int
    last: float


def time_interleaved(
    candidates: Sequence[Candidate], turns: int, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> list[Timing]:
    """Time the candidates in at least `turns` turns each, and for at least `seconds` in total."""
    turn_steps = _steps_per_turn(candidates, clock)
    durations: list[list[float]] = [[] for _ in candidates]
    results = [0.0 for _ in candidates]
    began = clock()
    while len(durations[0]) < turns or clock() - began < seconds:
        for i, candidate in enumerate(candidates):
            time.sleep(PAUSE_SECONDS)
            turn_began = clock()
            for _ in range(turn_steps[i]):
                results[i] = candidate()
            durations[i].append((clock() - turn_began) / turn_steps[i])
    return [
        Timing(float(np.median(step_seconds)), steps * len(step_seconds), result)
        for step_seconds, steps, result in zip(durations, turn_steps, results, strict=True)
    ]


def _steps_per_turn(candidates: Sequence[Candidate], clock: Callable[[], float]) -> list[int]:
    """Warm up the candidates; return the number of steps per turn of each."""
    fastest = [math.inf for _ in candidates]
    for _, (i, candidate) in itertools.product(range(WARM_UP_STEPS), enumerate(candidates)):
        began = clock()
        candidate()
        fastest[i] = min(fastest[i], clock() - began)
    return [math.ceil(TURN_SECONDS / max(seconds, TURN_SECONDS / MAX_TURN_STEPS)) for seconds in fastest]


class CpuLoad:
    """Load that other programs put on the processors this process may use, measured since construction."""

    def __init__(self, stat: Path = Path("/proc/stat")) -> None:
        self._stat = stat
        self._start = self._read()

    def others_busy(self) -> float | None:
        """Return the mean number of processors that other programs kept busy; None if that is not known."""
        end = self._read()
        if end is None or self._start is None:
            return None
        elapsed, busy, used = (later - earlier for earlier, later in zip(self._start, end, strict=True))
        return round(max(0.0, (busy - used) / elapsed), 2) if elapsed > 0.0 else None

    def _read(self) -> tuple[float, float, float] | None:
        """Return the wall clock, the busy seconds of all processors, and those of this process."""
        if sys.platform != "linux":
            return None
        try:
            text = self._stat.read_text(encoding="ascii")
        except OSError:
            return None
        times = os.times()
        ticks = busy_ticks(text, _processor_ids())
        return time.perf_counter(), ticks / os.sysconf("SC_CLK_TCK"), times.user + times.system


def usable_processors() -> int:
    """Return the number of logical processors that this process may run on."""
    return len(_processor_ids())


def _processor_ids() -> Set[int]:
    if sys.platform == "linux":
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def busy_ticks(stat: str, processors: Set[int]) -> int:
    """Return the clock ticks that these processors spent in programs (user, nice, system), from a /proc/stat text."""
    names = {f"cpu{number}" for number in processors}
    lines = (line.split() for line in stat.splitlines())
    return sum(sum(map(int, fields[1:4])) for fields in lines if fields and fields[0] in names)
