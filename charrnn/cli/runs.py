"""`charrnn runs`: the runs in a folder, with their status, size and best validation loss."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import AsJson
from charrnn.cli.console import print_message, write_json, write_line
from charrnn.cli.tables import Column, print_table, write_headings, write_row
from charrnn.errors import UsageError
from charrnn.run.names import RUNS
from charrnn.run.progress import duration

if TYPE_CHECKING:
    from charrnn.run.listing import RunSummary

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="Folder of runs, or one run: its folder, or its name in runs/.",
        autocompletion=shell_completion.run_names,
    ),
]


def runs(folder: Folder = RUNS, as_json: AsJson = False) -> None:
    """List the runs in a folder, the most recent first, with their best validation loss."""
    if not folder.is_dir() and (RUNS / folder).is_dir():
        folder = RUNS / folder
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name one that holds runs, or make a run with charrnn train")
    from charrnn.network.network import Network
    from charrnn.run.listing import list_runs

    summaries = list_runs(folder, lambda config: Network.from_config(config).shapes())
    if as_json:
        write_json({"runs": [summary.to_json() for summary in summaries]})
    elif not summaries:
        print_message(f"there are no runs in {folder}; make one with charrnn train")
    elif sys.stdout.isatty():
        _print_table(summaries)
    else:
        write_headings(_cells(summaries[0]))
        for summary in summaries:
            write_row((_cells(summary) | {"state": summary.to_json()["state"]}).values())


def _cells(summary: "RunSummary") -> dict[str, str]:
    """Return the cells of a run by heading; empty where a value is not known."""
    readable = summary.parameters is not None
    return {
        "run": summary.path,
        "state": str(summary.status),
        "age": duration(summary.age),
        "text": summary.text or "",
        "size": f"{summary.layers} × {summary.hidden}" if readable else "",
        "parameters": f"{summary.parameters:,}" if readable else "",
        "steps": "" if summary.step is None else f"{summary.step:,}",
        "nats": "" if summary.nats_per_character is None else f"{summary.nats_per_character:.4f}",
        "bits": "" if summary.bits_per_character is None else f"{summary.bits_per_character:.4f}",
        "fault": summary.fault or "",
    }


def _print_table(summaries: "list[RunSummary]") -> None:
    """Print the columns that have a value in any row, and below the table the faults."""
    rows = [_cells(summary) for summary in summaries]
    names = [name for name in rows[0] if name != "fault" and any(row[name] for row in rows)]
    columns = [
        Column(name, right=name not in ("run", "state", "text"), wrap=name in ("run", "text")) for name in names
    ]
    print_table(columns, ([row[name] for name in names] for row in rows), gap=1)
    for summary in summaries:
        if summary.fault:
            write_line(f"{summary.path} is broken: {summary.fault}")
