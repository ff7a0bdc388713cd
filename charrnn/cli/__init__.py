"""The command line: one file a command, and the one place where an error becomes a line and an exit code.

Data goes to stdout, messages go to stderr. Commands import what they need inside their functions, so that
`--help` stays quick.
"""

import errno
import os
import sys
from typing import Annotated, NoReturn

import typer

from charrnn import __version__
from charrnn.cli import corpora
from charrnn.errors import CharrnnError

app = typer.Typer(
    name="charrnn",
    help="Train a character-level RNN on a text, watch it learn, and play with what it learned.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(corpora.app, name="corpora")


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
    sys.exit(_run(debug="--debug" in sys.argv[1:2]))


def _run(*, debug: bool) -> int:
    try:
        app()
    except SystemExit as stop:
        return _flush(stop.code if isinstance(stop.code, int) else int(stop.code is not None))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _hush()
    except CharrnnError as error:
        if debug:
            raise
        return _say(str(error), error.exit_code)
    except MemoryError:
        if debug:
            raise
        return _say("there is not enough memory for this; try a smaller --hidden, --batch or --bptt", 1)
    except OSError as error:
        if debug:
            raise
        return _say(_os_error(error), 1)
    return _flush(0)


def _os_error(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    remedy = "; free some space, then go on with --resume" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{name}{error.strerror or error}{remedy}"


def _say(message: str, exit_code: int) -> int:
    try:
        print(f"charrnn: {message}", file=sys.stderr)  # noqa: T201  (the one place that prints an error)
    except OSError:
        return exit_code
    return exit_code


def _flush(exit_code: int) -> int:
    """Flush stdout here, where a reader that has gone away can still be handled."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _hush()
    return exit_code


def _hush() -> int:
    """The reader of our output has gone, as `head` does: end without a word, as a program killed by SIGPIPE would."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141
