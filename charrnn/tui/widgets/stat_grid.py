"""Figures: named numbers in as many columns as fit, for any width."""

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

CELL = 17
"""The least width of a column: a name, a space and a number."""


@dataclass(frozen=True)
class Figure:
    """A name and its number, as text."""

    name: str
    value: str


def columns_in(width: int) -> int:
    return max(1, width // CELL)


def rows_of(figures: tuple[Figure, ...], width: int) -> list[list[tuple[Figure, int]]]:
    """The figures by row, each with the width of its cell; read downwards, so that neighbours stay together."""
    if not figures:
        return []
    columns = min(columns_in(width), len(figures))
    height = -(-len(figures) // columns)
    cell = width // columns
    return [[(figure, cell) for figure in figures[row::height]] for row in range(height)]


class Figures(Widget):
    """Shows figures; names faint, numbers bold. Its height follows from its width."""

    DEFAULT_CSS = """
    Figures { height: auto; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._figures: tuple[Figure, ...] = ()

    def show(self, *figures: Figure) -> None:
        """Show these from now on."""
        if figures != self._figures:
            taller = len(figures) != len(self._figures)
            self._figures = figures
            self.refresh(layout=taller)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        del container, viewport
        return len(rows_of(self._figures, width))

    def render_line(self, y: int) -> Strip:
        rows = rows_of(self._figures, self.size.width)
        style = self.rich_style
        if y >= len(rows):
            return Strip.blank(self.size.width, style)
        segments: list[Segment] = []
        for figure, cell in rows[y]:
            room = cell - 1
            name = figure.name[: max(0, room - len(figure.value) - 1)]
            gap = max(1, room - len(name) - len(figure.value))
            segments += [
                Segment(name, style + Style(dim=True)),
                Segment(" " * gap, style),
                Segment(figure.value[:room], style + Style(bold=True)),
                Segment(" ", style),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, style)
