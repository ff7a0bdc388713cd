"""The canvas: cells of dots that curves are drawn on, and the characters that show them."""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"


@dataclass(frozen=True)
class Marks:
    """How a cell is cut into dots (columns, rows), and the frame: side, its tick, foot, its tick, corner.

    Places are counted in dots from the lower left, cells from the upper left.
    """

    name: str
    columns: int
    rows: int
    frame: str = "│┤─┬└"

    @property
    def plain(self) -> bool:
        """Whether a dot is a whole cell, shown as a character of the series' own."""
        return self.rows == 1

    def column_of(self, x: float) -> int:
        return round(x) // self.columns

    def row_of(self, y: float, rows: int) -> int:
        return rows - 1 - round(y) // self.rows


MARKS = (Marks("braille", 2, 4), Marks("quadrant", 2, 2), Marks("ascii", 1, 1, "|+-++"))
NOBODY = -1


class Canvas:
    """`columns` × `rows` cells. What is drawn later hides what was drawn before, cell by cell."""

    def __init__(self, columns: int, rows: int, marks: Marks) -> None:
        self.marks = marks
        self.width, self.height = columns * marks.columns, rows * marks.rows  # in dots
        self._cells = np.full((rows, columns), " ")
        self.owners = np.full((rows, columns), NOBODY)

    def spans(self, low: Floats, high: Floats, owner: int, character: str) -> None:
        """Fill each column of dots from `low` to `high` (width,), counted from the bottom; NaN leaves it empty."""
        bottom, top = np.rint(low), np.rint(high)
        y = np.arange(self.height)[::-1, None]
        dots = (y >= bottom) & (y <= top)  # comparisons with NaN are false
        self._put(dots, owner, character)

    def line(self, y: Floats, owner: int, character: str) -> None:
        """A curve with a value (width,) for each column of dots; it is joined where neighbours are not NaN."""
        with np.errstate(invalid="ignore"):
            inside = np.where((y > -0.5) & (y < self.height - 0.5), np.rint(y), np.nan)
        before = np.concatenate([[np.nan], inside[:-1]])
        rising = np.where(before < inside, before + 1, np.where(before > inside, before - 1, inside))
        joined = np.where(np.isnan(before), inside, rising)
        self.spans(np.fmin(joined, inside), np.fmax(joined, inside), owner, character)

    def point(self, x: float, y: float, owner: int, character: str) -> None:
        """One character at a place in dots."""
        rows, columns = self._cells.shape
        column, row = self.marks.column_of(x), self.marks.row_of(y, rows)
        if 0 <= row < rows and 0 <= column < columns:
            self._cells[row, column] = character
            self.owners[row, column] = owner

    def _put(self, dots: NDArray[np.bool_], owner: int, character: str) -> None:
        rows, columns = self._cells.shape
        blocks = dots.reshape(rows, self.marks.rows, columns, self.marks.columns)
        touched = blocks.any(axis=(1, 3))
        self._cells[touched] = self._characters(blocks, character)[touched]
        self.owners[touched] = owner

    def _characters(self, blocks: NDArray[np.bool_], character: str) -> Any:
        """The character (rows, columns) of each cell of dots."""
        if self.marks.name == "braille":
            codes = 0x2800 + np.einsum("iajb,ab->ij", blocks, _BRAILLE)
            return codes.astype(np.uint32).view("<U1").reshape(codes.shape)
        if self.marks.name == "quadrant":
            codes = np.einsum("iajb,ab->ij", blocks, np.array([[1, 2], [4, 8]]))
            return np.array(list(_QUADRANTS))[codes]
        return np.full(self._cells.shape, character)

    def row(self, index: int) -> list[tuple[str, int]]:
        """One row as runs of characters of one owner."""
        cells, owners = self._cells[index], self.owners[index]
        cuts = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist(), len(owners)]
        return [("".join(cells[a:b]), int(owners[a])) for a, b in itertools.pairwise(cuts)]
