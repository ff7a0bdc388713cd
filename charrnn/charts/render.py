"""The renderer: series of points → rows of characters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from charrnn.charts.axes import LARGEST, Axis, Floats, axis_around, decimate, x_labels, y_labels
from charrnn.charts.canvas import MARKS, NOBODY, Canvas, Marks

AXIS, WORDS = -2, -3
"""The owners of runs that belong to no series."""
SMALLEST_WITH_LABELS = (18, 5)
TITLE_ROW = 6
"""The least height at which there is room for a title."""
Run = tuple[str, int]
SIGNS = {"band": "░", "level": "╌", "line": "─", "points": "●"}
"""The kinds in the order of drawing, and their signs; where the legend is short of room, the last have it."""
KINDS = tuple(SIGNS)


@dataclass(frozen=True, eq=False)
class Series:
    """Points (n,) in the order of x.

    `kind`: a `band` is filled from the lowest to the highest of each column, a `line` goes through the last of each,
    `points` are marked one by one and joined, a `level` is y[0] from side to side. `mark` is the character of a
    series where dots cannot be drawn, and what tells one line from another where there are no colours.
    """

    name: str
    x: Floats
    y: Floats
    kind: str
    mark: str


def render(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    title: str = "",
    logarithmic: bool = False,
    x_range: tuple[float, float] | None = None,
    marks: Marks = MARKS[0],
) -> list[list[Run]]:
    """`height` rows of `width` cells, as runs of characters and whose they are: a series' index, AXIS or WORDS.

    Values that are not finite are left out, on a logarithmic scale also those that are not positive.
    """
    if width < 2 or height < 1:
        return [[(" " * width, NOBODY)] for _ in range(height)]
    shown = [_visible(each, logarithmic, x_range) for each in series]
    axes = _axes(shown, logarithmic, x_range)
    head = [_heading(shown, title, width, marks)] if height >= TITLE_ROW else []
    body = height - len(head)
    if width < SMALLEST_WITH_LABELS[0] or body < SMALLEST_WITH_LABELS[1]:
        return head + _curves(shown, axes, Canvas(width, body, marks))
    texts = y_labels(axes[1], body - 2, marks) if axes else {}
    margin = max(map(len, texts.values()), default=0)
    curves = _curves(shown, axes, Canvas(width - margin - 1, body - 2, marks))
    side, tick = list(marks.frame)[:2]
    rows = [
        [(f"{texts.get(index, ''):>{margin}}{tick if index in texts else side}", AXIS), *row]
        for index, row in enumerate(curves)
    ]
    return head + rows + [[(text, AXIS)] for text in x_labels(axes[0] if axes else None, margin, width, marks)]


def _visible(series: Series, logarithmic: bool, x_range: tuple[float, float] | None) -> Series:
    """The series with only those of its points that can be drawn."""
    x, y = series.x, series.y
    if series.kind == "level":
        x, y = x[:1], y[:1]
    elif x_range is not None:
        cut = slice(*x.searchsorted([x_range[0], np.nextafter(x_range[1], np.inf)]))
        x, y = x[cut], y[cut]
    least = 1.0 / LARGEST if logarithmic else -LARGEST
    if len(y) and not (y.min() >= least and y.max() <= LARGEST):  # NaN is neither
        fine = (y >= least) & (y <= LARGEST)
        x, y = x[fine], y[fine]
    return replace(series, x=x, y=y)


def _axes(
    shown: Sequence[Series], logarithmic: bool, x_range: tuple[float, float] | None
) -> tuple[Axis, Axis] | None:
    """The ranges that show all that is drawn, but for the peaks of a band; None while there is no point."""
    full = [each for each in shown if len(each.y)]
    ends = [float(end) for each in full if each.kind != "level" for end in (each.x[0], each.x[-1])]
    if not ends:
        return None
    low, high = x_range or (min(ends), max(ends))
    reaches = [value for each in full for value in _reach(each)]
    y_axis = axis_around(min(reaches), max(reaches), logarithmic=logarithmic)
    return Axis(low, high if high > low else low + max(1.0, abs(low))), y_axis


def _reach(series: Series) -> tuple[float, float]:
    """The lowest and highest value; without the highest hundredth of a band if that would take half of the height."""
    low, high = float(series.y.min()), float(series.y.max())
    if series.kind != "band":
        return low, high
    few = series.y[:: max(1, len(series.y) // 4096)]  # enough to know where most of them are
    most = max(low, float(np.quantile(few, 0.99)))
    return low, high if high - low <= 2.0 * (most - low) else most


def _curves(shown: Sequence[Series], axes: tuple[Axis, Axis] | None, canvas: Canvas) -> list[list[Run]]:
    """What is within the frame. Several lines carry their marks, each at a place of its own."""
    rows, columns = canvas.owners.shape
    if axes is None:
        empty = [[(" " * columns, NOBODY)] for _ in range(rows)]
        empty[rows // 2] = [("nothing yet"[:columns].center(columns), WORDS)]
        return empty
    lines = [index for index, each in enumerate(shown) if each.kind == "line"]
    for index, each in sorted(enumerate(shown), key=lambda pair: KINDS.index(pair[1].kind)):
        if len(each.y):
            share = (lines.index(index) + 0.5) / len(lines) if index in lines and len(lines) > 1 else None
            _draw(canvas, index, each, *axes, mark_at=share)
    return [canvas.row(row) for row in range(rows)]


def _draw(canvas: Canvas, index: int, series: Series, x_axis: Axis, y_axis: Axis, *, mark_at: float | None) -> None:
    """Draw one series; `mark_at` is the share of a line at which its mark stands, None for no mark."""
    columns = np.arange(canvas.width, dtype=float)
    if series.kind == "level":
        place = y_axis.places(series.y, canvas.height)[0]
        canvas.line(np.where(columns % 4 < 2, place, np.nan), index, series.mark)
        return
    found = decimate(series.x, series.y, x_axis, canvas.width)
    if series.kind == "band":
        low, high = (y_axis.places(each, canvas.height) for each in (found.lowest, found.highest))
        canvas.spans(low, high, index, series.mark)
        return
    full = np.flatnonzero(~np.isnan(found.last))
    if not len(full):
        return
    joined = np.interp(columns, full, y_axis.places(found.last[full], canvas.height), left=np.nan, right=np.nan)
    if series.kind == "points":
        canvas.line(joined, index, "-")
        for column in full.tolist():
            canvas.point(column, joined[column], index, _sign(series, canvas.marks))
        return
    canvas.line(joined, index, series.mark)
    if mark_at is not None:
        column = round(float(full[0] + (full[-1] - full[0]) * mark_at))
        canvas.point(column, joined[column], index, series.mark)


def _sign(series: Series, marks: Marks) -> str:
    return series.mark if marks.plain else SIGNS[series.kind]


def _heading(shown: Sequence[Series], title: str, width: int, marks: Marks) -> list[Run]:
    """The title at the left, and at the right each series with its sign and last value: as far as there is room."""
    several = sum(each.kind == "line" for each in shown) > 1
    room = width - len(title) - 2
    legend: dict[int, str] = {}
    for index in sorted(range(len(shown)), key=lambda index: (KINDS.index(shown[index].kind), index), reverse=True):
        each = shown[index]
        value = "" if each.kind == "band" or not len(each.y) else f" {each.y[-1]:.4g}"
        sign = each.mark if several and each.kind == "line" else _sign(each, marks)
        words = f"  {sign} {each.name}{value}"
        if len(words) <= room:
            legend[index] = words
            room -= len(words)
    used = sum(map(len, legend.values()))
    return [(title[: width - used].ljust(width - used), WORDS), *((legend[i], i) for i in sorted(legend))]
