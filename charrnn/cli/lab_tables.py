"""Results of an experiment: tables and charts on a terminal, lines in a pipe, or JSON."""

import itertools
import math
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.style import Style
from rich.text import Text

from charrnn.charts.canvas import ASCII, BRAILLE, Span
from charrnn.charts.render import AXIS, TEXT, Series, render
from charrnn.cli.console import write_line
from charrnn.cli.tables import Column, print_table, write_headings, write_row
from charrnn.lab.protocol import Curves, Figure, Finding, Result

WIDTH, HEIGHT = 78, 16
PIPE_DIGITS = 9
"""Digits of a float in a pipe, which tell neighboring values of float32 apart."""
SOURCE_WIDTH = 118
"""The line length of the explanations."""
COLORS = ("cyan", "yellow", "magenta", "green", "red", "blue", "white")
MARKERS = "abcdefghijklmnopqrstuvwxyz"


def count_failed(results: Iterable[Result]) -> tuple[int, int]:
    """Return the number of failed findings, and the number of findings."""
    findings = [result for result in results if isinstance(result, Finding)]
    return sum(not finding.passed for finding in findings), len(findings)


def row(finding: Finding) -> dict[str, Figure]:
    """Return the figures of a finding, `passed` last."""
    return {**finding.figures, "passed": finding.passed}


def plain(figure: Figure, digits: int = 3) -> str:
    """Return a figure as text: yes or no for a bool, so many digits for a float."""
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    return f"{figure:.{digits}g}" if isinstance(figure, float) else str(figure)


def parts(results: Iterable[Result]) -> Iterator[Curves | tuple[str, Iterator[Finding]]]:
    """Yield the curves, and each table's name with its findings, in order and as soon as they are there."""
    for table, group in itertools.groupby(results, lambda item: item.table if isinstance(item, Finding) else None):
        if table is None:
            yield from (result for result in group if isinstance(result, Curves))
        else:
            yield table, (result for result in group if isinstance(result, Finding))


def to_json(name: str, seed: int, results: Iterable[Result]) -> dict[str, Any]:
    """Return the results of an experiment as JSON values."""
    findings, curves = [], []
    for result in results:
        if isinstance(result, Finding):
            findings.append({"table": result.table, **row(result)})
        else:
            lines = {
                line: {"x": [float(a) for a in x], "y": [float(b) for b in y]}
                for line, (x, y) in result.lines.items()
            }
            curves.append({"title": result.title, "x": result.x, "logarithmic": result.logarithmic, "lines": lines})
    passed = all(finding["passed"] for finding in findings)
    return {"experiment": name, "seed": seed, "passed": passed, "findings": findings, "curves": curves}


def write_lines(results: Iterable[Result]) -> None:
    """Write tab-separated lines, each as soon as it is there; a line that begins with # names a table's columns."""
    for part in parts(results):
        if isinstance(part, Curves):
            write_headings(["curves", "line", part.x, "y"])
            for line, (x, y) in part.lines.items():
                for point in zip(x, y, strict=True):
                    write_row([part.title, line, *(plain(float(value), PIPE_DIGITS) for value in point)])
            continue
        table, findings = part
        for number, finding in enumerate(findings):
            if number == 0:
                write_headings(["table", *row(finding)])
            write_row([table, *(plain(figure, PIPE_DIGITS) for figure in row(finding).values())])


def write_tables(results: Iterable[Result]) -> None:
    """Print tables and charts, each as soon as it is complete."""
    console = Console()
    for part in parts(results):
        if isinstance(part, Curves):
            console.print(_colored_chart(part, min(WIDTH, console.width - 1)), "", sep="\n")
        else:
            title, findings = part
            _print_findings(title, [row(finding) for finding in _with_spinner(findings)])


def _with_spinner(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings, and meanwhile show their number beside a spinner on stderr."""
    with Console(stderr=True).status("…") as status:
        for number, finding in enumerate(findings, 1):
            status.update(f"{number} done")
            yield finding


def _print_findings(title: str, rows: list[dict[str, Figure]]) -> None:
    columns = [
        Column(heading.replace("_", " "), right=not isinstance(figure, str | bool), wrap=True)
        for heading, figure in rows[0].items()
    ]
    styles = ["" if figures["passed"] else "bold red" for figures in rows]
    print_table(columns, ([plain(figure) for figure in figures.values()] for figures in rows), title, styles)
    write_line("")


def rewrap(text: str) -> str:
    """Return a text whose lines are SOURCE_WIDTH long with its paragraphs wrapped to a narrower terminal."""
    width = Console(stderr=True).width
    if not sys.stderr.isatty() or width > SOURCE_WIDTH:
        return text
    paragraphs, lines = [""], text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        paragraphs[-1] += line + " "
        first_word, *_ = following.split(" ", 1)
        if len(line) + 1 + len(first_word) <= SOURCE_WIDTH:  # the word would have fitted, so a paragraph ends here
            paragraphs.append("")
    return "\n".join(
        textwrap.fill(paragraph, width - 1, break_on_hyphens=False) for paragraph in paragraphs if paragraph
    )


def chart(curves: Curves, width: int = WIDTH, *, ascii_only: bool = False) -> list[list[Span]]:
    """Return the curves as rows of spans; a letter marks each line, and the legend has the names of the letters."""
    series = []
    for letter, (name, (x, y)) in zip(MARKERS, curves.lines.items(), strict=False):
        finite = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
        points = np.array(finite, np.float64).reshape(-1, 2)
        series.append(Series(name, points[:, 0], points[:, 1], "line", letter))
    dots = ASCII if ascii_only else BRAILLE
    rows = render(series, width, HEIGHT - 1, logarithmic=curves.logarithmic, dots=dots)[1:]
    legend = [(f"  {line.marker} {line.name}", index) for index, line in enumerate(series)]
    return [[(curves.title, TEXT)], *_wrapped(legend, width), *rows, [(curves.x.rjust(width), AXIS)]]


def _wrapped(spans: list[Span], width: int) -> Iterator[list[Span]]:
    """Yield the spans in rows of up to `width` columns."""
    row_of_spans: list[Span] = []
    for span in spans:
        if row_of_spans and sum(len(text) for text, _ in row_of_spans) + len(span[0]) > width:
            yield row_of_spans
            row_of_spans = []
        row_of_spans.append(span)
    yield row_of_spans


def _colored_chart(curves: Curves, width: int) -> Text:
    """Return the chart for a terminal."""
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    chart_text = Text()
    for spans in chart(curves, width, ascii_only=ascii_only):
        for text, owner in spans:
            style = Style(color=COLORS[owner % len(COLORS)]) if owner >= 0 else Style(bold=owner == TEXT)
            chart_text.append(text, style)
        chart_text.append("\n")
    return chart_text
