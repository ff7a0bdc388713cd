"""The plot: series of points → rows of characters, and the widget that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn.tui.charts.axes import Axis, Floats, axis_around, decimate, label
from charrnn.tui.charts.canvas import MARKS, NOBODY, Canvas, Marks

AXIS, WORDS = -2, -3
"""The owners of runs that belong to no series."""
SMALLEST_WITH_LABELS = (18, 5)
TITLE_ROW = 7
"""The least height at which there is room for a title."""
Run = tuple[str, int]
SIGNS = {"band": "░", "line": "─", "points": "●"}


@dataclass(frozen=True, eq=False)
class Series:
    """Points (n,) in the order of x.

    `kind`: a `band` is filled from the lowest to the highest of each column, a `line` goes through the last of each,
    `points` are marked one by one and joined. `mark` is the character of a series where dots cannot be drawn.
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
    """`height` rows of `width` cells, as runs of characters and whose they are: a series' index, AXIS or WORDS."""
    if width < 2 or height < 1:
        return [[(" " * width, NOBODY)] for _ in range(height)]
    head = [_heading(series, title, width)] if height >= TITLE_ROW else []
    body = height - len(head)
    axes = _axes(series, logarithmic=logarithmic, x_range=x_range)
    if axes is None:
        rows = [[(" " * width, NOBODY)] for _ in range(body)]
        rows[body // 2] = [("nothing yet"[:width].center(width), WORDS)]
        return head + rows
    x_axis, y_axis = axes
    labelled = width >= SMALLEST_WITH_LABELS[0] and body >= SMALLEST_WITH_LABELS[1]
    plot_rows = body - 2 if labelled else body
    texts = _tick_texts(y_axis, plot_rows) if labelled else {}
    margin = max(map(len, texts.values()), default=0)
    canvas = Canvas(width - margin - 1 if labelled else width, plot_rows, marks)
    for index, each in enumerate(series):
        _draw(canvas, index, each, x_axis, y_axis)
    if not labelled:
        return head + [canvas.row(row) for row in range(plot_rows)]
    rows = [
        [(f"{texts.get(row, ''):>{margin}}{'┤' if row in texts else '│'}", AXIS), *canvas.row(row)]
        for row in range(plot_rows)
    ]
    return head + rows + _x_labels(x_axis, margin, width)


def _axes(
    series: Sequence[Series], *, logarithmic: bool, x_range: tuple[float, float] | None
) -> tuple[Axis, Axis] | None:
    """The ranges that show all lines and points, and of bands what does not flatten these; None without a point."""
    spans, values, extremes = [], [], []
    for each in series:
        x, y = each.x, each.y
        if x_range is not None:
            cut = slice(*x.searchsorted([x_range[0], np.nextafter(x_range[1], np.inf)]))
            x, y = x[cut], y[cut]
        fine = np.isfinite(y) & ((y > 0.0) | (not logarithmic))
        if not fine.any():
            continue
        spans += [float(x[0]), float(x[-1])]
        if each.kind == "band":
            few = y[fine][:: max(1, len(y) // 4096)]  # enough to know where most of them are
            extremes += [float(value) for value in np.quantile(few, [0.01, 0.99])]
        else:
            values += [float(y[fine].min()), float(y[fine].max())]
    values = values or extremes
    if not values:
        return None
    reach = extremes or values
    y_axis = axis_around(min(*values, *reach), max(*values, *reach), logarithmic=logarithmic)
    low, high = x_range or (min(spans), max(spans))
    return Axis(low, high if high > low else low + 1.0), y_axis


def _draw(canvas: Canvas, index: int, series: Series, x_axis: Axis, y_axis: Axis) -> None:
    y = series.y
    if y_axis.logarithmic:
        y = np.where(y > 0.0, y, np.nan)
    found = decimate(series.x, y, x_axis, canvas.width)
    if series.kind == "band":
        low, high = (y_axis.places(each, canvas.height) for each in (found.lowest, found.highest))
        canvas.spans(low, high, index, series.mark)
        return
    full = np.flatnonzero(~np.isnan(found.last))
    if not len(full):
        return
    places = y_axis.places(found.last[full], canvas.height)
    columns = np.arange(canvas.width, dtype=float)
    canvas.line(np.interp(columns, full, places, left=np.nan, right=np.nan), index, series.mark)
    if series.kind == "points":
        sign = series.mark if canvas.marks.name == "ascii" else SIGNS["points"]
        for column, place in zip(full, places, strict=True):
            canvas.point(float(column), float(place), index, sign)


def _tick_texts(axis: Axis, rows: int) -> dict[int, str]:
    """The labels of the y axis, by row from the top."""
    ticks = axis.ticks(max(2, rows // 3))
    places = axis.places(np.array(ticks), rows)
    return {rows - 1 - round(place): label(tick) for place, tick in zip(places, ticks, strict=True)}


def _x_labels(axis: Axis, margin: int, width: int) -> list[list[Run]]:
    """The axis line, and the labels under it; a label that would touch the one before is left out."""
    columns = width - margin - 1
    line, text = ["─"] * columns, [" "] * width
    free = 0
    ticks = axis.ticks(max(2, columns // 12))
    for tick, place in zip(ticks, axis.places(np.array(ticks), columns), strict=True):
        words, column = label(tick), round(place)
        begin = min(max(margin + 1 + column - len(words) // 2, free), width - len(words))
        if begin < free:
            continue
        line[column] = "┬"
        text[begin : begin + len(words)] = words
        free = begin + len(words) + 1
    return [[(" " * margin + "└" + "".join(line), AXIS)], [("".join(text), AXIS)]]


def _heading(series: Sequence[Series], title: str, width: int) -> list[Run]:
    """The title at the left, and at the right each series with its sign and its last value, as far as they fit."""
    runs: list[Run] = []
    room = width - len(title) - 2
    for index, each in reversed(list(enumerate(series))):
        fine = each.y[np.isfinite(each.y)]
        value = f" {fine[-1]:.4g}" if len(fine) and each.kind != "band" else ""
        words = f"  {SIGNS[each.kind]} {each.name}{value}"
        if len(words) <= room:
            runs.insert(0, (words, index))
            room -= len(words)
    used = sum(len(words) for words, _ in runs)
    return [(title[: width - used].ljust(width - used), WORDS), *runs]


class Plot(Widget):
    """Shows series; drawn anew only when they, the size or an option change."""

    DEFAULT_CSS = """
    Plot { height: 1fr; }
    Plot > .plot--axis { color: $text-muted; }
    Plot > .plot--words { color: $text; text-style: bold; }
    Plot > .plot--band { color: $primary 60%; }
    Plot > .plot--points { color: $text-success; text-style: bold; }
    Plot > .plot--line0 { color: $text-primary; }
    Plot > .plot--line1 { color: $text-warning; }
    Plot > .plot--line2 { color: $text-error; }
    Plot > .plot--line3 { color: $text-accent; }
    """
    COMPONENT_CLASSES = {
        "plot--axis",
        "plot--words",
        "plot--band",
        "plot--points",
        "plot--line0",
        "plot--line1",
        "plot--line2",
        "plot--line3",
    }
    title = reactive("")
    logarithmic = reactive(False)
    marks = reactive(MARKS[0])

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._series: Sequence[Series] = ()
        self._x_range: tuple[float, float] | None = None
        self._rows: list[Strip] = []
        self._drawn: object = None

    def show(self, series: Sequence[Series], x_range: tuple[float, float] | None = None) -> None:
        """Show these from now on, all of them or those within a range of x."""
        self._series, self._x_range, self._drawn = series, x_range, None
        self.refresh()

    def next_mark(self) -> None:
        """Braille, quadrants, ASCII, and again."""
        self.marks = MARKS[(MARKS.index(self.marks) + 1) % len(MARKS)]

    def notify_style_update(self) -> None:
        self._drawn = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        now = (self.size, self.title, self.logarithmic, self.marks)
        if self._drawn != now:
            self._rows = self._strips()
            self._drawn = now
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _strips(self) -> list[Strip]:
        rows = render(
            self._series,
            *self.size,
            title=self.title,
            logarithmic=self.logarithmic,
            x_range=self._x_range,
            marks=self.marks,
        )
        return [Strip([Segment(text, self._style(owner)) for text, owner in row]) for row in rows]

    def _style(self, owner: int) -> Style:
        if owner == NOBODY:
            return self.rich_style
        if owner < 0:
            return self.get_component_rich_style("plot--axis" if owner == AXIS else "plot--words")
        kind = self._series[owner].kind
        if kind != "line":
            return self.get_component_rich_style(f"plot--{kind}")
        lines = [index for index, each in enumerate(self._series) if each.kind == "line"]
        return self.get_component_rich_style(f"plot--line{lines.index(owner) % 4}")
