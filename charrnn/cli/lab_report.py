"""The report on all experiments as Markdown: a table of the claims, then each experiment with its tables."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from charrnn.cli.lab_tables import chart, parts, plain, row
from charrnn.lab.protocol import CLAIMS, Curves, ExperimentModule, Finding, Result

Report: TypeAlias = tuple[str, ExperimentModule, Sequence[Result]]
"""Name, module and results of an experiment."""
MAX_ROWS = 40
"""Rows of a table in the report; `charrnn lab NAME --json` has all rows."""


def markdown(reports: Sequence[Report], seed: int) -> str:
    """Return the whole report."""
    lines = ["# The laboratory", "", f"Made by `charrnn lab all --seed {seed}`.", "", *_claims(reports)]
    for name, module, results in reports:
        lines += ["", f"## {name}: {module.TITLE}", "", module.EXPLANATION, *_sections(results)]
    return "\n".join(lines) + "\n"


def _claims(reports: Sequence[Report]) -> Iterator[str]:
    yield "| experiment | claim | reference | reached | |"
    yield "|---|---|---|---|---|"
    for name, _, results in reports:
        for result in results:
            if isinstance(result, Finding) and result.table == CLAIMS:
                cells = (_cell(str(figure)) for figure in result.figures.values())
                yield f"| {name} | {' | '.join(cells)} | {'yes' if result.passed else '**no**'} |"


def _sections(results: Iterable[Result]) -> Iterator[str]:
    for part in parts(results):
        if isinstance(part, Curves):
            rows = ("".join(text for text, _ in spans).rstrip() for spans in chart(part))
            yield from ("", "```", *rows, "```")
        elif part[0] != CLAIMS:
            yield from _table(*part)


def _table(title: str, findings: Iterator[Finding]) -> Iterator[str]:
    rows = [row(finding) for finding in itertools.islice(findings, MAX_ROWS)]
    omitted = sum(1 for _ in findings)
    yield from ("", f"{title[:1].upper()}{title[1:]}:" if title else "", "")
    yield "| " + " | ".join(_cell(name.replace("_", " ")) for name in rows[0]) + " |"
    yield "|" + "---|" * len(rows[0])
    for figures in rows:
        yield "| " + " | ".join(_cell(plain(figure)) for figure in figures.values()) + " |"
    if omitted:
        yield from ("", f"and {omitted} more rows.")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
