"""`charrnn train`: a text in, a run folder out, and on the way what is found, chosen and learned."""

import os
import shlex
import sys
import time
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from charrnn.cli import options
from charrnn.cli.console import print_message, standard_input
from charrnn.cli.interruption import Interruption
from charrnn.cli.progress import BackgroundProgress, JsonProgress, PlainProgress, Progress, QuietProgress
from charrnn.cli.terminal import obstacle_here
from charrnn.cli.watch import print_model_location
from charrnn.config import TextConfig
from charrnn.defaults import Overrides, choose_network, choose_training
from charrnn.errors import RunError, UsageError
from charrnn.pipeline.launch import LaunchError, launch
from charrnn.run.events import Event, Finished
from charrnn.run.progress import RunProgress, duration

if TYPE_CHECKING:
    from charrnn.pipeline.start import Preflight, Run

_WISHES = frozenset(each.name for each in fields(Overrides))
_TOKENS = ("tokenizer", "vocab_size", "min_count", "pieces", "documents", "normal_form")
_TEXT = (*_TOKENS, "encoding", "val_fraction")
_SIZES = ("hidden", "layers", "embedding", "cell", "initializer", "cloze")
_ENDS = ("steps", "epochs", "minutes")


def train(
    context: typer.Context,
    corpus: options.Corpus = None,
    tokenizer: options.Tokenizer = None,
    vocab_size: options.VocabSize = None,
    min_count: options.MinCount = None,
    pieces: options.Pieces = None,
    documents: options.Documents = None,
    normal_form: options.NormalForm = None,
    encoding: options.Encoding = None,
    val_fraction: options.ValFraction = None,
    hidden: options.Hidden = None,
    layers: options.Layers = None,
    embedding: options.Embedding = None,
    dropout: options.Dropout = None,
    cell: options.Cell = None,
    initializer: options.Initializer = None,
    cloze: options.Cloze = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    minutes: options.Minutes = None,
    bptt: options.Bptt = None,
    batch: options.Batch = None,
    optimizer: options.Optimizer = None,
    lr: options.Rate = None,
    schedule: options.Schedule = None,
    clip: options.Clip = None,
    clip_by: options.ClipBy = None,
    evaluate_every: options.EvaluateEvery = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
    out: options.Out = None,
    origin: options.From = None,
    resume: options.Resume = None,
    no_tui: options.NoTui = False,
    background: options.Background = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    detached: options.Detached = False,
) -> None:
    """Train a model on a text; Ctrl-C saves it, and --resume goes on from there."""
    if background and "-" in (corpus or ()):
        raise UsageError(
            "a run without a terminal cannot read standard input; name a file, or leave --background out"
        )
    if not detached and (background or _wants_dashboard(no_tui or as_json or quiet, tuple(corpus or ()))):
        raise typer.Exit(_apart(dashboard=not background))
    said = {name: value for name, value in context.params.items() if value is not None}
    overrides = Overrides(
        **{name: value for name, value in said.items() if name in _WISHES}, body="two_sided" if cloze else None
    )
    sources = tuple(corpus or ())
    run = _resumed(resume, sources, overrides, said) if resume else _started(out, sources, overrides, said, origin)
    if run.session.is_over():
        print_message(
            f"{run.folder.path} is finished at step {run.session.state.step:,}; to go on, give it more --steps"
        )
        return
    interruption = Interruption()
    with interruption:
        if not quiet:
            print_message("\n".join(_found(run)))
        with _progress(run, as_json=as_json, quiet=quiet, detached=detached) as progress:
            finished = _follow(run.train(interruption.commands), progress, interruption)
    if finished is None or finished.reason != "done":
        print_message(f"stopped and saved; go on with: {_resume_command(run, sources)}")
        raise typer.Exit(128 + (interruption.signal or 2))
    if not quiet and not detached:
        print_model_location(run.folder.path, speak=not as_json)


def _wants_dashboard(plain: bool, sources: tuple[str, ...]) -> bool:
    """Whether to show the dashboard; on a terminal that cannot, say why not."""
    obstacle = obstacle_here()
    if plain or "-" in sources:
        return False
    if obstacle is not None and sys.stderr.isatty():
        print_message(f"plain lines in place of the dashboard, because {obstacle.problem}; {obstacle.remedy}")
    return obstacle is None


def _apart(*, dashboard: bool) -> int:
    """Train in a process of its own, with the same arguments; the exit code."""
    arguments = sys.argv[1:]
    try:
        path = launch(arguments[arguments.index("train") + 1 :], print_message)
    except LaunchError as ended:
        return ended.exit_code
    if dashboard:
        from charrnn.cli.watch import show_dashboard

        return show_dashboard(path, owner=True)
    print_message(
        f"training goes on without a terminal; watch it: charrnn watch {path}; end it: charrnn tell {path} stop"
    )
    return 0


def _started(
    out: Path | None, sources: tuple[str, ...], overrides: Overrides, said: dict[str, Any], origin: Path | None
) -> "Run":
    """A new run; whatever can be refused without reading the text is refused first."""
    text = TextConfig(sources or ("english",), **{name: said[name] for name in _TEXT if name in said})
    _refuse_what_is_of_origin(origin, said)
    choose_network(overrides, tokens=1, vocabulary=2)
    choose_training(overrides, tokens=1, threads=1)
    path = out or _free_path(text.sources)
    _refuse_unwritable(path)
    from charrnn.pipeline.start import start_run

    return start_run(path, text, overrides, origin=origin, stdin=standard_input())


def _refuse_what_is_of_origin(origin: Path | None, said: dict[str, Any]) -> None:
    """UsageError if something was said that only the run which --from names can say."""
    fixed = [name for name in (*_TOKENS, *_SIZES) if name in said]
    if origin is not None and fixed:
        name = fixed[0].replace("_", "-")
        raise UsageError(f"--{name} is that of the model which --from names; leave it out")


def _resumed(path: Path, sources: tuple[str, ...], overrides: Overrides, said: dict[str, Any]) -> "Run":
    fixed = [name for name in (*_TEXT, *sorted(_WISHES - set(_ENDS)), "cloze", "out", "origin") if name in said]
    if fixed:
        name = {"origin": "from"}.get(fixed[0], fixed[0]).replace("_", "-")
        raise UsageError(
            f"--{name} cannot change in a run that goes on with --resume; leave it out, or start a new run"
        )
    from charrnn.pipeline.start import resume_run

    return resume_run(path, sources=sources, overrides=overrides, stdin=standard_input())


def _free_path(sources: tuple[str, ...]) -> Path:
    """A folder in runs/ that does not exist yet, named after the first text."""
    first = Path("stdin" if sources[0] == "-" else sources[0])
    name = (first.name or first.resolve().name).lstrip(".").partition(".")[0]
    name = "".join(each if each.isalnum() or each in "-_ " else "-" for each in name).strip("- ") or "text"
    path, number = Path("runs") / name, 1
    while os.path.lexists(path):
        number += 1
        path = Path("runs") / f"{name}-{number}"
    if number > 1:
        print_message(f"runs/{name} exists already, so this run is {path}")
    return path


def _refuse_unwritable(path: Path) -> None:
    folder = next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
    if not folder.is_dir():
        raise RunError(f"{path} cannot be made, because {folder} is not a folder; choose another --out")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RunError(f"{path} cannot be made, because {folder} cannot be written; choose another --out")


def _found(run: "Run") -> list[str]:
    """What was found and chosen, a line each."""
    found: Preflight = run.preflight
    text, network, training = found.config.text, found.config.network, found.config.training
    behind, total = run.session.progress(), found.training_tokens + found.validation_tokens
    vectors = f"embedding {network.embedding}" if network.embedding else "one-hot"
    length = f"{training.minutes:g} minutes" if training.minutes is not None else f"{found.steps:,} steps"
    rate = f"{training.optimizer} at {training.lr:g}, {training.schedule}"
    lines = {
        "text": f"{', '.join(text.sources)}: {found.corpus}, {found.corpus.encoding}",
        "tokens": f"{total:,} ({text.tokenizer}, vocabulary {network.vocabulary:,}): {found.training_tokens:,} to "
        f"train on, {found.validation_tokens:,} for validation",
        "network": f"{network.layers} × {network.hidden} {network.cell}, {vectors}, dropout {network.dropout:g}, "
        f"{found.parameters:,} parameters",
        "training": f"{length} of {training.batch} × {training.bptt} tokens, {rate}, threads {training.threads}",
        "speed": f"{found.characters_per_second:,.0f} characters/s, so about "
        f"{duration(found.seconds * (1.0 - behind))} and the evaluations",
        "run": f"{run.folder.path}{f', from step {run.session.state.step:,}' if run.resumed else ''}",
    }
    if found.baseline is not None:
        order, loss = found.baseline
        lines["to beat"] = f"{order}-gram, {loss.nats_per_character:.4f} nats a character of the validation text"
    notes = [f"{'note':<10}{note}" for note in found.notes]
    return [*(f"{name:<10}{line}" for name, line in lines.items()), *notes]


def _progress(run: "Run", *, as_json: bool, quiet: bool, detached: bool) -> Progress:
    if detached:
        return BackgroundProgress(run.folder.path, print_message)
    if as_json:
        return JsonProgress(print_message)
    return QuietProgress(print_message) if quiet else PlainProgress(RunProgress(), print_message, time.monotonic)


def _follow(events: Iterable[Event], progress: Progress, interruption: Interruption) -> Finished | None:
    """Show every event. If nobody can be shown anything any more, let the run save and end, and raise only then."""
    finished, fault = None, None
    for event in events:
        finished = event if isinstance(event, Finished) else None
        try:
            if fault is None:
                progress.show(event)
        except OSError as error:
            fault = error
            interruption.stop()
    if fault is not None:
        raise fault
    return finished


def _resume_command(run: "Run", sources: tuple[str, ...]) -> str:
    sources = sources if run.resumed else ("-",) if run.preflight.config.text.sources == ("-",) else ()
    return shlex.join(["charrnn", "train", *sources, "--resume", str(run.folder.path)])
