"""`charrnn tell`: send a command to a run that another process trains."""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import given_run
from charrnn.errors import UsageError

EFFECTS = {
    "pause": "wait after this step",
    "resume": "end the pause",
    "evaluate": "evaluate on the validation text now",
    "sample": "generate a sample now",
    "save": "write a checkpoint now",
    "rate": "multiply the learning rate by FACTOR",
    "restore-best": "restore the weights with the lowest validation loss",
    "stop": "save and end",
}
"""The effect of each command, for --help and shell completion."""

Run = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        help="A run: its folder, or its name in runs/.",
        show_default=False,
        callback=given_run,
        autocompletion=shell_completion.run_names,
    ),
]
CommandName = Annotated[
    str,
    typer.Argument(
        metavar="COMMAND",
        help="; ".join(f"{name}: {effect}" for name, effect in EFFECTS.items()) + ".",
        show_default=False,
        autocompletion=lambda: list(EFFECTS.items()),
    ),
]
Factor = Annotated[
    float | None, typer.Argument(metavar="FACTOR", help="Factor of the command rate (above 0).", show_default=False)
]


def tell(run: Run, command: CommandName, factor: Factor = None) -> None:
    """Send a command to a run that is being trained; the run carries it out between two steps."""
    from charrnn.run.commands import COMMANDS, OLD_WORDS, ScaleRate, send_command
    from charrnn.run.folder import RunFolder

    RunFolder(run).read_config()
    kind = COMMANDS.get(OLD_WORDS.get(command, command))
    if kind is None:
        raise UsageError(f"COMMAND must be one of {', '.join(COMMANDS)}, got {command}")
    if kind is ScaleRate:
        if factor is None or not 0.0 < factor < float("inf"):
            raise UsageError(f"rate needs a factor above 0, as in: charrnn tell {run} rate 0.5")
        send_command(run, ScaleRate(factor))
    elif factor is not None:
        raise UsageError(f"{command} takes no factor; leave {factor:g} out")
    else:
        send_command(run, kind())
