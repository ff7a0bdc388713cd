"""Results of an experiment, written: as tables and charts on a terminal, as lines in a pipe, as JSON."""

import itertools
import math
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from charrnn.charts.canvas import ASCII, BRAILLE, Span
from charrnn.charts.render import AXIS, TEXT, Series, render
from charrnn.cli import console
from charrnn.lab.protocol import Curves, Figure, Finding, Result

WIDTH, HEIGHT = 78, 16
WRITTEN = 118
"""Columns that the explanations are written for."""
COLORS = ("cyan", "yellow", "magenta", "green", "red", "blue", "white")
NAMES_OF_LINES = "abcdefghijklmnopqrstuvwxyz"


def count_failed(found: Iterable[Result]) -> tuple[int, int]:
    """How many findings are not as they should be, and how many there are."""
    findings = [each for each in found if isinstance(each, Finding)]
    return sum(not finding.passed for finding in findings), len(findings)


def row(finding: Finding) -> dict[str, Figure]:
    return {**finding.figures, "passed": finding.passed}


def plain(figure: Figure) -> str:
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    return f"{figure:.3g}" if isinstance(figure, float) else str(figure)


def parts(found: Iterable[Result]) -> Iterator[Curves | tuple[str, Iterator[Finding]]]:
    """Curves, and the findings of each table with its name, in their order, as they come."""
    for name, group in itertools.groupby(found, lambda each: each.table if isinstance(each, Finding) else None):
        if name is None:
            yield from (each for each in group if isinstance(each, Curves))
        else:
            yield name, (each for each in group if isinstance(each, Finding))


def as_json(name: str, seed: int, found: Iterable[Result]) -> dict[str, Any]:
    findings, curves = [], []
    for each in found:
        if isinstance(each, Finding):
            findings.append({"table": each.table, **row(each)})
        else:
            lines = {
                line: {"x": [float(a) for a in x], "y": [float(b) for b in y]} for line, (x, y) in each.lines.items()
            }
            curves.append({"title": each.title, "x": each.x, "logarithmic": each.logarithmic, "lines": lines})
    passed = all(finding["passed"] for finding in findings)
    return {"experiment": name, "seed": seed, "passed": passed, "findings": findings, "curves": curves}


def write_json(name: str, seed: int, found: Iterable[Result]) -> None:
    console.write_json(as_json(name, seed, found))


def write_lines(name: str, seed: int, found: Iterable[Result]) -> None:
    """Tab-separated lines as they come; before the first of a table, one that begins with # and names the columns."""
    del name, seed
    for part in parts(found):
        if isinstance(part, Curves):
            _write_line(["#curves", "line", part.x, "y"])
            for line, (x, y) in part.lines.items():
                for point in zip(x, y, strict=True):
                    _write_line([part.title, line, *(plain(float(value)) for value in point)])
            continue
        table, group = part
        for number, finding in enumerate(group):
            if number == 0:
                _write_line(["#table", *row(finding)])
            _write_line([table, *map(plain, row(finding).values())])


def _write_line(cells: Iterable[str]) -> None:
    sys.stdout.write("\t".join(cells) + "\n")
    sys.stdout.flush()


def write_tables(name: str, seed: int, found: Iterable[Result]) -> None:
    del name, seed
    console = Console()
    for part in parts(found):
        if isinstance(part, Curves):
            console.print(_colored(part, min(WIDTH, console.width - 1)), "", sep="\n")
        else:
            table, group = part
            print_table(table, [row(finding) for finding in _counted(group)])


def _counted(group: Iterable[Finding]) -> Iterator[Finding]:
    """A spinner on stderr that counts while a table's findings come."""
    with Console(stderr=True).status("…") as status:
        for number, finding in enumerate(group, 1):
            status.update(f"{number} found")
            yield finding


def fitted(text: str) -> str:
    """A text whose lines were broken at WRITTEN columns, with its lines broken anew for a narrower terminal."""
    width = Console(stderr=True).width
    if not sys.stderr.isatty() or width > WRITTEN:
        return text
    paragraphs, lines = [""], text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        paragraphs[-1] += line + " "
        first, *_ = following.split(" ", 1)
        if len(line) + 1 + len(first) <= WRITTEN:  # there was room for more: a paragraph ended
            paragraphs.append("")
    return "\n".join(
        textwrap.fill(paragraph, width - 1, break_on_hyphens=False) for paragraph in paragraphs if paragraph
    )


def print_table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=Text(title) if title else None)
    for heading, figure in rows[0].items():
        words = isinstance(figure, str | bool)
        table.add_column(Text(heading.replace("_", " ")), justify="left" if words else "right")
    for each in rows:
        style = None if each.get("passed", True) else "bold red"
        table.add_row(*(Text(plain(figure)) for figure in each.values()), style=style)
    Console().print(table, "")


def chart(curves: Curves, width: int = WIDTH, *, ascii_only: bool = False) -> list[list[Span]]:
    """The curves as rows of runs; each line carries a letter that its name is listed with."""
    series = []
    for letter, (name, (x, y)) in zip(NAMES_OF_LINES, curves.lines.items(), strict=False):
        kept = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
        points = np.array(kept, np.float64).reshape(-1, 2)
        series.append(Series(name, points[:, 0], points[:, 1], "line", letter))
    dots = ASCII if ascii_only else BRAILLE
    rows = render(series, width, HEIGHT - 1, logarithmic=curves.logarithmic, dots=dots)[1:]
    names = [(f"  {each.marker} {each.name}", index) for index, each in enumerate(series)]
    return [[(curves.title, TEXT)], *_wrapped(names, width), *rows, [(curves.x.rjust(width), AXIS)]]


def _wrapped(runs: list[Span], width: int) -> Iterator[list[Span]]:
    """The runs in as many rows as they need."""
    line: list[Span] = []
    for run in runs:
        if line and sum(len(text) for text, _ in line) + len(run[0]) > width:
            yield line
            line = []
        line.append(run)
    yield line


def _colored(curves: Curves, width: int) -> Text:
    """The chart for a terminal."""
    plain_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    text = Text()
    for runs in chart(curves, width, ascii_only=plain_only):
        for words, owner in runs:
            style = Style(color=COLORS[owner % len(COLORS)]) if owner >= 0 else Style(bold=owner == TEXT)
            text.append(words, style)
        text.append("\n")
    return text
