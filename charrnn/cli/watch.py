"""`charrnn watch`: the dashboard over a run that another process trains, or trained; in a pipe, its events."""

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli.console import print_message, write_line, write_pieces
from charrnn.cli.progress import JsonProgress, PlainProgress, Progress
from charrnn.cli.terminal import obstacle_here
from charrnn.errors import UsageError
from charrnn.run.events import Finished
from charrnn.run.journal import Tail
from charrnn.run.lock import last_log_line, lock_path, trainer_pid
from charrnn.run.progress import RunProgress

SAMPLE_LENGTH = 300
SAMPLE_TEMPERATURE = 0.8
SECONDS_BETWEEN_LOOKS = 0.2

RunPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="The folder of the run; default the one in runs/ that is under way.",
        show_default=False,
    ),
]
NoTui = Annotated[bool, typer.Option("--no-tui", help="Plain lines in place of the dashboard.")]
AsJson = Annotated[bool, typer.Option("--json", help="Every event as a line of JSON on stdout.")]


def watch(run: RunPath = None, no_tui: NoTui = False, as_json: AsJson = False) -> None:
    """Watch a run that is being trained, and steer it; or look at one that was."""
    from charrnn.run.folder import RunFolder

    run = run or _under_way()
    RunFolder(run).read_config()
    if no_tui or as_json or obstacle_here() is not None:
        progress = (
            JsonProgress(print_message) if as_json else PlainProgress(RunProgress(), write_line, time.monotonic)
        )
        raise typer.Exit(_follow(run, progress))
    raise typer.Exit(show_dashboard(run, owner=False))


def _under_way() -> Path:
    """The run in runs/ that is being trained, of several the latest; UsageError if there is none."""
    folder = Path("runs")
    trained = [path for path in folder.iterdir() if trainer_pid(path) is not None] if folder.is_dir() else []
    if not trained:
        raise UsageError("no run in runs/ is being trained; name one, as in: charrnn watch RUN")
    return max(trained, key=lambda path: lock_path(path).stat().st_mtime)


def _follow(run: Path, progress: Progress) -> int:
    """Show every event until nobody trains the run any more; the exit code."""
    tail, course = Tail(run), RunProgress()
    with progress:
        while True:
            trained = trainer_pid(run) is not None
            for event in tail.all():
                course.take(event)
                progress.show(event)
            if not trained:
                break
            time.sleep(SECONDS_BETWEEN_LOOKS)
    if course.finished is None:
        print_message(broken_off(run))
        return 1
    return 0


def show_dashboard(run: Path, *, owner: bool) -> int:
    """Open the dashboard, and say afterwards how things stand; the exit code.

    `owner` says that this command began the run: leaving asks what becomes of it, and its end is this command's.
    """
    from charrnn.tui.app import watch_run

    course = watch_run(run, owner=owner)
    if not owner:
        return 0
    return _how_it_stands(run, course.finished)


def _how_it_stands(run: Path, finished: Finished | None) -> int:
    path = shlex.quote(str(run))
    process = trainer_pid(run)
    if process is not None:
        print_message(
            f"training goes on as process {process}; watch it: charrnn watch {path}; end it: charrnn tell {path} stop"
        )
        return 0
    if finished is None:
        print_message(broken_off(run))
        return 1
    if finished.reason != "done":
        print_message(f"stopped and saved; go on with: charrnn train --resume {path}")
        return 130
    print_model_location(run, speak=True)
    return 0


def broken_off(run: Path) -> str:
    """What to say of a run whose process is gone without a word in the journal."""
    last = last_log_line(run) or "the process that trained it is gone"
    path = shlex.quote(str(run))
    return f"{run} was broken off ({last}); go on with: charrnn train --resume {path}"


def print_model_location(run: Path, *, speak: bool) -> None:
    """A sample of the best weights, on stdout, and where they are."""
    from charrnn.language.cloze import ClozeModel, load_model
    from charrnn.language.sampling import Sampling
    from charrnn.parallel.blas import single_threaded

    model, path = load_model(run), shlex.quote(str(run))
    go_on = f"go on: charrnn train --resume {path} --steps TOTAL"
    if isinstance(model, ClozeModel):
        print_message(f"the model is in {path}; fill a blank: charrnn fill {path} 'one ____ more'; {go_on}")
        return
    if speak:
        seed = model.config.training.seed
        with single_threaded():
            write_pieces(model.stream(length=SAMPLE_LENGTH, sampling=Sampling(SAMPLE_TEMPERATURE), seed=seed))
        if model.tokenizer.eos_id is not None:
            write_pieces(["\n"])  # the model may have ended the text before it
    print_message(f"the model is in {path}; sample it: charrnn sample {path}; {go_on}")
