"""`charrnn runs`: the runs in a folder, what they are and how far they got."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.console import print_message, write_json
from charrnn.errors import UsageError
from charrnn.run.progress import duration
from charrnn.text.escape import visible

if TYPE_CHECKING:
    from charrnn.run.listing import RunSummary

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of runs, or a run.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")]


def runs(folder: Folder = Path("runs"), as_json: AsJson = False) -> None:
    """List the runs in a folder, the latest first, with their best validation loss."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name one that holds runs, or make a run with charrnn train")
    from charrnn.run.listing import list_runs

    found = list_runs(folder)
    if as_json:
        write_json({"runs": [asdict(each) for each in found]})
    elif not found:
        print_message(f"there are no runs in {folder}; make one with charrnn train")
    elif sys.stdout.isatty():
        _print_table(found)
    else:
        for each in found:
            typer.echo("\t".join(_row(each).values()))


def _row(each: "RunSummary") -> dict[str, str]:
    """What a person reads, by column."""
    known = each.parameters is not None
    return {
        "run": each.path,
        "state": each.state,
        "age": duration(each.age),
        "text": each.text or "",
        "size": f"{each.layers} × {each.hidden}" if known else "",
        "parameters": f"{each.parameters:,}" if known else "",
        "steps": f"{each.step:,}" if known else "",
        "nats": "" if each.nats_per_character is None else f"{each.nats_per_character:.4f}",
        "bits": "" if each.bits_per_character is None else f"{each.bits_per_character:.4f}",
        "fault": each.fault or "",
    }


def _print_table(found: "list[RunSummary]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [_row(each) for each in found]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in rows[0]:
        if name != "fault" and any(row[name] for row in rows):
            words = name in ("run", "text")
            left = words or name == "state"
            table.add_column(name, justify="left" if left else "right", no_wrap=not words, overflow="fold")
    shown = [str(column.header) for column in table.columns]
    for row in rows:
        table.add_row(*(Text(visible(row[name])) for name in shown))
    console = Console()
    console.print(table)
    for each in found:
        if each.fault:
            console.print(Text(visible(f"{each.path} is broken: {each.fault}")))
