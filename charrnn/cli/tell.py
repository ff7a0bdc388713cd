"""`charrnn tell`: send a command to a run that another process trains."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import AsJson, given_run
from charrnn.cli.console import print_message, write_json
from charrnn.errors import RunError, UsageError

if TYPE_CHECKING:
    from charrnn.run.answers import Answer
    from charrnn.run.commands import Command

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


def tell(run: Run, command: CommandName, factor: Factor = None, as_json: AsJson = False) -> None:
    """Send a command to a run that is being trained, and wait up to 5 seconds until it is carried out."""
    from charrnn.run.answers import send_and_wait
    from charrnn.run.folder import RunFolder

    RunFolder(run).read_config()
    answer = send_and_wait(run, _parse_command(run, command, factor))
    if answer.applied is None and not answer.is_trained:
        raise RunError(f"{run} has ended and takes no commands; resume it: charrnn train --resume {run}")
    if answer.applied is not None and as_json:
        write_json(answer.applied.to_json())
    else:
        print_message(_in_words(answer))


def _parse_command(run: Path, command: str, factor: float | None) -> "Command":
    """Return the command of that name; UsageError for another name, or for a factor where there should be none."""
    from charrnn.run.commands import COMMANDS, OLD_WORDS, ScaleRate

    kind = COMMANDS.get(OLD_WORDS.get(command, command))
    if kind is None:
        raise UsageError(f"COMMAND must be one of {', '.join(COMMANDS)}, got {command}")
    if kind is ScaleRate:
        if factor is None or not 0.0 < factor < float("inf"):
            raise UsageError(f"rate needs a factor above 0, as in: charrnn tell {run} rate 0.5")
        return ScaleRate(factor)
    if factor is not None:
        raise UsageError(f"{command} takes no factor; leave {factor:g} out")
    return kind()


def _in_words(answer: "Answer") -> str:
    """Return what the run has done, or when it will do it."""
    from charrnn.run.commands import Stop

    if answer.applied is None and answer.evaluating is not None:
        return f"the run is evaluating ({answer.evaluating:.0%}), and does it when the evaluation ends"
    if answer.applied is None:
        return "the run has not answered within 5 s, and does it after the present step"
    if answer.finished is not None and answer.finished.reason == "stopped":
        return f"step {answer.finished.step:,}: stopped and saved"
    if answer.finished is None and isinstance(answer.command, Stop):
        return f"step {answer.applied.step:,}: stopping; the run is being saved"
    outcome = answer.applied.outcome
    return f"step {answer.applied.step:,}: {answer.applied.command}{' done' if outcome == 'done' else f': {outcome}'}"
