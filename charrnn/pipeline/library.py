"""The functions of the library, `train` and `load`, with the same options and defaults as the commands."""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from charrnn.config import Overrides
from charrnn.errors import UsageError
from charrnn.language.cloze import ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.language.registry import load_model
from charrnn.pipeline.interruption import Interruption
from charrnn.pipeline.plan import plan_run
from charrnn.pipeline.run import Run
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Event, Finished
from charrnn.run.names import resolve_run


@dataclass(frozen=True)
class TrainedRun:
    """A run after its training. `finished` is its last event; `best_loss` is None if it was not evaluated."""

    path: Path
    finished: Finished

    @property
    def best_loss(self) -> float | None:
        """Best validation loss in nats per character, or None."""
        return self.finished.best_nats_per_character

    @cached_property
    def model(self) -> LanguageModel | ClozeModel:
        """The model with the best weights of the run."""
        return load_model(self.path)

    def __repr__(self) -> str:
        loss = "" if self.best_loss is None else f", best {self.best_loss:.4f} nats per character"
        return f"TrainedRun({str(self.path)!r}, step {self.finished.step:,}{loss})"


def train(
    corpus: str | Path | Sequence[str | Path] = (),
    *,
    out: str | Path | None = None,
    base_run: str | Path | None = None,
    resume: str | Path | None = None,
    more: int | None = None,
    more_minutes: float | None = None,
    on_event: Callable[[Event], object] | None = None,
    **options: Any,
) -> TrainedRun:
    """Train a model on a text, as `charrnn train` does, and return the finished run.

    `corpus` names one text or several: files, folders, patterns, or built-in texts; by default `english`. `out` is
    the folder of the new run, by default runs/NAME; `base_run` is a run to fine-tune. `resume` is a run to continue,
    with `more` steps or `more_minutes` if it is finished. `on_event` is called with every event. `options` are those
    of `charrnn train`, with underscores, and have the same defaults; `charrnn.config.OPTIONS` lists them.

    UsageError for an invalid option, TextError for a text that cannot be read, RunError for a run that cannot be made
    or continued. KeyboardInterrupt saves the run before it is raised.
    """
    names = (corpus,) if isinstance(corpus, str | Path) else tuple(corpus)
    sources, overrides = tuple(str(name) for name in names), Overrides(**options)
    if resume is None:
        if more is not None or more_minutes is not None:
            raise UsageError("`more` and `more_minutes` need `resume`; for a new run, give `steps` or `minutes`")
        run = _new_run(sources, overrides, out, base_run)
    elif out is None and base_run is None:
        path = resolve_run(resume)
        run = resume_run(path, sources=sources, overrides=overrides, more=more, more_minutes=more_minutes)
    else:
        raise UsageError("`resume` continues a run in its folder; leave `out` and `base_run` out")
    return TrainedRun(run.folder.path, _train(run, on_event))


def load(path: str | Path) -> LanguageModel | ClozeModel:
    """Load the best weights of a run, given by its path or its name in runs/.

    UsageError if there is no such run; ModelError if it has no weights, or is damaged.
    """
    return load_model(resolve_run(path))


def _new_run(
    sources: tuple[str, ...], overrides: Overrides, out: str | Path | None, base_run: str | Path | None
) -> Run:
    text, path = plan_run(sources, overrides, None if out is None else Path(out))
    return start_run(path, text, overrides, base_run=None if base_run is None else resolve_run(base_run))


def _train(run: Run, on_event: Callable[[Event], object] | None) -> Finished:
    """Train a run to its end; after an interrupt, raise KeyboardInterrupt once the run is saved."""
    finished = Finished(run.session.state.step, run.session.state.time, "done", run.session.state.best_loss)
    if run.is_over():
        return finished
    in_main_thread = threading.current_thread() is threading.main_thread()
    with Interruption((signal.SIGINT,) if in_main_thread else ()) as interruption:
        for event in run.train(interruption.commands):
            if on_event is not None:
                on_event(event)
            if isinstance(event, Finished):
                finished = event
    if interruption.signal is not None:
        raise KeyboardInterrupt
    return finished
