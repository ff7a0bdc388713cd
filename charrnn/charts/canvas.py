"""The canvas: a grid of terminal cells, each of several dots, on which curves are drawn.

Positions are in dots, from the lower left corner; cells are counted from the upper left corner.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Span = tuple[str, int]
"""Consecutive characters of a row, and the index of the series that they belong to, or a negative constant."""

NO_SERIES = -1
"""The owner of empty cells."""
_BRAILLE_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_QUADRANT_BITS = np.array([[1, 2], [4, 8]])
_QUADRANTS = np.array(list(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"))


@dataclass(frozen=True)
class DotStyle:
    """A way to show dots as characters: `columns` × `rows` dots per cell.

    `frame` has the characters of a chart's frame: left side, its tick, bottom, its tick, corner.
    """

    name: str
    columns: int
    rows: int
    frame: str = "│┤─┬└"

    @property
    def uses_markers(self) -> bool:
        """True if a dot fills a whole cell and is shown as its series' marker."""
        return self.rows == 1

    def cell_column(self, x: float) -> int:
        """Return the column of cells that holds the dot at x."""
        return round(x) // self.columns

    def cell_row(self, y: float, rows: int) -> int:
        """Return the row of cells, of `rows` from the top, that holds the dot at y."""
        return rows - 1 - round(y) // self.rows


BRAILLE = DotStyle("braille", 2, 4)
QUADRANT = DotStyle("quadrant", 2, 2)
ASCII = DotStyle("ascii", 1, 1, "|+-++")
DOT_STYLES = (BRAILLE, QUADRANT, ASCII)


class Canvas:
    """`columns` × `rows` cells. A later drawing hides an earlier one, cell by cell.

    `owners` (rows, columns) has the index of the series that each cell shows, or NO_SERIES.
    """

    def __init__(self, columns: int, rows: int, dots: DotStyle) -> None:
        self.dots = dots
        self.width, self.height = columns * dots.columns, rows * dots.rows  # in dots
        self._cells = np.full((rows, columns), " ")
        self.owners = np.full((rows, columns), NO_SERIES)

    def fill(self, low: Floats, high: Floats, owner: int, marker: str) -> None:
        """Fill each column of dots from `low` to `high` (width,), in dots; NaN leaves the column empty."""
        bottom, top = np.rint(low), np.rint(high)
        y = np.arange(self.height)[::-1, None]
        self._draw((y >= bottom) & (y <= top), owner, marker)  # comparisons with NaN are false

    def line(self, y: Floats, owner: int, marker: str) -> None:
        """Draw a curve with one y (width,) per column of dots; neighbors are joined unless one of them is NaN."""
        with np.errstate(invalid="ignore"):
            inside = np.where((y > -0.5) & (y < self.height - 0.5), np.rint(y), np.nan)
        left = np.concatenate([[np.nan], inside[:-1]])
        # each column begins one dot beyond the end of its left neighbor
        begin = np.where(left < inside, left + 1, np.where(left > inside, left - 1, inside))
        begin = np.where(np.isnan(left), inside, begin)
        self.fill(np.fmin(begin, inside), np.fmax(begin, inside), owner, marker)

    def point(self, x: float, y: float, owner: int, character: str) -> None:
        """Write one character into the cell of the dot at (x, y), if it is inside of the canvas."""
        rows, columns = self._cells.shape
        column, row = self.dots.cell_column(x), self.dots.cell_row(y, rows)
        if 0 <= row < rows and 0 <= column < columns:
            self._cells[row, column] = character
            self.owners[row, column] = owner

    def row(self, index: int) -> list[Span]:
        """Return one row of cells as spans of one owner each."""
        cells, owners = self._cells[index], self.owners[index]
        cuts = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist(), len(owners)]
        return [("".join(cells[begin:end]), int(owners[begin])) for begin, end in itertools.pairwise(cuts)]

    def _draw(self, dots: NDArray[np.bool_], owner: int, marker: str) -> None:
        """Draw the dots (height, width) that are True, the top row first."""
        rows, columns = self._cells.shape
        blocks = dots.reshape(rows, self.dots.rows, columns, self.dots.columns)
        touched = blocks.any(axis=(1, 3))  # (rows, columns)
        self._cells[touched] = self._characters(blocks, marker)[touched]
        self.owners[touched] = owner

    def _characters(self, blocks: NDArray[np.bool_], marker: str) -> Any:
        """Return the character (rows, columns) of each cell of dots (rows, dots, columns, dots)."""
        if self.dots == BRAILLE:
            codes = 0x2800 + np.einsum("iajb,ab->ij", blocks, _BRAILLE_BITS)
            return codes.astype(np.uint32).view("<U1").reshape(codes.shape)
        if self.dots == QUADRANT:
            return _QUADRANTS[np.einsum("iajb,ab->ij", blocks, _QUADRANT_BITS)]
        return np.full(self._cells.shape, marker)
