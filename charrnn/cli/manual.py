"""`charrnn manual`: the pages of the manual, rendered on a terminal and as Markdown in a pipe."""

import re
import sys
from typing import Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import AsJson
from charrnn.cli.console import write_json, write_line, write_text
from charrnn.cli.tables import Column, print_table, write_headings, write_row

WIDEST = 100
"""Columns of a page on a wide terminal."""

Topic = Annotated[
    str | None,
    typer.Argument(
        metavar="TOPIC",
        help="Name of a page.",
        show_default="the list of pages",
        autocompletion=shell_completion.manual_topics,
    ),
]


def manual(topic: Topic = None, as_json: AsJson = False) -> None:
    """Show a page of the manual, or list the pages."""
    from charrnn.manual import page

    if topic is None:
        _list_topics(as_json=as_json)
    elif as_json:
        write_json({"topic": topic, "markdown": page(topic)})
    elif sys.stdout.isatty():
        _render(page(topic))
    else:
        write_text(page(topic))


def _list_topics(*, as_json: bool) -> None:
    from charrnn.manual import topics

    titles = topics()
    if as_json:
        write_json({"topics": [{"topic": topic, "title": title} for topic, title in titles.items()]})
    elif sys.stdout.isatty():
        print_table([Column("topic"), Column("title", wrap=True)], titles.items())
        write_line("\ncharrnn manual TOPIC shows a page")
    else:
        write_headings(("topic", "title"))
        for row in titles.items():
            write_row(row)


def _render(markdown: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(with_commands(markdown), hyperlinks=False), width=min(console.width, WIDEST))


def with_commands(markdown: str) -> str:
    """Return the Markdown with the command that shows a page in place of each link to the page."""
    return re.sub(r"\[([^]\n]+)\]\((\w[\w-]*)\.md(?:#[\w-]*)?\)", r"\1 (`charrnn manual \2`)", markdown)
