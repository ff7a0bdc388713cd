"""Parameters of `charrnn train`: one per row of the table of options, and those that tell what to do with the run."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import given_run
from charrnn.cli.option_names import FLAGS, with_options
from charrnn.config import EXTENSIONS, OPTIONS, Overrides, Row

_RUN = "Run"


def with_table(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with a parameter per row of the table in place of its parameter `overrides`."""

    @functools.wraps(command)
    def parsed(**values: Any) -> None:
        texts = {name: value for name, value in values.items() if name in OPTIONS and value is not None}
        overrides = {
            name: OPTIONS[name].parse(text) if isinstance(text, str) else text for name, text in texts.items()
        }
        others = {name: value for name, value in values.items() if name not in OPTIONS}
        command(**others, overrides=Overrides(**overrides))

    signature = inspect.signature(command)
    others = [parameter for name, parameter in signature.parameters.items() if name != "overrides"]
    parsed.__signature__ = signature.replace(parameters=[*map(_parameter, OPTIONS.values()), *others])  # type: ignore[attr-defined]
    return parsed


def parse_extension(**texts: str | None) -> dict[str, Any]:
    """Return the steps or minutes to add, by name; UsageError for a text that is no number."""
    return {name: EXTENSIONS[name].parse(name, text) for name, text in texts.items() if text is not None}


def _parameter(row: Row) -> inspect.Parameter:
    """Return the parameter of a row, which Typer leaves as text: the row parses it."""
    option = typer.Option(
        FLAGS[row.name],
        metavar=None if row.is_flag else row.field.check.metavar,
        help=with_options(f"{row.help}."),
        show_default=with_options(row.default),
        autocompletion=(lambda: list(row.choices)) if row.choices else None,
        rich_help_panel=row.panel,
    )
    kind = bool if row.is_flag else str
    return inspect.Parameter(
        row.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Annotated[kind | None, option]
    )


Corpus: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CORPUS",
        help="Files, folders, patterns, - for stdin, or names that `charrnn corpora` lists.",
        show_default="english",
        autocompletion=shell_completion.corpus_names,
    ),
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Folder of the new run.",
        show_default="a new folder in runs/, named after the text",
        rich_help_panel=_RUN,
    ),
]
BaseRun: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="RUN",
        help="Fine-tune: start from the weights of this run; tokens that it lacks are added.",
        show_default="random weights",
        callback=given_run,
        autocompletion=shell_completion.run_names,
        rich_help_panel=_RUN,
    ),
]
Resume: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Resume this run from its last checkpoint; name CORPUS only if its text has moved.",
        show_default="a new run",
        callback=given_run,
        autocompletion=shell_completion.run_names,
        rich_help_panel=_RUN,
    ),
]
More: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar=EXTENSIONS["more"].metavar,
        help="With --resume: train so many steps more, with a new learning-rate schedule "
        f"({EXTENSIONS['more'].limits}).",
        show_default="none",
        rich_help_panel=_RUN,
    ),
]
MoreMinutes: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar=EXTENSIONS["more_minutes"].metavar,
        help="With --resume: train so many minutes more, with a new learning-rate schedule "
        f"({EXTENSIONS['more_minutes'].limits}).",
        show_default="none",
        rich_help_panel=_RUN,
    ),
]
NoTui: TypeAlias = Annotated[
    bool, typer.Option("--no-tui", help="Print progress as lines in place of the dashboard.", rich_help_panel=_RUN)
]
Background: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--background",
        help="Train without a terminal, and return when training has begun; see charrnn watch and charrnn tell.",
        rich_help_panel=_RUN,
    ),
]
Detached: TypeAlias = Annotated[bool, typer.Option("--detached", hidden=True)]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per event.", rich_help_panel=_RUN)
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", help="Print only problems.", rich_help_panel=_RUN)]
