"""Errors → one line on stderr and an exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 no reader."""

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from charrnn.cli.console import print_message
from charrnn.cli.option_names import FLAGS, with_options
from charrnn.errors import CharrnnError
from charrnn.text.escape import visible_line

INTERRUPTED = 130
"""The exit code of a program that SIGINT ended."""
NO_READER = 141
"""The exit code of a program that SIGPIPE ended."""


class CommandGroup(TyperGroup):
    """A group of commands that keeps Typer from handling the errors which `exit_code` handles."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command. Options take the place of parameter names in an error, which the core raises."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # Typer would exit with code 1
            discard_output()
            raise typer.Exit(NO_READER) from None
        except CharrnnError as error:
            command = self.commands.get(ctx.invoked_subcommand or "")
            parameters = command.params if command else []
            options = FLAGS | {parameter.name: parameter.opts[-1] for parameter in parameters}
            error.args = (with_options(str(error), options),)
            raise


def exit_code(run: Callable[[], object], *, debug: bool) -> int:
    """Run the application and return the exit code; report an error on stderr, or raise it with `debug`."""
    try:
        code = run()
        sys.stdout.flush()
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # rich, which prints the help, exits with code 1
            return NO_READER
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return NO_READER
    except typer.TyperException as error:
        return _report(usage_message(error), error.exit_code)
    except (CharrnnError, MemoryError, OSError) as error:
        if debug:
            raise
        return _report(error_message(error), error.exit_code if isinstance(error, CharrnnError) else 1)
    return code if isinstance(code, int) else 0


def _report(message: str, code: int) -> int:
    """Print a message as one line and return the code, or 1 if stdout cannot be written."""
    with contextlib.suppress(OSError):
        print_message(f"charrnn: {visible_line(message)}")
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        return code
    discard_output()
    return 1


def usage_message(error: typer.TyperException) -> str:
    """Return Typer's description of wrong usage as one sentence with a remedy."""
    if (message := _number_message(error)) is not None:
        return message
    message = " ".join(error.format_message().split()).rstrip(".")
    message = message[:1].lower() + message[1:]
    if "did you mean" in message.lower():
        return message.replace(". Did you mean", "; did you mean")
    possibilities = getattr(error, "possibilities", None)
    if possibilities:
        return f"{message.partition(' (')[0]}; did you mean {' or '.join(sorted(possibilities))}?"
    return f"{message}; see {_command(error)} --help"


def _number_message(error: typer.TyperException) -> str | None:
    """Return the message about a value that is no number, worded as in `charrnn.config.checks`; None for others."""
    parameter, cause = getattr(error, "param", None), error.__cause__
    if parameter is None or not isinstance(cause, ValueError):
        return None
    kind = "a whole number" if "integer" in str(error) else "a number"
    name = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar
    values = [fault["input"] for fault in getattr(cause, "errors", list)()]
    return f"{name} must be {kind}" + (f", got {values[0]!s:.40}" if values else f"; see {_command(error)} --help")


def _command(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return "charrnn" if context is None else str(context.command_path)


def error_message(error: CharrnnError | MemoryError | OSError) -> str:
    """Return the message of an error with its remedy."""
    if isinstance(error, CharrnnError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; try a smaller --hidden, --batch or --bptt"
    name = f"{error.filename}: " if error.filename else ""
    remedy = "; free some space, then try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{name}{error.strerror or error}{remedy}"


def discard_output() -> None:
    """Redirect stdout and stderr to the null device, since nothing reads what their buffers still hold."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(null, stream.fileno())
