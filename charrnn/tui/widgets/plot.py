"""The plot widget: shows series as a chart, and redraws only the rows that change."""

from collections.abc import Sequence
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from charrnn.charts.canvas import BRAILLE, DOT_STYLES, NO_SERIES
from charrnn.charts.render import AXIS, Series, render


class Plot(Widget):
    """A chart of series; rendered again only when they, the size or an option change."""

    DEFAULT_CSS = """
    Plot { height: 1fr; }
    Plot > .plot--axis { color: $text-muted; }
    Plot > .plot--text { color: $text; text-style: bold; }
    Plot > .plot--band { color: $primary 60%; }
    Plot > .plot--points { color: $text-success; text-style: bold; }
    Plot > .plot--level { color: $text-muted; }
    Plot > .plot--line0 { color: $text-primary; }
    Plot > .plot--line1 { color: $text-warning; }
    Plot > .plot--line2 { color: $text-error; }
    Plot > .plot--line3 { color: $text-accent; }
    """
    COMPONENT_CLASSES = {f"plot--{part}" for part in ("axis", "text", "band", "points", "level")} | {
        f"plot--line{number}" for number in range(4)
    }
    title = reactive("")
    logarithmic = reactive(False)
    dots = reactive(BRAILLE)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._series: Sequence[Series] = ()
        self._x_range: tuple[float, float] | None = None
        self._rows: list[Strip] = []
        self._rendered_options: object = None

    def show(self, series: Sequence[Series], x_range: tuple[float, float] | None = None) -> None:
        """Show these series from now on: all of their points, or those within a range of x."""
        self._series, self._x_range = series, x_range
        if self._rendered_options != self._options():
            self.refresh()
            return
        previous_rows, self._rows = self._rows, self._render_rows()
        for y, (old, new) in enumerate(zip(previous_rows, self._rows, strict=True)):
            if old != new:  # rows that stay cost nothing on a slow connection
                self.refresh(Region(0, y, self.size.width, 1))

    def next_dot_style(self) -> None:
        """Draw with the next of braille, quadrants and ASCII."""
        self.dots = DOT_STYLES[(DOT_STYLES.index(self.dots) + 1) % len(DOT_STYLES)]

    def notify_style_update(self) -> None:
        self._rendered_options = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        options = self._options()
        if self._rendered_options != options:
            self._rows = self._render_rows()
            self._rendered_options = options
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _options(self) -> object:
        """Return everything but the series that the rows depend on."""
        return self.size, self.title, self.logarithmic, self.dots

    def _render_rows(self) -> list[Strip]:
        style = cache(self._style)
        rows = render(
            self._series,
            *self.size,
            title=self.title,
            logarithmic=self.logarithmic,
            x_range=self._x_range,
            dots=self.dots,
        )
        return [Strip([Segment(text, style(owner)) for text, owner in row]) for row in rows]

    def _style(self, owner: int) -> Style:
        """Return the style of a span, by its owner."""
        if owner == NO_SERIES:
            return self.rich_style
        if owner < 0:
            return self.get_component_rich_style("plot--axis" if owner == AXIS else "plot--text")
        kind = self._series[owner].kind
        if kind != "line":
            return self.get_component_rich_style(f"plot--{kind}")
        lines = [index for index, series in enumerate(self._series) if series.kind == "line"]
        return self.get_component_rich_style(f"plot--line{lines.index(owner) % 4}")
