"""The stat grid: named numbers, in as many rows as there are and as few columns as that needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

MIN_CELL, MAX_CELL = 17, 40
"""Bounds of a column's width: a name, a space, a number and a space."""


@dataclass(frozen=True)
class Stat:
    """A number as text, its name, and a shorter name for a narrow column."""

    name: str
    value: str
    short: str = ""


def rows_needed(stats: int, width: int) -> int:
    """Return the height of a grid of so many stats, in as many columns as fit."""
    return -(-stats // max(1, width // MIN_CELL))


def arrange(stats: Sequence[Stat], width: int, height: int) -> list[list[tuple[Stat, int]]]:
    """Return the stats by row, each with the width of its cell; they are read column by column."""
    if not stats:
        return []
    rows = max(1, min(height, len(stats)), rows_needed(len(stats), width))
    cell = min(width // -(-len(stats) // rows), MAX_CELL)
    return [[(stat, cell) for stat in stats[row::rows]] for row in range(rows)]


class StatGrid(Widget):
    """A grid of stats, names faint and numbers bold. Its automatic height is the least that it needs."""

    DEFAULT_CSS = """
    StatGrid { height: auto; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._stats: tuple[Stat, ...] = ()

    def show(self, *stats: Stat) -> None:
        """Show these stats from now on."""
        if stats != self._stats:
            resized = len(stats) != len(self._stats)
            self._stats = stats
            self.refresh(layout=resized)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        del container, viewport
        return rows_needed(len(self._stats), width)

    def render_line(self, y: int) -> Strip:
        rows = arrange(self._stats, self.size.width, self.size.height)
        style = self.rich_style
        if y >= len(rows):
            return Strip.blank(self.size.width, style)
        segments = [segment for stat, cell in rows[y] for segment in _segments(stat, cell, style)]
        return Strip(segments).adjust_cell_length(self.size.width, style)


def _segments(stat: Stat, cell: int, style: Style) -> list[Segment]:
    """Return a stat in a cell: the name at the left, the number at the right, and a space."""
    room = cell - 1
    name = stat.name if len(stat.name) + len(stat.value) < room else stat.short or stat.name
    name = name[: max(0, room - len(stat.value) - 1)]
    gap = max(1, room - len(name) - len(stat.value))
    return [
        Segment(name, style + Style(dim=True)),
        Segment(" " * gap, style),
        Segment(stat.value[:room], style + Style(bold=True)),
        Segment(" ", style),
    ]
