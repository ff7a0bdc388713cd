"""Axes: a range of values → ticks and their labels, positions in dots, and the points of each column."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.charts.canvas import DotStyle, Floats

MAX_VALUE = 1e300
"""Larger values, and on a logarithmic scale values below its inverse, are not shown: their margins would overflow."""
_DIGITS = range(3, 18)
"""Numbers of significant digits to try for a label; 17 are exact."""


@dataclass(frozen=True)
class Axis:
    """The values from `low` to `high`, low < high, on a linear or a logarithmic scale (then low > 0)."""

    low: float
    high: float
    logarithmic: bool = False

    def positions(self, values: Floats, dots: int) -> Floats:
        """Map values (n,) to positions (n,) on a line of dots, `low` to 0 and `high` to dots - 1."""
        low, high = self._scale(np.array([self.low, self.high]))
        positions: Floats = (self._scale(values) - low) / (high - low) * (dots - 1)
        return positions

    def ticks(self, max_ticks: int) -> list[float]:
        """Return round values within the range, as many as possible but at most `max_ticks`, which is two or more."""
        ticks = _log_ticks(self.low, self.high, max_ticks) if self.logarithmic else []
        return ticks if len(ticks) >= 2 else round_ticks(self.low, self.high, max_ticks)

    def _scale(self, values: Floats) -> Floats:
        return np.log10(values) if self.logarithmic else values


def axis_around(low: float, high: float, *, logarithmic: bool = False) -> Axis:
    """Return an axis from `low` to `high` with a margin; the two may be equal, or almost."""
    if logarithmic:
        low, high = math.log10(low), math.log10(high)
    size = max(abs(low), abs(high))
    if high - low > max(size * 1e-6, 1.0 / MAX_VALUE):
        low, high = low - (high - low) * 0.04, high + (high - low) * 0.04
        step = 10.0 ** math.floor(math.log10(high - low)) / 20.0  # rounded ends rarely change with the values
        low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    else:
        low, high = low - (size * 0.1 or 1.0), high + (size * 0.1 or 1.0)
    if not logarithmic:
        return Axis(low, high)
    return Axis(10.0 ** max(low, -307.0), 10.0 ** min(high, 307.0), True)


def round_ticks(low: float, high: float, max_ticks: int) -> list[float]:
    """Return the multiples of a step within the range, at most `max_ticks`.

    The step is the smallest 1, 2 or 5 × 10ⁿ that allows this.
    """
    exponent = math.floor(math.log10((high - low) / max_ticks)) - 1
    while True:
        for factor in (1, 2, 5):
            step = factor * 10.0**exponent
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < max_ticks:
                return [float(f"{n * step:.15g}") for n in range(first, last + 1)]  # 3 * 0.1 becomes 0.3
        exponent += 1


def _log_ticks(low: float, high: float, max_ticks: int) -> list[float]:
    """Return powers of ten, with 2 and 5 times each if they are few, or every second, fifth, … if they are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    candidates = [[factor * 10.0**n for n in powers for factor in (1, 2, 5)]]
    candidates += [[10.0**n for n in powers if n % every == 0] for every in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
    inside = [[tick for tick in ticks if low <= tick <= high] for ticks in candidates]
    fitting = next(index for index, ticks in enumerate(inside) if len(ticks) <= max_ticks)
    if len(inside[fitting]) >= 2 or fitting == 0:
        return inside[fitting]
    return [inside[fitting - 1][0], inside[fitting - 1][-1]]


def labels(values: Sequence[float]) -> list[str]:
    """Return the shortest text of each number that does not round it: 0.5, 20, 2k, 1.2M, 1e-5."""
    return [next(text for text in (_format(v, digits) for digits in _DIGITS) if _is_exact(text, v)) for v in values]


def _format(value: float, digits: int) -> str:
    size = abs(value)
    if size == 0.0 or 1e-3 <= size < 1e3:
        return f"{value:.{digits}g}"
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if 1e3 <= size < limit:
            return f"{value / (limit / 1e3):.{digits}g}{unit}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def _is_exact(text: str, value: float) -> bool:
    for unit, power in (("k", "e3"), ("M", "e6"), ("G", "e9")):
        text = text.replace(unit, power)
    return math.isclose(float(text), value, rel_tol=1e-14)


def y_labels(axis: Axis, rows: int, dots: DotStyle) -> dict[int, str]:
    """Return the labels of a vertical axis by their row of cells, counted from the top of `rows`."""
    ticks = axis.ticks(max(2, (rows + 2) // 3))
    positions = axis.positions(np.array(ticks), rows * dots.rows)
    return {dots.cell_row(y, rows): label for y, label in zip(positions, labels(ticks), strict=True)}


def x_labels(axis: Axis | None, margin: int, width: int, dots: DotStyle) -> tuple[str, str]:
    """Return the two rows below a chart, `width` cells each: the line behind a margin, and the labels.

    A label that would touch the one to its left is left out, with its tick.
    """
    columns = width - margin - 1
    bottom, tick_mark, corner = list(dots.frame)[2:]
    line, text, free = [bottom] * columns, [" "] * width, 0
    ticks = axis.ticks(max(2, columns // 12)) if axis else []
    positions = axis.positions(np.array(ticks), columns * dots.columns) if axis else np.empty(0)
    for x, label in zip(positions, labels(ticks), strict=True):
        column = dots.cell_column(x)
        begin = min(max(0, margin + 1 + column - len(label) // 2), width - len(label))
        if begin >= free:
            line[column] = tick_mark
            text[begin : begin + len(label)] = label
            free = begin + len(label) + 1
    return " " * margin + corner + "".join(line), "".join(text)


@dataclass(frozen=True)
class ColumnValues:
    """The lowest, highest and last y (columns,) of the points in each column; NaN for a column without points."""

    lowest: Floats
    highest: Floats
    last: Floats


def decimate(x: Floats, y: Floats, axis: Axis, columns: int) -> ColumnValues:
    """Group finite points (n,), x ascending, by the columns of a linear axis; points outside of it are left out."""
    edges = axis.low + (np.arange(columns + 1) - 0.5) * (axis.high - axis.low) / max(1, columns - 1)
    cuts = x.searchsorted(edges)
    filled = np.flatnonzero(np.diff(cuts))
    lowest, highest, last = np.full((3, columns), np.nan)
    if len(filled):
        # a filled column's points end where those of the next filled column begin
        inside, starts = y[: cuts[-1]], cuts[filled]
        lowest[filled] = np.minimum.reduceat(inside, starts)
        highest[filled] = np.maximum.reduceat(inside, starts)
        last[filled] = y[cuts[filled + 1] - 1]
    return ColumnValues(lowest, highest, last)
