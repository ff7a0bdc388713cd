"""`charrnn train`: reads a text, prints what it found and chose, and trains a model in the folder of a run."""

import shlex
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from charrnn.cli import options
from charrnn.cli.console import counted, print_message, standard_input
from charrnn.cli.progress import BackgroundProgress, JsonProgress, PlainProgress, Progress, QuietProgress
from charrnn.cli.progress_line import ProgressLine
from charrnn.cli.terminal import current_ui_problem
from charrnn.cli.watch import how_to_control, print_model_location
from charrnn.config import Overrides
from charrnn.errors import UsageError
from charrnn.pipeline.interruption import Interruption
from charrnn.pipeline.launch import LaunchError, ProgressSender, launch
from charrnn.pipeline.plan import default_path, plan_run
from charrnn.run.events import Event, Finished
from charrnn.run.progress import RunProgress, duration

if TYPE_CHECKING:
    from charrnn.pipeline.run import Preflight, Run
    from charrnn.text.progress import OnProgress

LABEL_WIDTH = 10
STOPPING = b"\ncharrnn: stopping as soon as the run is saved\n"


@options.with_table
def train(
    overrides: Overrides,
    corpus: options.Corpus = None,
    out: options.Out = None,
    base_run: options.BaseRun = None,
    resume: options.Resume = None,
    more: options.More = None,
    more_minutes: options.MoreMinutes = None,
    no_tui: options.NoTui = False,
    background: options.Background = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    detached: options.Detached = False,
) -> None:
    """Train a model on a text. Ctrl-C saves the run, and --resume continues it."""
    sources = tuple(corpus or ())
    if background and "-" in sources:
        raise UsageError("`background` cannot read standard input; name a file, or leave it out")
    extension = options.parse_extension(more=more, more_minutes=more_minutes)
    if extension and resume is None:
        raise UsageError(f"`{next(iter(extension))}` needs `resume`; for a new run, give `steps` or `minutes`")
    if not detached and (background or _wants_dashboard(no_tui or as_json or quiet, sources)):
        raise typer.Exit(_train_detached(dashboard=not background, quiet=quiet))
    with ProgressLine(enabled=not quiet) as line:
        on_progress = ProgressSender() if detached else line
        if resume is None:
            run = _new_run(out, sources, overrides, base_run, on_progress)
        else:
            run = _resumed_run(resume, sources, overrides, extension, out, base_run, on_progress)
    if run.is_over():
        step = run.session.state.step
        print_message(f"{run.folder.path} is finished at step {step:,}; to train it further, add --more STEPS")
        return
    with Interruption(message=STOPPING) as interruption:
        if not quiet:
            print_message("\n".join(_preflight_lines(run)))
        with _progress(run, as_json=as_json, quiet=quiet, detached=detached) as progress:
            finished = _follow(run.train(interruption.commands), progress, interruption)
    if finished is None or finished.reason != "done":
        print_message(f"stopped and saved; resume with: {_resume_command(run, sources)}")
        raise typer.Exit(128 + (interruption.signal or 2))
    if not quiet and not detached:
        print_model_location(run.folder.path, sample=not as_json)


def _wants_dashboard(plain: bool, sources: tuple[str, ...]) -> bool:
    """Return True if the dashboard is to be shown; on a terminal that cannot show it, print the reason."""
    problem = current_ui_problem()
    if plain or "-" in sources:
        return False
    if problem is not None and sys.stderr.isatty():
        print_message(f"no dashboard, because {problem.problem}; {problem.remedy}")
    return problem is None


def _train_detached(*, dashboard: bool, quiet: bool) -> int:
    """Train in another process with the same arguments, and return the exit code."""
    arguments = sys.argv[1:]
    try:
        with ProgressLine(enabled=not quiet) as line:
            path = launch(arguments[arguments.index("train") + 1 :], line.print_message, line)
    except LaunchError as error:
        return error.exit_code
    if dashboard:
        from charrnn.cli.watch import show_dashboard

        return show_dashboard(path, owner=True)
    print_message(f"training in the background; {how_to_control(path)}")
    return 0


def _new_run(
    out: Path | None,
    sources: tuple[str, ...],
    overrides: Overrides,
    base_run: Path | None,
    on_progress: "OnProgress",
) -> "Run":
    """Return a new run in a new folder."""
    text, path = plan_run(sources, overrides, out)
    if out is None and path != (taken := default_path(text.sources)):
        print_message(f"{taken} exists already, so this run is {path}")
    from charrnn.pipeline.start import start_run

    return start_run(path, text, overrides, base_run=base_run, stdin=standard_input(), on_progress=on_progress)


def _resumed_run(
    path: Path,
    sources: tuple[str, ...],
    overrides: Overrides,
    extension: Mapping[str, Any],
    out: Path | None,
    base_run: Path | None,
    on_progress: "OnProgress",
) -> "Run":
    """Return the run in a folder, with the end that the overrides give it, if they do."""
    for name, given in (("out", out), ("base_run", base_run)):
        if given is not None:
            raise UsageError(f"`{name}` cannot be given with `resume`; leave it out")
    from charrnn.pipeline.start import resume_run

    return resume_run(
        path, sources=sources, overrides=overrides, **extension, stdin=standard_input(), on_progress=on_progress
    )


def _preflight_lines(run: "Run") -> list[str]:
    """Return what was found in the text and chosen for it, one labeled line each."""
    preflight: Preflight = run.preflight
    text, network, training = preflight.config.text, preflight.config.network, preflight.config.training
    tokens = preflight.training_tokens + preflight.validation_tokens
    remaining = duration(preflight.seconds * (1.0 - run.session.progress()))
    vectors = f"embedding {network.embedding}" if network.embedding else "one-hot"
    minutes = training.minutes
    length = counted(preflight.steps, "step") if minutes is None else f"{minutes:g} minute{'s' * (minutes != 1)}"
    threads = counted(training.threads, "thread")
    drawn = f" ({text.split_description})" if text.split_description else ""
    decay = f", weight decay {training.weight_decay:g}" if training.weight_decay else ""
    lines = {
        "text": f"{', '.join(text.sources)}: {preflight.corpus}, {preflight.corpus.encoding}",
        "tokens": f"{tokens:,} ({text.tokenizer}, vocabulary {network.vocabulary:,}): "
        f"{preflight.training_tokens:,} for training, {preflight.validation_tokens:,} for validation{drawn}",
        "network": f"{network.layers} × {network.hidden} {network.cell}, {vectors}, dropout {network.dropout:g}, "
        f"{preflight.parameters:,} parameters",
        "training": f"{length} of {training.batch} × {training.bptt} tokens, {training.optimizer} at learning rate "
        f"{training.lr:g}, {training.schedule} schedule{decay}, {threads}",
        "speed": f"{preflight.characters_per_second:,.0f} characters/s, about {remaining} without the evaluations",
        "run": f"{run.folder.path}{f', from step {run.session.state.step:,}' if run.resumed else ''}",
    }
    if preflight.baseline is not None:
        lines["baseline"] = str(preflight.baseline)
    labeled = [*lines.items(), *(("note", note) for note in preflight.notes)]
    return [f"{label:<{LABEL_WIDTH}}{line}" for label, line in labeled]


def _progress(run: "Run", *, as_json: bool, quiet: bool, detached: bool) -> Progress:
    if detached:
        return BackgroundProgress(run.folder.path, print_message)
    if as_json:
        return JsonProgress(print_message)
    return QuietProgress(print_message) if quiet else PlainProgress(RunProgress(), print_message, time.monotonic)


def _follow(events: Iterable[Event], progress: Progress, interruption: Interruption) -> Finished | None:
    """Show every event, and return the last one if the run has finished.

    If an event cannot be shown, the run is stopped and saved first, and OSError is raised then.
    """
    finished, error = None, None
    for event in events:
        finished = event if isinstance(event, Finished) else None
        try:
            if error is None:
                progress.show(event)
        except OSError as cause:
            error = cause
            interruption.stop()
    if error is not None:
        raise error
    return finished


def _resume_command(run: "Run", sources: tuple[str, ...]) -> str:
    sources = sources if run.resumed else ("-",) if run.preflight.config.text.sources == ("-",) else ()
    return shlex.join(["charrnn", "train", *sources, "--resume", str(run.folder.path)])
