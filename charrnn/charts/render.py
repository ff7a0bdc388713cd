"""The renderer: series of points → rows of characters, with axes, a title and a legend."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from charrnn.charts.axes import MAX_VALUE, Axis, ColumnValues, axis_around, decimate, x_labels, y_labels
from charrnn.charts.canvas import BRAILLE, NO_SERIES, Canvas, DotStyle, Floats, Span

AXIS, TEXT = -2, -3
"""The owners of spans that belong to no series: the frame with its labels, and the title."""
MIN_SIZE_WITH_LABELS = (18, 5)
"""Smallest width and height, in cells, of a chart with a frame."""
MIN_HEIGHT_WITH_TITLE = 6

Kind = Literal["band", "level", "line", "points"]
SYMBOLS: dict[Kind, str] = {"band": "░", "level": "╌", "line": "─", "points": "●"}
"""The legend's symbol of each kind, in the order of drawing. A short legend omits the first of them."""
KINDS = tuple(SYMBOLS)


@dataclass(frozen=True, eq=False)
class Series:
    """Points x, y (n,), x ascending.

    `kind`: a `band` is filled from the lowest to the highest y of each column; a `line` goes through the last y of
    each column; `points` are marked one by one and joined; a `level` is a horizontal line at y[0]. `marker` is the
    character that shows the series where dots cannot be drawn, and that tells lines apart without colors.
    """

    name: str
    x: Floats
    y: Floats
    kind: Kind
    marker: str


def render(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    title: str = "",
    logarithmic: bool = False,
    x_range: tuple[float, float] | None = None,
    dots: DotStyle = BRAILLE,
) -> list[list[Span]]:
    """Return `height` rows of `width` cells as spans; their owners are indices of series, NO_SERIES, AXIS or TEXT.

    Points outside of `x_range` are left out, and those that are not finite; on a logarithmic scale also those that
    are not positive.
    """
    if width < 2 or height < 1:
        return [[(" " * width, NO_SERIES)] for _ in range(height)]
    shown = [_drawable(item, logarithmic, x_range) for item in series]
    axes = _axes(shown, logarithmic, x_range)
    head = [_title_row(shown, title, width, dots)] if height >= MIN_HEIGHT_WITH_TITLE else []
    body = height - len(head)
    if width < MIN_SIZE_WITH_LABELS[0] or body < MIN_SIZE_WITH_LABELS[1]:
        return head + _plot_area(shown, axes, Canvas(width, body, dots))
    labels = y_labels(axes[1], body - 2, dots) if axes else {}
    margin = max(map(len, labels.values()), default=0)
    area = _plot_area(shown, axes, Canvas(width - margin - 1, body - 2, dots))
    side, tick_mark = list(dots.frame)[:2]
    rows = [
        [(f"{labels.get(index, ''):>{margin}}{tick_mark if index in labels else side}", AXIS), *row]
        for index, row in enumerate(area)
    ]
    return head + rows + [[(text, AXIS)] for text in x_labels(axes[0] if axes else None, margin, width, dots)]


def _drawable(series: Series, logarithmic: bool, x_range: tuple[float, float] | None) -> Series:
    """Return the series with only those of its points that can be drawn."""
    x, y = series.x, series.y
    if series.kind == "level":
        x, y = x[:1], y[:1]
    elif x_range is not None:
        inside = slice(*x.searchsorted([x_range[0], np.nextafter(x_range[1], np.inf)]))
        x, y = x[inside], y[inside]
    min_value = 1.0 / MAX_VALUE if logarithmic else -MAX_VALUE
    if len(y) and not (y.min() >= min_value and y.max() <= MAX_VALUE):  # both are false for NaN
        valid = (y >= min_value) & (y <= MAX_VALUE)
        x, y = x[valid], y[valid]
    return replace(series, x=x, y=y)


def _axes(
    shown: Sequence[Series], logarithmic: bool, x_range: tuple[float, float] | None
) -> tuple[Axis, Axis] | None:
    """Return the axes x and y that show all points except the peaks of a band; None if there are no points."""
    filled = [item for item in shown if len(item.y)]
    ends = [float(end) for item in filled if item.kind != "level" for end in (item.x[0], item.x[-1])]
    if not ends:
        return None
    low, high = x_range or (min(ends), max(ends))
    values = [value for item in filled for value in _value_range(item)]
    y_axis = axis_around(min(values), max(values), logarithmic=logarithmic)
    return Axis(low, high if high > low else low + max(1.0, abs(low))), y_axis


def _value_range(series: Series) -> tuple[float, float]:
    """Return the lowest and highest y; of a band, without its top 1 % if that would take half of the height."""
    low, high = float(series.y.min()), float(series.y.max())
    if series.kind != "band":
        return low, high
    subset = series.y[:: max(1, len(series.y) // 4096)]  # enough to estimate the quantile
    top = max(low, float(np.quantile(subset, 0.99)))
    return low, high if high - low <= 2.0 * (top - low) else top


def _plot_area(shown: Sequence[Series], axes: tuple[Axis, Axis] | None, canvas: Canvas) -> list[list[Span]]:
    """Return the rows inside the frame. Of several lines, each has its marker at a place of its own."""
    rows, columns = canvas.owners.shape
    if axes is None:
        empty = [[(" " * columns, NO_SERIES)] for _ in range(rows)]
        empty[rows // 2] = [("no data yet"[:columns].center(columns), TEXT)]
        return empty
    lines = [index for index, item in enumerate(shown) if item.kind == "line"]
    for index, item in sorted(enumerate(shown), key=lambda pair: KINDS.index(pair[1].kind)):
        if len(item.y):
            share = (lines.index(index) + 0.5) / len(lines) if index in lines and len(lines) > 1 else None
            _draw(canvas, index, item, *axes, marker_at=share)
    return [canvas.row(row) for row in range(rows)]


def _draw(canvas: Canvas, owner: int, series: Series, x_axis: Axis, y_axis: Axis, *, marker_at: float | None) -> None:
    """Draw one series; `marker_at` is the share of a line's length at which to draw its marker, None for none."""
    x = np.arange(canvas.width, dtype=float)
    if series.kind == "level":
        y = y_axis.positions(series.y, canvas.height)[0]
        canvas.line(np.where(x % 4 < 2, y, np.nan), owner, series.marker)  # dashed
        return
    values = decimate(series.x, series.y, x_axis, canvas.width)
    if series.kind == "band":
        low, high = (y_axis.positions(y, canvas.height) for y in (values.lowest, values.highest))
        canvas.fill(low, high, owner, series.marker)
    else:
        _draw_curve(canvas, owner, series, x, values, y_axis, marker_at)


def _draw_curve(
    canvas: Canvas,
    owner: int,
    series: Series,
    x: Floats,
    values: ColumnValues,
    y_axis: Axis,
    marker_at: float | None,
) -> None:
    """Join the last values of the columns x (canvas.width,), and mark the points, or one place of a line."""
    filled = np.flatnonzero(~np.isnan(values.last))
    if not len(filled):
        return
    y = np.interp(x, filled, y_axis.positions(values.last[filled], canvas.height), left=np.nan, right=np.nan)
    if series.kind == "points":
        canvas.line(y, owner, "-")
        for column in filled.tolist():
            canvas.point(column, y[column], owner, _symbol(series, canvas.dots))
        return
    canvas.line(y, owner, series.marker)
    if marker_at is not None:
        column = round(float(filled[0] + (filled[-1] - filled[0]) * marker_at))
        canvas.point(column, y[column], owner, series.marker)


def _symbol(series: Series, dots: DotStyle) -> str:
    return series.marker if dots.uses_markers else SYMBOLS[series.kind]


def _title_row(shown: Sequence[Series], title: str, width: int, dots: DotStyle) -> list[Span]:
    """Return the title, and at the right the legend: each series' symbol, name and last value, as far as they fit."""
    many_lines = sum(item.kind == "line" for item in shown) > 1
    room = width - len(title) - 2
    legend: dict[int, str] = {}
    for index in sorted(range(len(shown)), key=lambda index: (KINDS.index(shown[index].kind), index), reverse=True):
        item = shown[index]
        value = "" if item.kind == "band" or not len(item.y) else f" {item.y[-1]:.4g}"
        symbol = item.marker if many_lines and item.kind == "line" else _symbol(item, dots)
        entry = f"  {symbol} {item.name}{value}"
        if len(entry) <= room:
            legend[index] = entry
            room -= len(entry)
    used = sum(map(len, legend.values()))
    return [(title[: width - used].ljust(width - used), TEXT), *((legend[i], i) for i in sorted(legend))]
