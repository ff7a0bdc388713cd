"""`charrnn lab`: run a classic experiment; print tables and charts, lines, JSON or a Markdown report."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.console import print_message, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from charrnn.lab.protocol import Experiment, Result

ALL = "all"


def lab(
    name: Annotated[
        str | None,
        typer.Argument(
            help="An experiment, or all for a report of all; without one, they are listed.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Where all random draws begin.")] = 0,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, help="Updates of each training; default: as many as the experiment needs.", show_default=False
        ),
    ] = None,
) -> None:
    """Do a classic experiment and see whether it comes out as it should; without a name, list them."""
    if name is None:
        _list(as_json=as_json)
    elif name == ALL:
        _do_all(seed, steps, as_json=as_json)
    else:
        _do_one(name, seed, steps, as_json=as_json)


def _do_one(name: str, seed: int, steps: int | None, *, as_json: bool) -> None:
    from charrnn.cli import lab_tables
    from charrnn.errors import CharrnnError, UsageError
    from charrnn.parallel.blas import single_threaded

    experiment = _find(name)
    if steps is not None and not experiment.steps:
        raise UsageError(f"{name} does not train; leave --steps out")
    module = experiment.load()
    write = (
        lab_tables.write_json
        if as_json
        else lab_tables.write_tables
        if sys.stdout.isatty()
        else lab_tables.write_lines
    )
    if not as_json:
        print_message(f"{module.TITLE}\n\n{lab_tables.fitted(module.EXPLANATION)}\n")
    noted: list[Result] = []
    with single_threaded():  # small products are slower on several threads
        write(name, seed, _noted(module.run(seed, steps or experiment.steps), noted))
    failed, all_of_them = lab_tables.count_failed(noted)
    if failed:
        short = f", after {steps} updates and not {experiment.steps}" if steps and steps < experiment.steps else ""
        wrong = f"{failed} of {all_of_them} results are not as they should be"
        raise CharrnnError(f"{name}: {wrong}{short}; the column passed says which")


def _do_all(seed: int, steps: int | None, *, as_json: bool) -> None:
    """All experiments, each of them said on stderr when it begins; then the report, at once."""
    from charrnn.cli import lab_report, lab_tables
    from charrnn.errors import CharrnnError
    from charrnn.lab.protocol import EXPERIMENTS
    from charrnn.parallel.blas import single_threaded

    done = []
    for name, experiment in EXPERIMENTS.items():
        print_message(f"{name}: {experiment.summary} ({experiment.duration})")
        module = experiment.load()
        with single_threaded():
            done.append((name, module, list(module.run(seed, steps or experiment.steps))))
    if as_json:
        write_json({"seed": seed, "experiments": [lab_tables.as_json(name, seed, found) for name, _, found in done]})
    else:
        sys.stdout.write(lab_report.markdown(done, seed))
    failed = [name for name, _, found in done if lab_tables.count_failed(found)[0]]
    if failed:
        raise CharrnnError(f"not all is as it should be in {', '.join(failed)}; the report says what")


def _find(name: str) -> "Experiment":
    """The experiment of that name; UsageError with the names nearest to it if there is none."""
    from charrnn.lab.protocol import EXPERIMENTS

    if name not in EXPERIMENTS:
        from difflib import get_close_matches

        from charrnn.errors import UsageError

        near = get_close_matches(name.lower(), EXPERIMENTS)
        remedy = f"did you mean {' or '.join(near)}?" if near else "charrnn lab lists them"
        raise UsageError(f"there is no experiment called {name}; {remedy}")
    return EXPERIMENTS[name]


def _list(*, as_json: bool) -> None:
    from charrnn.cli import lab_tables
    from charrnn.lab.protocol import EXPERIMENTS

    rows = [{"name": name, "takes": e.duration, "asks": e.summary} for name, e in EXPERIMENTS.items()]
    if as_json:
        write_json({"experiments": rows})
    elif sys.stdout.isatty():
        lab_tables.print_table("", rows)
        typer.echo("charrnn lab NAME does one of them, charrnn lab all > lab.md all")
    else:
        for row in rows:
            typer.echo("\t".join(row.values()))


def _noted(found: "Iterable[Result]", notes: "list[Result]") -> "Iterator[Result]":
    """The same results, each of them noted when it comes."""
    for each in found:
        notes.append(each)
        yield each
