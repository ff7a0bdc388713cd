"""`charrnn watch`: the dashboard of a run that another process trains or trained; in a pipe, its events."""

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import given_run, json_lines, use_latest_run
from charrnn.cli.console import print_message, write_line, write_pieces
from charrnn.cli.progress import JsonProgress, PlainProgress, Progress
from charrnn.cli.terminal import current_ui_problem
from charrnn.errors import RunError
from charrnn.run.journal import Tail
from charrnn.run.lock import last_log_line, lock_path, trainer_pid
from charrnn.run.names import RUNS, runs_in
from charrnn.run.progress import RunProgress
from charrnn.run.status import Status, run_status

SAMPLE_LENGTH = 300
SAMPLE_TEMPERATURE = 0.8
SECONDS_BETWEEN_READS = 0.2

RunPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="A run: its folder, or its name in runs/.",
        show_default="the run in runs/ that is being trained, or that changed last",
        callback=given_run,
        autocompletion=shell_completion.run_names,
    ),
]
NoTui = Annotated[bool, typer.Option("--no-tui", help="Print plain lines in place of the dashboard.")]
AsJson = Annotated[bool, json_lines("event")]


def watch(run: RunPath = None, no_tui: NoTui = False, as_json: AsJson = False) -> None:
    """Show the dashboard of a run that is being trained or was trained, and control the training from it."""
    from charrnn.run.folder import RunFolder

    run = run or _training_run() or use_latest_run()
    RunFolder(run).read_config()
    if RunFolder(run).is_model:
        raise RunError(f"{run} is a model without its journal, so that there is nothing to watch; see charrnn sample")
    if as_json:
        raise typer.Exit(_follow(run, JsonProgress(print_message)))
    if no_tui or current_ui_problem() is not None:
        raise typer.Exit(_follow(run, PlainProgress(RunProgress(), write_line, time.monotonic)))
    raise typer.Exit(show_dashboard(run, owner=False))


def _training_run() -> Path | None:
    """Return the run in runs/ whose training began last, of those that are being trained, and print its path."""
    training = [path for path in runs_in(RUNS) if trainer_pid(path) is not None]
    run = max(training, key=lambda path: lock_path(path).stat().st_mtime, default=None)
    if run is not None:
        print_message(f"using {run}")
    return run


def _follow(run: Path, progress: Progress) -> int:
    """Show every event until no process trains the run; return the exit code."""
    tail, run_progress = Tail(run), RunProgress()
    with progress:
        while True:
            training = trainer_pid(run) is not None
            for event in tail.read_all():
                run_progress.update(event)
                progress.show(event)
            if not training:
                break
            time.sleep(SECONDS_BETWEEN_READS)
    if run_status(run_progress, trained=False) is Status.INTERRUPTED:
        print_message(interrupted_message(run))
        return 1
    return 0


def show_dashboard(run: Path, *, owner: bool) -> int:
    """Show the dashboard, then the outcome of the run; return the exit code.

    `owner` is True in the command that started the run: it asks what to do with the run when the user leaves, and
    its exit code is that of the run.
    """
    from charrnn.tui.app import watch_run

    progress = watch_run(run, owner=owner)
    return _print_outcome(run, progress) if owner else 0


def _print_outcome(run: Path, progress: RunProgress) -> int:
    path, process = shlex.quote(str(run)), trainer_pid(run)
    match run_status(progress, trained=process is not None):
        case Status.FINISHED:
            print_model_location(run, sample=True)
            return 0
        case Status.STOPPED:
            print_message(f"stopped and saved; resume with: charrnn train --resume {path}")
            return 130
        case Status.INTERRUPTED:
            print_message(interrupted_message(run))
            return 1
    print_message(f"training continues as process {process}; {how_to_control(run)}")
    return 0


def how_to_control(run: Path) -> str:
    """Return the commands that watch and end a run without a terminal."""
    path = shlex.quote(str(run))
    return f"watch it: charrnn watch {path}; end it: charrnn tell {path} stop"


def interrupted_message(run: Path) -> str:
    """Return the message about a run whose process ended without an event."""
    reason = last_log_line(run) or "the process that trained it is gone"
    return f"{run} was interrupted ({reason}); resume with: charrnn train --resume {shlex.quote(str(run))}"


def print_model_location(run: Path, *, sample: bool) -> None:
    """Write a sample from the best weights to stdout, if wanted, and print where the model is."""
    from charrnn.blas import single_threaded
    from charrnn.language.cloze import ClozeModel
    from charrnn.language.model import LanguageModel
    from charrnn.language.sampling import Sampling
    from charrnn.run.folder import RunFolder

    path, config = shlex.quote(str(run)), RunFolder(run).read_config()
    resume = f"train it further: charrnn train --resume {path} --more STEPS"
    if config.network.body == ClozeModel.body:
        print_message(f"the model is in {path}; fill a blank: charrnn fill {path} 'one ____ more'; {resume}")
        return
    if sample:
        model, sampling = LanguageModel.load(run), Sampling(SAMPLE_TEMPERATURE)
        with single_threaded():
            pieces = model.stream(length=SAMPLE_LENGTH, sampling=sampling, seed=config.training.seed)
            write_pieces(pieces, newline=True)
    print_message(f"the model is in {path}; sample it: charrnn sample {path}; {resume}")
