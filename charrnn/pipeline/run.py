"""A run that is ready to train: its session, its folder, and the preflight that is reported before training."""

import itertools
import shlex
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from charrnn.blas import single_threaded
from charrnn.config import RunConfig
from charrnn.errors import CharrnnError
from charrnn.evaluation.baselines import Baseline
from charrnn.pipeline.finetune import base_evaluation_probe
from charrnn.pipeline.probes import evaluation_probe, flow_probe, sample_probe
from charrnn.pipeline.setup import Setup
from charrnn.pipeline.storage import RunStorage
from charrnn.run.commands import Command, Mailbox
from charrnn.run.events import BaselineMeasured, Event, Started
from charrnn.run.files import unwritable
from charrnn.run.folder import RunFolder
from charrnn.run.journal import append_event, closing_journal, read_milestones
from charrnn.run.lock import RunLock
from charrnn.run.progress import RunProgress
from charrnn.text.corpus import CorpusReport
from charrnn.text.progress import OnProgress
from charrnn.training.interfaces import Probes
from charrnn.training.loop import train
from charrnn.training.session import Session


@dataclass(frozen=True)
class Preflight:
    """Facts and choices to report before training: sizes, estimated length and speed, and notes for the user.

    `seconds` is the estimated time of all steps. `baseline` is the best n-gram model.
    """

    corpus: CorpusReport
    config: RunConfig
    parameters: int
    training_tokens: int
    validation_tokens: int
    steps: int
    characters_per_second: float
    seconds: float
    notes: tuple[str, ...]
    baseline: Baseline | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """A new or resumed run that is ready to train."""

    folder: RunFolder
    preflight: Preflight
    session: Session
    storage: RunStorage
    resumed: bool = False

    def is_over(self) -> bool:
        """Return True if a resumed run has nothing left to do, the last evaluation included."""
        if not self.session.is_over():
            return False
        finished = RunProgress.of(read_milestones(self.folder.path)).finished
        return finished is not None and finished.reason == "done"

    def train(self, read_commands: Callable[[], Iterable[Command]] = tuple) -> Iterator[Event]:
        """Train to the end of the run; each event is in the journal before it is yielded.

        Between two steps, the run applies the commands that `read_commands` returns and those in its mailbox.
        RunError if another process trains it, or if it diverges.
        """
        lock = RunLock(self.folder.path)
        try:
            with _explained_errors(self.folder.path, lock):
                self.folder.prepare()
                mailbox = Mailbox(self.folder.path)
                if self.resumed:  # another process may have trained the run since `resume_run` read its checkpoint
                    self.session.state = self.storage.read_checkpoint(self.session.state)
                self.session.resume_from(self.session.state)  # which starts its stopwatch
                self.folder.write_config(self.preflight.config)  # the options that end a resumed run may have changed
                yield from self._train_journaled(lambda: _read_all(lock, mailbox, read_commands))
        finally:
            lock.release()

    def _train_journaled(self, read_commands: Callable[[], Iterable[Command]]) -> Iterator[Event]:
        with closing_journal(self.folder.path) as journal, single_threaded():
            for event in itertools.chain(self._first_events(), train(self.session, read_commands)):
                append_event(journal, event)
                yield event

    def _first_events(self) -> Iterator[Event]:
        preflight, state = self.preflight, self.session.state
        yield Started(
            state.step,
            state.time,
            resumed=self.resumed,
            parameters=preflight.parameters,
            training_tokens=preflight.training_tokens,
            validation_tokens=preflight.validation_tokens,
            characters_per_second=preflight.characters_per_second,
            steps=preflight.steps,
            minutes=preflight.config.training.minutes,
            best=state.best_loss,
        )
        if preflight.baseline is not None and not self.resumed:
            yield _baseline_measured(preflight.baseline)


def _baseline_measured(baseline: Baseline) -> BaselineMeasured:
    """Return the event of a baseline."""
    return BaselineMeasured(
        0,
        0.0,
        baseline.order,
        baseline.loss.nats_per_character,
        baseline.loss.bits_per_character,
        tokens=baseline.counted_tokens,
        training_tokens=baseline.training_tokens,
        measured_tokens=baseline.measured_tokens,
        validation_tokens=baseline.validation_tokens,
    )


def _read_all(lock: RunLock, mailbox: Mailbox, read_commands: Callable[[], Iterable[Command]]) -> tuple[Command, ...]:
    """Return the commands that have arrived; RunError if the folder is gone, which training would notice late."""
    lock.refuse_if_gone()
    return *read_commands(), *mailbox.read()


@contextmanager
def _explained_errors(run: Path, lock: RunLock) -> Iterator[None]:
    """Raise RunError in place of an OSError, and in place of any error if the folder of the run is gone."""
    try:
        yield
    except (OSError, CharrnnError) as error:
        lock.refuse_if_gone()
        if not isinstance(error, OSError):
            raise
        resume = f"charrnn train --resume {shlex.quote(str(run))}"
        raise unwritable(run, error, f", then resume the run from its last checkpoint: {resume}") from error


def make_run(
    folder: RunFolder,
    setup: Setup,
    notes: tuple[str, ...] = (),
    baseline: Baseline | None = None,
    on_progress: OnProgress | None = None,
) -> Run:
    """Return the run of a setup, before its training."""
    config, storage = setup.config, RunStorage(folder, setup.network.shapes())
    probes, probe_notes = _make_probes(setup, on_progress)
    session = Session(
        config=config.training,
        trainer=setup.trainer,
        state=setup.state,
        total_steps=None if config.training.minutes is not None else setup.steps,
        probes=probes,
        storage=storage,
        clock=time.perf_counter,
        characters_per_token=setup.characters_per_token,
        validation_tokens=len(setup.dataset.validation),
    )
    preflight = Preflight(
        corpus=setup.dataset.split.corpus.report,
        config=config,
        parameters=setup.network.parameter_count(),
        training_tokens=len(setup.dataset.training),
        validation_tokens=len(setup.dataset.validation),
        steps=setup.steps,
        characters_per_second=setup.window_tokens * setup.characters_per_token / setup.seconds_per_step,
        seconds=setup.steps * setup.seconds_per_step,
        notes=notes + probe_notes,
        baseline=baseline,
    )
    return Run(folder, preflight, session, storage)


def _make_probes(setup: Setup, on_progress: OnProgress | None) -> tuple[Probes, tuple[str, ...]]:
    """Return the probes of a run, and a note if the text of its base run cannot be evaluated."""
    config, dataset = setup.config, setup.dataset
    evaluate_base, notes = None, tuple[str, ...]()
    if config.text.base_run is not None:
        try:
            evaluate_base = base_evaluation_probe(config, dataset.tokenizer, on_progress)
        except CharrnnError as error:
            notes = (f"the validation text of {config.text.base_run} is not evaluated: {error}",)
    probes = Probes(
        evaluate=evaluation_probe(config, dataset) if len(dataset.validation) else None,
        evaluate_base=evaluate_base,
        sample=sample_probe(config, dataset),
        gradient_flow=flow_probe(config, dataset.tokenizer, setup.trainer.windows),
    )
    return probes, notes
