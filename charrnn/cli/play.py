"""`charrnn play`: the terminal UI over a model or, without one, over the runs and texts."""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import LATEST, Ngram, given_run, use_latest_run
from charrnn.cli.progress_line import ProgressLine
from charrnn.cli.terminal import current_ui_problem
from charrnn.errors import UsageError

Model = Annotated[
    Path | None,
    typer.Argument(
        metavar="MODEL",
        help="A run: its folder, or its name in runs/.",
        show_default="a list of runs and texts; with --ngram, " + LATEST,
        callback=given_run,
        autocompletion=shell_completion.run_names,
    ),
]


def play(model: Model = None, ngram: Ngram = None) -> None:
    """Open the terminal UI on a model: sampler, completion and inspector."""
    problem = current_ui_problem()
    if problem is not None:
        raise UsageError(f"the terminal UI cannot start: {problem.problem}; {problem.remedy}, or use charrnn sample")
    from charrnn.tui.app import play_with
    from charrnn.tui.open_model import OpenModel

    if model is None and ngram is None:
        play_with(None)
        return
    with ProgressLine() as on_progress:
        opened = OpenModel.open(model or use_latest_run(), ngram, on_progress)
    play_with(opened)
