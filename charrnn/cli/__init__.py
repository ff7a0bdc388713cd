"""The command line: one file a command, and the one place where an error becomes a line and an exit code.

Data goes to stdout, messages go to stderr. Commands import what they need inside their functions, so that
`--help` stays quick.
"""

import contextlib
import errno
import io
import os
import sys
from typing import Annotated, Any, NoReturn, TextIO

import typer
from typer.core import TyperGroup

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
    play,
    rescore,
    runs,
    sample,
    score,
    tell,
    train,
    watch,
)
from charrnn.cli.console import print_message
from charrnn.errors import CharrnnError


class _Commands(TyperGroup):
    """Hands on a reader that has gone away as what it is, which Typer would call a failure."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _hush()
            raise typer.Exit(_READER_GONE) from None


_READER_GONE = 141
"""The exit code of a program that SIGPIPE ended."""

app = typer.Typer(
    name="charrnn",
    cls=_Commands,
    help="Train a character-level RNN on a text, watch it learn, and play with what it learned.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train.train)
app.command("eval")(evaluate.evaluate)
app.command()(sample.sample)
app.command()(complete.complete)
app.command()(fill.fill)
app.command()(score.score)
app.command()(rescore.rescore)
app.command()(play.play)
app.command()(watch.watch)
app.command()(tell.tell)
app.command()(inspect.inspect)
app.command()(runs.runs)
app.add_typer(corpora.app, name="corpora")
app.command()(lab.lab)
app.command()(bench.bench)
app.command()(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"charrnn {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options that stand before the command; `main` reads --debug itself, since it must outlive the parser."""


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    _steady_streams()
    sys.exit(_run(debug="--debug" in sys.argv[1:2]))


def _steady_streams() -> None:
    """Streams that are closed are as if they led nowhere, and a character that stdout cannot encode is escaped."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False)


def _run(*, debug: bool) -> int:
    try:
        try:
            app()
        except SystemExit as stop:
            sys.stdout.flush()
            return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        sys.stdout.flush()
        return 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _hush()
        return _READER_GONE
    except (CharrnnError, MemoryError, OSError) as error:
        if debug:
            raise
        return _fail(error)


def _fail(error: CharrnnError | MemoryError | OSError) -> int:
    """Say in one line what went wrong and what to do; the exit code."""
    with contextlib.suppress(OSError):
        print_message(f"charrnn: {_remedied(error)}")
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        return error.exit_code if isinstance(error, CharrnnError) else 1
    _hush()
    return 1


def _remedied(error: CharrnnError | MemoryError | OSError) -> str:
    if isinstance(error, CharrnnError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; try a smaller --hidden, --batch or --bptt"
    name = f"{error.filename}: " if error.filename else ""
    remedy = "; free some space, then try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{name}{error.strerror or error}{remedy}"


def _hush() -> None:
    """Let what is left in the buffers go nowhere: there is nobody to read it, as behind `head`."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
