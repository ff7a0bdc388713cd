"""`charrnn lab`: the classic experiments; what each found, as tables, lines or JSON."""

import itertools
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.output import print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from charrnn.lab import Experiment, Figure, Finding


def lab(
    name: Annotated[
        str | None, typer.Argument(help="An experiment; without one, they are listed.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws begin.")] = 0,
) -> None:
    """Do a classic experiment and see whether it comes out as it should; without a name, list them."""
    if name is None:
        _list(as_json=as_json)
        return
    experiment = _find(name).load()
    write = _write_json if as_json else _write_tables if sys.stdout.isatty() else _write_lines
    if not as_json:
        say(f"{experiment.TITLE}\n\n{experiment.EXPLANATION}\n")
    findings: list[Finding] = []
    write(name, seed, _noted(experiment.run(seed), findings))
    failed = sum(not finding.passed for finding in findings)
    if failed:
        from charrnn.errors import CharrnnError

        raise CharrnnError(f"{name}: {failed} of {len(findings)} results are wrong; the column passed says which")


def _find(name: str) -> "Experiment":
    """The experiment of that name; UsageError with the names nearest to it if there is none."""
    from charrnn.lab import EXPERIMENTS

    if name not in EXPERIMENTS:
        from difflib import get_close_matches

        from charrnn.errors import UsageError

        near = get_close_matches(name.lower(), EXPERIMENTS) or list(EXPERIMENTS)
        raise UsageError(f"there is no experiment called {name}; did you mean {' or '.join(near)}?")
    return EXPERIMENTS[name]


def _list(*, as_json: bool) -> None:
    from charrnn.lab import EXPERIMENTS

    rows = [{"name": name, "takes": e.duration, "asks": e.summary} for name, e in EXPERIMENTS.items()]
    if as_json:
        print_json({"experiments": rows})
    elif sys.stdout.isatty():
        _print_table("", rows)
    else:
        for row in rows:
            typer.echo("\t".join(row.values()))


def _noted(findings: "Iterable[Finding]", notes: "list[Finding]") -> "Iterator[Finding]":
    """The same findings, each of them noted when it comes."""
    for finding in findings:
        notes.append(finding)
        yield finding


def _row(finding: "Finding") -> "dict[str, Figure]":
    return {**finding.figures, "passed": finding.passed}


def _write_json(name: str, seed: int, findings: "Iterable[Finding]") -> None:
    rows = [{"table": finding.table, **_row(finding)} for finding in findings]
    print_json({"experiment": name, "seed": seed, "passed": all(row["passed"] for row in rows), "findings": rows})


def _write_lines(name: str, seed: int, findings: "Iterable[Finding]") -> None:
    """Tab-separated lines as they come; before the first of a table, one that begins with # and names the columns."""
    del name, seed
    for table, group in itertools.groupby(findings, lambda finding: finding.table):
        for number, finding in enumerate(group):
            row = _row(finding)
            if number == 0:
                typer.echo("#" + "\t".join(("table", *row)))
            typer.echo("\t".join((table, *map(_plain, row.values()))))
            sys.stdout.flush()


def _write_tables(name: str, seed: int, findings: "Iterable[Finding]") -> None:
    del name, seed
    for table, group in itertools.groupby(findings, lambda finding: finding.table):
        _print_table(table, [_row(finding) for finding in _counted(group)])


def _counted(group: "Iterable[Finding]") -> "Iterator[Finding]":
    """A spinner on stderr that counts while a table's findings come."""
    from rich.console import Console

    with Console(stderr=True).status("…") as status:
        for number, finding in enumerate(group, 1):
            status.update(f"{number} found")
            yield finding


def _plain(figure: "Figure") -> str:
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    return f"{figure:.3g}" if isinstance(figure, float) else str(figure)


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=Text(title) if title else None)
    for heading, figure in rows[0].items():
        words = isinstance(figure, str | bool)
        table.add_column(Text(heading.replace("_", " ")), justify="left" if words else "right")
    for row in rows:
        style = None if row.get("passed", True) else "bold red"
        table.add_row(*(Text(_plain(figure)) for figure in row.values()), style=style)
    Console().print(table, "" if title else Text("charrnn lab NAME does one of them"))
