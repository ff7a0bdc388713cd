"""`charrnn lab`: classic experiments, reported as tables and charts, lines, JSON or Markdown."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import AsJson, number_option
from charrnn.cli.console import print_message, write_json, write_line, write_text
from charrnn.errors import CharrnnError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from charrnn.lab.protocol import Experiment, Result

ALL = "all"

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="Name of an experiment, or all for a Markdown report on every experiment.",
        show_default="a list of the experiments",
        autocompletion=shell_completion.experiment_names,
    ),
]
Seed = Annotated[int, number_option("Seed of all random numbers", 0)]
Steps = Annotated[int | None, number_option("Updates of each training", 1, show_default="as the experiment needs")]


def lab(name: Name = None, as_json: AsJson = False, seed: Seed = 0, steps: Steps = None) -> None:
    """Run a classic experiment and check its claims, or list the experiments."""
    if name is None:
        _list_experiments(as_json=as_json)
    elif name == ALL:
        _run_all(seed, steps, as_json=as_json)
    else:
        _run_one(name, seed, steps, as_json=as_json)


def _run_one(name: str, seed: int, steps: int | None, *, as_json: bool) -> None:
    from charrnn.blas import single_threaded
    from charrnn.cli import lab_tables

    experiment = _find(name)
    if steps is not None and not experiment.steps:
        raise UsageError(f"--steps is for experiments that train, and {name} does not; leave it out")
    module = experiment.load()
    if not as_json:
        print_message(f"{module.TITLE}\n\n{lab_tables.rewrap(module.EXPLANATION)}\n")
    results: list[Result] = []
    with single_threaded():  # small products are slower on several threads
        stream = _recorded(module.run(seed, steps or experiment.steps), results)
        if as_json:
            write_json(lab_tables.to_json(name, seed, stream))
        elif sys.stdout.isatty():
            lab_tables.write_tables(stream)
        else:
            lab_tables.write_lines(stream)
    failed, total = lab_tables.count_failed(results)
    if failed:
        short = f", after {steps} updates instead of {experiment.steps}" if steps and steps < experiment.steps else ""
        raise CharrnnError(f"{name}: {failed} of {total} results failed{short}; the column passed shows which")


def _run_all(seed: int, steps: int | None, *, as_json: bool) -> None:
    """Run every experiment, announce each on stderr, and write one report at the end."""
    from charrnn.blas import single_threaded
    from charrnn.cli import lab_report, lab_tables
    from charrnn.lab.protocol import EXPERIMENTS

    reports = []
    for name, experiment in EXPERIMENTS.items():
        print_message(f"{name}: {experiment.summary} ({experiment.duration})")
        module = experiment.load()
        with single_threaded():
            reports.append((name, module, list(module.run(seed, steps or experiment.steps))))
    if as_json:
        experiments = [lab_tables.to_json(name, seed, results) for name, _, results in reports]
        write_json({"seed": seed, "experiments": experiments})
    else:
        write_text(lab_report.markdown(reports, seed))
    failed = [name for name, _, results in reports if lab_tables.count_failed(results)[0]]
    if failed:
        raise CharrnnError(f"results failed in {', '.join(failed)}; the report shows which")


def _find(name: str) -> "Experiment":
    """Return the experiment of that name; UsageError with similar names if there is none."""
    from charrnn.lab.protocol import EXPERIMENTS

    if name not in EXPERIMENTS:
        from difflib import get_close_matches

        matches = get_close_matches(name.lower(), EXPERIMENTS)
        remedy = f"did you mean {' or '.join(matches)}?" if matches else "charrnn lab lists them"
        raise UsageError(f"there is no experiment called {name}; {remedy}")
    return EXPERIMENTS[name]


def _list_experiments(*, as_json: bool) -> None:
    from charrnn.cli.tables import Column, print_table, write_headings, write_row
    from charrnn.lab.protocol import EXPERIMENTS

    rows = [{"name": name, "takes": item.duration, "asks": item.summary} for name, item in EXPERIMENTS.items()]
    if as_json:
        write_json({"experiments": rows})
    elif sys.stdout.isatty():
        columns = [Column("name"), Column("takes"), Column("asks", wrap=True)]
        print_table(columns, (list(row.values()) for row in rows))
        write_line("\ncharrnn lab NAME runs an experiment, charrnn lab all > lab.md runs every experiment")
    else:
        write_headings(rows[0])
        for row in rows:
            write_row(row.values())


def _recorded(results: "Iterable[Result]", record: "list[Result]") -> "Iterator[Result]":
    """Yield each result, and append it to the record."""
    for result in results:
        record.append(result)
        yield result
