"""The report of all experiments as Markdown: what was claimed, what was reached, then each with its tables."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from charrnn.cli.lab_tables import chart, parts, plain, row
from charrnn.lab.protocol import CLAIMS, Curves, ExperimentModule, Finding, Result

Done: TypeAlias = tuple[str, ExperimentModule, Sequence[Result]]
"""An experiment's name, its file, and what it found."""
MOST_ROWS = 40
"""Rows of a table that the report shows; `charrnn lab NAME --json` has them all."""


def markdown(experiments: Iterable[Done], seed: int) -> str:
    """The whole report."""
    done = list(experiments)
    lines = ["# The laboratory", "", f"Made by `charrnn lab all --seed {seed}`.", "", *_claims(done)]
    for name, module, found in done:
        lines += ["", f"## {name}: {module.TITLE}", "", module.EXPLANATION, *_parts(found)]
    return "\n".join(lines) + "\n"


def _claims(done: list[Done]) -> Iterator[str]:
    yield "| experiment | claim | reference | reached | |"
    yield "|---|---|---|---|---|"
    for name, _, found in done:
        for finding in found:
            if isinstance(finding, Finding) and finding.table == CLAIMS:
                cells = (_cell(str(figure)) for figure in finding.figures.values())
                yield f"| {name} | {' | '.join(cells)} | {'yes' if finding.passed else '**no**'} |"


def _parts(found: Iterable[Result]) -> Iterator[str]:
    for part in parts(found):
        if isinstance(part, Curves):
            rows = ("".join(text for text, _ in runs).rstrip() for runs in chart(part))
            yield from ("", "```", *rows, "```")
        elif part[0] != CLAIMS:
            yield from _table(*part)


def _table(title: str, findings: Iterator[Finding]) -> Iterator[str]:
    rows = [row(finding) for finding in itertools.islice(findings, MOST_ROWS)]
    more = sum(1 for _ in findings)
    yield from ("", f"{title[:1].upper()}{title[1:]}:" if title else "", "")
    yield "| " + " | ".join(_cell(name.replace("_", " ")) for name in rows[0]) + " |"
    yield "|" + "---|" * len(rows[0])
    for each in rows:
        yield "| " + " | ".join(_cell(plain(figure)) for figure in each.values()) + " |"
    if more:
        yield from ("", f"and {more} rows more.")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
