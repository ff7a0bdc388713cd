"""`charrnn play`: the terminal UI over a model: sampler, completion, inspector; without one, the runs there are."""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli.arguments import Ngram
from charrnn.cli.terminal import obstacle_here
from charrnn.errors import UsageError

Model = Annotated[
    Path | None,
    typer.Argument(
        metavar="MODEL", help="The folder of a run; default a list of runs and texts.", show_default=False
    ),
]


def play(model: Model = None, ngram: Ngram = None) -> None:
    """Play with a model: sample it character by character, let it complete words, look at its neurons."""
    if model is None and ngram is not None:
        raise UsageError("--ngram is for a model; name one")
    obstacle = obstacle_here()
    if obstacle is not None:
        why = f"the terminal UI cannot start: {obstacle.problem}"
        raise UsageError(f"{why}; {obstacle.remedy}, or use charrnn sample")
    from charrnn.tui.app import play_with

    play_with(model, ngram)
