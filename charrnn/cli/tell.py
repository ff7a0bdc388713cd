"""`charrnn tell`: steer a run that another process trains, between two of its steps."""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.errors import UsageError

_EXPLAINED = {
    "pause": "wait after this step",
    "go-on": "end the pause",
    "evaluate": "read the validation text now",
    "sample": "let the model speak now",
    "save": "write a checkpoint now",
    "rate": "multiply the learning rate by FACTOR",
    "back": "take the best weights back",
    "stop": "save and end",
}
_COMMANDS = "; ".join(f"{name}: {what}" for name, what in _EXPLAINED.items())

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of the run.", show_default=False)]
What = Annotated[str, typer.Argument(metavar="COMMAND", help=f"{_COMMANDS}.", show_default=False)]
Factor = Annotated[float | None, typer.Argument(metavar="FACTOR", help="Only for rate.", show_default=False)]


def tell(run: Run, command: What, factor: Factor = None) -> None:
    """Steer a run that is being trained: pause, evaluate, sample, save, another learning rate, back, stop."""
    from charrnn.run.events import COMMANDS, ScaleRate
    from charrnn.run.folder import RunFolder
    from charrnn.run.lock import tell

    RunFolder(run).read_config()
    kind = COMMANDS.get(command)
    if kind is None:
        raise UsageError(f"a run does not understand {command!r}; say one of {', '.join(COMMANDS)}")
    if kind is ScaleRate:
        if factor is None or not 0.0 < factor < float("inf"):
            raise UsageError(f"rate needs a factor above 0, as in: charrnn tell {run} rate 0.5")
        tell(run, ScaleRate(factor))
    elif factor is not None:
        raise UsageError(f"{command} takes no factor; leave {factor:g} out")
    else:
        tell(run, kind())
