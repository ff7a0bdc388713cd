"""Tables: aligned on a terminal, tab-separated in a pipe, where a line that begins with # names the columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from charrnn.cli.console import write_line
from charrnn.text.escape import visible

_SEPARATORS = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Column:
    """A column; `right` aligns numbers, `wrap` breaks long cells where the terminal is narrow."""

    heading: str
    right: bool = False
    wrap: bool = False


def write_headings(headings: Iterable[str]) -> None:
    """Write the names of the columns of a table, as the line before its rows."""
    write_row(headings, "#")


def write_row(cells: Iterable[str], prefix: str = "") -> None:
    """Write the cells of a row, separated by tabs; a tab or a line end in a cell becomes an escape."""
    write_line(prefix + "\t".join(cell.translate(_SEPARATORS) for cell in cells))


def print_table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    title: str = "",
    styles: Iterable[str] = (),
    gap: int = 2,
) -> None:
    """Print a table on stdout; `styles` has a rich style per row, `gap` is the number of spaces between columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), title=Text(title) if title else None)
    for column in columns:
        table.add_column(
            Text(column.heading),
            justify="right" if column.right else "left",
            no_wrap=not column.wrap,
            overflow="fold",
        )
    row_styles = iter(styles)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row), style=next(row_styles, None))
    Console().print(table)
