"""The plot widget: shows series as a chart, and redraws only the rows that change."""

from collections.abc import Sequence
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn.charts.canvas import MARKS, NOBODY
from charrnn.charts.render import AXIS, Series, render


class Plot(Widget):
    """Shows series; drawn anew only when they, the size or an option change."""

    DEFAULT_CSS = """
    Plot { height: 1fr; }
    Plot > .plot--axis { color: $text-muted; }
    Plot > .plot--words { color: $text; text-style: bold; }
    Plot > .plot--band { color: $primary 60%; }
    Plot > .plot--points { color: $text-success; text-style: bold; }
    Plot > .plot--level { color: $text-muted; }
    Plot > .plot--line0 { color: $text-primary; }
    Plot > .plot--line1 { color: $text-warning; }
    Plot > .plot--line2 { color: $text-error; }
    Plot > .plot--line3 { color: $text-accent; }
    """
    COMPONENT_CLASSES = {f"plot--{part}" for part in ("axis", "words", "band", "points", "level")} | {
        f"plot--line{number}" for number in range(4)
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
        self._series, self._x_range = series, x_range
        if self._drawn != self._options():
            self.refresh()
            return
        before, self._rows = self._rows, self._strips()
        for y, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new:  # a slow line is spared what stays as it is
                self.refresh(Region(0, y, self.size.width, 1))

    def next_mark(self) -> None:
        """Braille, quadrants, ASCII, and again."""
        self.marks = MARKS[(MARKS.index(self.marks) + 1) % len(MARKS)]

    def notify_style_update(self) -> None:
        self._drawn = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        now = self._options()
        if self._drawn != now:
            self._rows = self._strips()
            self._drawn = now
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _options(self) -> object:
        """What else the rows depend on."""
        return self.size, self.title, self.logarithmic, self.marks

    def _strips(self) -> list[Strip]:
        style = cache(self._style)
        rows = render(
            self._series,
            *self.size,
            title=self.title,
            logarithmic=self.logarithmic,
            x_range=self._x_range,
            marks=self.marks,
        )
        return [Strip([Segment(text, style(owner)) for text, owner in row]) for row in rows]

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
