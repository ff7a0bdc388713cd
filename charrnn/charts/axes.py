"""Axes: a range of numbers → ticks and their labels, places on a line of dots, and the points of each column."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.charts.canvas import Marks

Floats = NDArray[np.float64]

LARGEST = 1e300
"""What is larger, or on a logarithmic scale smaller than its inverse, is not shown: room beside it would overflow."""


@dataclass(frozen=True)
class Axis:
    """The values from `low` to `high`, low < high, on a linear or a logarithmic scale (then low > 0)."""

    low: float
    high: float
    logarithmic: bool = False

    def places(self, values: Floats, dots: int) -> Floats:
        """Where values stand on so many dots, 0 to dots - 1; beyond the ends for values beyond the range."""
        low, high = self._scaled(np.array([self.low, self.high]))
        places: Floats = (self._scaled(values) - low) / (high - low) * (dots - 1)
        return places

    def ticks(self, most: int) -> list[float]:
        """At most `most` (two or more) round values within the range, as many as that allows."""
        found = _log_ticks(self.low, self.high, most) if self.logarithmic else []
        return found if len(found) >= 2 else round_ticks(self.low, self.high, most)

    def _scaled(self, values: Floats) -> Floats:
        return np.log10(values) if self.logarithmic else values


def axis_around(low: float, high: float, *, logarithmic: bool = False) -> Axis:
    """The axis that shows both values, with some room; also where they are equal, or almost."""
    if logarithmic:
        low, high = math.log10(low), math.log10(high)
    size = max(abs(low), abs(high))
    if high - low > max(size * 1e-6, 1.0 / LARGEST):
        low, high = low - (high - low) * 0.04, high + (high - low) * 0.04
        step = 10.0 ** math.floor(math.log10(high - low)) / 20.0  # rounded, it stays while values change a little
        low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    else:
        low, high = low - (size * 0.1 or 1.0), high + (size * 0.1 or 1.0)
    if not logarithmic:
        return Axis(low, high)
    return Axis(10.0 ** max(low, -307.0), 10.0 ** min(high, 307.0), True)


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """All multiples within the range of the smallest 1, 2 or 5 times a power of ten that has at most `most`."""
    exponent = math.floor(math.log10((high - low) / most)) - 1
    while True:
        for factor in (1, 2, 5):
            step = factor * 10.0**exponent
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < most:
                # 3 * 0.1 is to be 0.3
                return [float(f"{n * step:.15g}") for n in range(first, last + 1)]
        exponent += 1


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, with 2 and 5 between them where there are few; every second, fifth, … where there are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    choices = [[factor * 10.0**n for n in powers for factor in (1, 2, 5)]]
    choices += [[10.0**n for n in powers if n % every == 0] for every in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
    inside = [[value for value in values if low <= value <= high] for values in choices]
    few = next(index for index, values in enumerate(inside) if len(values) <= most)
    if len(inside[few]) >= 2 or few == 0:
        return inside[few]
    return [inside[few - 1][0], inside[few - 1][-1]]


def labels(values: Sequence[float]) -> list[str]:
    """Each number in few characters: 0.5, 20, 2k, 1.2M, 1e-5; in as few digits as tell it without rounding."""
    return [next(text for text in (_short(v, digits) for digits in range(3, 18)) if _tells(text, v)) for v in values]


def _short(value: float, digits: int) -> str:
    size = abs(value)
    if size == 0.0 or 1e-3 <= size < 1e3:
        return f"{value:.{digits}g}"
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if 1e3 <= size < limit:
            return f"{value / (limit / 1e3):.{digits}g}{unit}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def _tells(text: str, value: float) -> bool:
    for unit, power in (("k", "e3"), ("M", "e6"), ("G", "e9")):
        text = text.replace(unit, power)
    return math.isclose(float(text), value, rel_tol=1e-14)


def y_labels(axis: Axis, rows: int, marks: Marks) -> dict[int, str]:
    """The labels at the side, by row of cells from the top."""
    ticks = axis.ticks(max(2, (rows + 2) // 3))
    places = axis.places(np.array(ticks), rows * marks.rows)
    return {marks.row_of(place, rows): text for place, text in zip(places, labels(ticks), strict=True)}


def x_labels(axis: Axis | None, margin: int, width: int, marks: Marks) -> tuple[str, str]:
    """The line at the foot behind a margin, and the labels under it; one that would touch another is left out."""
    columns = width - margin - 1
    foot, tick, corner = list(marks.frame)[2:]
    line, text, free = [foot] * columns, [" "] * width, 0
    ticks = axis.ticks(max(2, columns // 12)) if axis else []
    places = axis.places(np.array(ticks), columns * marks.columns) if axis else np.empty(0)
    for place, words in zip(places, labels(ticks), strict=True):
        column = marks.column_of(place)
        begin = min(max(0, margin + 1 + column - len(words) // 2), width - len(words))
        if begin >= free:
            line[column] = tick
            text[begin : begin + len(words)] = words
            free = begin + len(words) + 1
    return " " * margin + corner + "".join(line), "".join(text)


@dataclass(frozen=True)
class Decimated:
    """The lowest, highest and last value (columns,) of the points of each column; NaN where there are none."""

    lowest: Floats
    highest: Floats
    last: Floats


def decimate(x: Floats, y: Floats, axis: Axis, columns: int) -> Decimated:
    """Finite points (n,), x ascending, by column of a linear axis; those beyond its ends are left out."""
    edges = axis.low + (np.arange(columns + 1) - 0.5) * (axis.high - axis.low) / max(1, columns - 1)
    cuts = x.searchsorted(edges)
    full = np.flatnonzero(np.diff(cuts))
    lowest, highest, last = np.full((3, columns), np.nan)
    if len(full):
        # between the points of a full column and those of the next full one there are no others
        inside, starts = y[: cuts[-1]], cuts[full]
        lowest[full] = np.minimum.reduceat(inside, starts)
        highest[full] = np.maximum.reduceat(inside, starts)
        last[full] = y[cuts[full + 1] - 1]
    return Decimated(lowest, highest, last)
