"""`charrnn corpora`: the built-in texts and the catalogue of texts to download."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import AsJson
from charrnn.cli.console import print_message, write_indented_json, write_line
from charrnn.cli.tables import Column, print_table, write_headings, write_row
from charrnn.errors import TextError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charrnn.text.catalogue import Entry
    from charrnn.text.download import Progress

app = typer.Typer(help="List the built-in texts and the catalogue, or download a text of the catalogue.")

COLUMNS = ("name", "state", "bytes", "licence", "title")
"""The columns in a pipe."""

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Name of a built-in text or of one in the catalogue.",
        show_default=False,
        autocompletion=shell_completion.corpus_names,
    ),
]


@app.callback(invoke_without_command=True)
def corpora(context: typer.Context, as_json: AsJson = False) -> None:
    """List the built-in texts and the catalogue, or download a text of the catalogue."""
    if context.invoked_subcommand is not None:
        return
    rows = [*_builtin_rows(), *_catalogue_rows()]
    if as_json:
        write_indented_json({"corpora": rows})
    elif sys.stdout.isatty():
        _print_table(rows)
    else:
        write_headings(COLUMNS)
        for row in rows:
            write_row(str(row[name]) for name in COLUMNS)


@app.command()
def get(
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Download the text again if it is already here.")] = False,
) -> None:
    """Download a text of the catalogue, verify its SHA-256, and print its path."""
    from charrnn.text.catalogue import catalogue_folder, downloaded_path, find_entry
    from charrnn.text.download import download

    entry = find_entry(name)
    if entry is None:
        write_line(_path_of(name))
        print_message(f"{name} is built in, so nothing is downloaded")
        return
    path = downloaded_path(name)
    if path is not None and not force:
        print_message(f"{name} is already here; download it again with --force")
    else:
        with _progress(entry) as progress:
            path = download(entry, catalogue_folder(), progress=progress)
    write_line(str(path))


@app.command()
def show(name: Name) -> None:
    """Print the path of a text."""
    write_line(_path_of(name))


def _path_of(name: str) -> str:
    """Return the path of a text; UsageError for an unknown name, TextError for a text that is not downloaded."""
    from charrnn.text.builtin import builtin_names, builtin_path
    from charrnn.text.catalogue import downloaded_path, entry_names

    if name in builtin_names():
        return str(builtin_path(name))
    names = (*builtin_names(), *entry_names())
    if name not in names:
        from difflib import get_close_matches

        matches = get_close_matches(name.lower(), names) or names
        raise UsageError(f"there is no text called {name}; did you mean {' or '.join(matches)}?")
    path = downloaded_path(name)
    if path is None:
        raise TextError(f"{name} is not downloaded yet; run: charrnn corpora get {name}")
    return str(path)


def _builtin_rows() -> "Iterator[dict[str, Any]]":
    from charrnn.text.builtin import builtin_description, builtin_files, builtin_license, builtin_names, builtin_path

    for name in builtin_names():
        yield {
            "name": name,
            "title": builtin_description(name),
            "bytes": sum(path.stat().st_size for path in builtin_files(name)),
            "licence": builtin_license(name),
            "state": "built in",
            "path": str(builtin_path(name)),
            "url": None,
        }


def _catalogue_rows() -> "Iterator[dict[str, Any]]":
    from charrnn.text.catalogue import CATALOGUE, downloaded_path

    for entry in CATALOGUE:
        path = downloaded_path(entry.name)
        yield {
            "name": entry.name,
            "title": entry.title,
            "bytes": entry.size,
            "licence": entry.license,
            "state": "to download" if path is None else "downloaded",
            "path": None if path is None else str(path),
            "url": entry.url,
        }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.filesize import decimal

    columns = [
        Column("name"),
        Column("size", right=True),
        Column("license", wrap=True),
        Column("state", wrap=True),
        Column("text", wrap=True),
    ]
    cells = ((row["name"], decimal(row["bytes"]), row["licence"], row["state"], row["title"]) for row in rows)
    print_table(columns, cells)


@contextmanager
def _progress(entry: "Entry") -> "Iterator[Progress | None]":
    """Show the progress of a download on stderr: a bar on a terminal, one line elsewhere."""
    from rich.filesize import decimal

    if not sys.stderr.isatty():
        print_message(f"downloading {entry.name}, {decimal(entry.size)}, from {entry.url}")
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(entry.name, total=entry.size)
        yield lambda done, total: bar.update(task, completed=done)
