"""`charrnn tell`: send a command to a run that another process trains."""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.errors import UsageError

_EXPLAINED = {
    "pause": "wait after this step",
    "resume": "end the pause",
    "evaluate": "evaluate on the validation text now",
    "sample": "show a sample now",
    "save": "write a checkpoint now",
    "rate": "multiply the learning rate by FACTOR",
    "restore-best": "restore the best weights",
    "stop": "save and end",
}
_COMMANDS = "; ".join(f"{name}: {what}" for name, what in _EXPLAINED.items())

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of the run.", show_default=False)]
What = Annotated[str, typer.Argument(metavar="COMMAND", help=f"{_COMMANDS}.", show_default=False)]
Factor = Annotated[float | None, typer.Argument(metavar="FACTOR", help="Only for rate.", show_default=False)]


def tell(run: Run, command: What, factor: Factor = None) -> None:
    """Send a command to a run that is being trained; it carries the command out between two steps."""
    from charrnn.run.commands import COMMANDS, OLD_WORDS, ScaleRate, send_command
    from charrnn.run.folder import RunFolder

    RunFolder(run).read_config()
    kind = COMMANDS.get(OLD_WORDS.get(command, command))
    if kind is None:
        raise UsageError(f"{command!r} is not a command; choose one of {', '.join(COMMANDS)}")
    if kind is ScaleRate:
        if factor is None or not 0.0 < factor < float("inf"):
            raise UsageError(f"rate needs a factor above 0, as in: charrnn tell {run} rate 0.5")
        send_command(run, ScaleRate(factor))
    elif factor is not None:
        raise UsageError(f"{command} takes no factor; leave {factor:g} out")
    else:
        send_command(run, kind())
