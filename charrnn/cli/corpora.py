"""`charrnn corpora`: the built-in texts and the catalogue of public ones."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charrnn.text.catalogue import Entry
    from charrnn.text.download import Progress

app = typer.Typer(help="List the built-in texts and the catalogue; get a text of the catalogue.")


@app.callback(invoke_without_command=True)
def corpora(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List the built-in texts and the catalogue; get a text of the catalogue."""
    if context.invoked_subcommand is not None:
        return
    rows = [*_builtin_rows(), *_catalogue_rows()]
    if as_json:
        import json

        typer.echo(json.dumps({"corpora": rows}, ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        _print_table(rows)
    else:
        for row in rows:
            typer.echo("\t".join(str(row[key]) for key in ("name", "state", "bytes", "licence", "title")))


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="A name of the catalogue.")],
    force: Annotated[bool, typer.Option("--force", help="Get it again even if it is here.")] = False,
) -> None:
    """Download a text of the catalogue, check it, and print where it lies."""
    from charrnn.text.catalogue import catalogue_folder, downloaded_path, find_entry
    from charrnn.text.download import download

    entry = find_entry(name)
    if entry is None:
        typer.echo(_path_of(name))
        typer.echo(f"{name} is built in: there is nothing to get", err=True)
        return
    path = downloaded_path(name)
    if path is not None and not force:
        typer.echo(f"{name} is here already; --force gets it again", err=True)
    else:
        with _progress(entry) as progress:
            path = download(entry, catalogue_folder(), progress=progress)
    typer.echo(path)


@app.command()
def show(name: Annotated[str, typer.Argument(help="A built-in name or one of the catalogue.")]) -> None:
    """Print where a text lies."""
    typer.echo(_path_of(name))


def _path_of(name: str) -> str:
    """The path of a text; UsageError for an unknown name, TextError for one that is not downloaded."""
    from charrnn.errors import TextError, UsageError
    from charrnn.text.builtin import builtin_names, builtin_path
    from charrnn.text.catalogue import downloaded_path, entry_names

    if name in builtin_names():
        return str(builtin_path(name))
    names = (*builtin_names(), *entry_names())
    if name not in names:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), names) or names
        raise UsageError(f"there is no text called {name}; did you mean {' or '.join(near)}?")
    path = downloaded_path(name)
    if path is None:
        raise TextError(f"{name} is not on this machine; run: charrnn corpora get {name}")
    return str(path)


def _builtin_rows() -> "Iterator[dict[str, Any]]":
    from charrnn.text.builtin import builtin_description, builtin_files, builtin_licence, builtin_names, builtin_path

    for name in builtin_names():
        yield {
            "name": name,
            "title": builtin_description(name),
            "bytes": sum(path.stat().st_size for path in builtin_files(name)),
            "licence": builtin_licence(name),
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
            "licence": entry.licence,
            "state": "to download" if path is None else "downloaded",
            "path": None if path is None else str(path),
            "url": entry.url,
        }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "size", "licence", "state", "text"):
        table.add_column(heading, justify="right" if heading == "size" else "left", no_wrap=heading == "name")
    for row in rows:
        table.add_row(row["name"], decimal(row["bytes"]), row["licence"], row["state"], row["title"])
    Console().print(table)


@contextmanager
def _progress(entry: "Entry") -> "Iterator[Progress | None]":
    """A bar on stderr if that is a terminal, else one line."""
    from rich.filesize import decimal

    if not sys.stderr.isatty():
        typer.echo(f"getting {entry.name}, {decimal(entry.size)}, from {entry.url}", err=True)
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(entry.name, total=entry.size)
        yield lambda done, total: bar.update(task, completed=done)
