"""The command line: one file per command. Data goes to stdout, messages go to stderr.

The functions of the commands import what they need, so that `--help` stays quick.
"""

import contextlib
import io
import os
import sys
from functools import partial
from typing import Annotated, NoReturn, TextIO

import typer

from charrnn import __version__
from charrnn.cli import (
    bench,
    complete,
    corpora,
    doctor,
    evaluate,
    fill,
    inspect,
    lab,
    manual,
    play,
    rescore,
    runs,
    sample,
    score,
    tell,
    train,
    watch,
)
from charrnn.cli.errors import INTERRUPTED, CommandGroup, exit_code

TRAINING, MODELS, SYSTEM = "Training", "Models", "Experiments, system and manual"

app = typer.Typer(
    name="charrnn",
    cls=CommandGroup,
    help="Train a character-level RNN on a text, watch it learn, and sample, score and inspect the model.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(rich_help_panel=TRAINING)(train.train)
app.command(rich_help_panel=TRAINING)(watch.watch)
app.command(rich_help_panel=TRAINING)(tell.tell)
app.command(rich_help_panel=TRAINING)(runs.runs)
app.add_typer(corpora.app, name="corpora", rich_help_panel=TRAINING)
app.command(rich_help_panel=MODELS)(play.play)
app.command(rich_help_panel=MODELS)(sample.sample)
app.command(rich_help_panel=MODELS)(complete.complete)
app.command(rich_help_panel=MODELS)(fill.fill)
app.command(rich_help_panel=MODELS)(score.score)
app.command(rich_help_panel=MODELS)(rescore.rescore)
app.command("eval", rich_help_panel=MODELS)(evaluate.evaluate)
app.command(rich_help_panel=MODELS)(inspect.inspect)
app.command(rich_help_panel=SYSTEM)(lab.lab)
app.command(rich_help_panel=SYSTEM)(bench.bench)
app.command(rich_help_panel=SYSTEM)(doctor.doctor)
app.command(rich_help_panel=SYSTEM)(manual.manual)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"charrnn {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")] = False,
) -> None:
    """Accept the options that precede the command, and print the help without one; `main` reads --debug."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> NoReturn:
    """Run the command line and exit; `charrnn.cli.errors` lists the exit codes."""
    _prepare_streams()
    code = exit_code(partial(app, prog_name="charrnn", standalone_mode=False), debug="--debug" in sys.argv[1:2])
    if code == INTERRUPTED:
        _exit_at_once(code)
    sys.exit(code)


def _exit_at_once(code: int) -> NoReturn:
    """Exit without waiting for threads that compute, such as one that learns subwords."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def _prepare_streams() -> None:
    """Replace closed streams by the null device, and have stdout escape characters that its encoding lacks."""
    sys.stdout = sys.stdout or _null_stream()
    sys.stderr = sys.stderr or _null_stream()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _null_stream() -> TextIO:
    return open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False)
