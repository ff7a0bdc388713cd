"""`charrnn play`: the terminal UI over a model or, without one, over the runs and texts."""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import Ngram
from charrnn.cli.terminal import current_ui_problem
from charrnn.errors import UsageError

Model = Annotated[
    Path | None,
    typer.Argument(
        metavar="MODEL",
        help="Folder of a run.",
        show_default="a list of runs and texts",
        autocompletion=shell_completion.run_paths,
    ),
]


def play(model: Model = None, ngram: Ngram = None) -> None:
    """Open the terminal UI on a model: sampler, completion and inspector."""
    if model is None and ngram is not None:
        raise UsageError("--ngram needs a model; name one, as in: charrnn play MODEL --ngram 6")
    problem = current_ui_problem()
    if problem is not None:
        raise UsageError(f"the terminal UI cannot start: {problem.problem}; {problem.remedy}, or use charrnn sample")
    from charrnn.tui.app import play_with

    play_with(model, ngram)
