"""Axes: a range of numbers → ticks and their labels, places on a line of dots, and the points of each column."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
        """Round values within the range, about as many as fit, at least two where the range has them."""
        found = _decades(self.low, self.high, most) if self.logarithmic else []
        return found if len(found) >= 2 else round_ticks(self.low, self.high, most)

    def _scaled(self, values: Floats) -> Floats:
        return np.log10(values) if self.logarithmic else values


def axis_around(low: float, high: float, *, logarithmic: bool = False) -> Axis:
    """The axis that shows both values, with some room; also where they are equal."""
    if logarithmic:
        low, high = math.log10(low), math.log10(high)
    room = (high - low) * 0.04 if high > low else max(abs(low) * 0.1, 0.1)
    low, high = low - room, high + room
    return Axis(10.0**low, 10.0**high, True) if logarithmic else Axis(low, high)


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two values, at most `most`."""
    step = 10.0 ** math.floor(math.log10((high - low) / max(1, most)))
    while (factor := next((f for f in (1, 2, 5) if (high - low) / (f * step) <= most), None)) is None:
        step *= 10.0
    step *= factor
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)][: most + 1]


def _decades(low: float, high: float, most: int) -> list[float]:
    """Powers of ten; thinned out where there are many, with 2 and 5 between them where there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [n for n in range(first, last + 1) if low <= 10.0**n <= high]
    if len(powers) >= 3:
        every = -(-len(powers) // max(2, most))
        return [10.0**n for n in powers if n % every == 0]
    fine = [factor * 10.0**n for n in range(first, last + 1) for factor in (1, 2, 5)]
    return [value for value in fine if low <= value <= high][: most + 1]


def label(value: float) -> str:
    """A number in few characters: 0.5, 20, 2k, 1.2M, 1e-5."""
    size = abs(value)
    if size == 0.0 or 1e-3 <= size < 1e3:
        return f"{value:.4g}"
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if 1e3 <= size < limit:
            return f"{value / (limit / 1e3):.4g}{unit}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


@dataclass(frozen=True)
class Decimated:
    """The lowest, highest and last value (columns,) of the points of each column; NaN where there are none."""

    lowest: Floats
    highest: Floats
    last: Floats


def decimate(x: Floats, y: Floats, axis: Axis, columns: int) -> Decimated:
    """Points (n,) in the order of x, by column of a linear axis; points that are not finite count as none."""
    fine = np.isfinite(y)
    if not fine.all():
        x, y = x[fine], y[fine]
    edges = axis.low + (np.arange(columns + 1) - 0.5) * (axis.high - axis.low) / max(1, columns - 1)
    cuts = x.searchsorted(edges)
    full = np.flatnonzero(np.diff(cuts))
    empty = np.full(columns, np.nan)
    lowest, highest, last = empty.copy(), empty.copy(), empty
    if len(full):
        # behind the last point, reduceat must be told where to end
        bounds = np.minimum(np.stack([cuts[full], cuts[full + 1]], axis=1).ravel(), len(y))
        padded = np.append(y, y[-1])
        lowest[full] = np.minimum.reduceat(padded, bounds)[::2]
        highest[full] = np.maximum.reduceat(padded, bounds)[::2]
        last[full] = y[cuts[full + 1] - 1]
    return Decimated(lowest, highest, last)
