"""Runs: the one place that wires text, network, engine, session and folder together."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from charrnn.blas import has_small_matrix_kernel, physical_cores, single_threaded
from charrnn.config import (
    ENDS,
    Overrides,
    RunConfig,
    TextConfig,
    TrainingConfig,
    choose_network,
    choose_training,
    evaluation_interval,
    finetuning_defaults,
)
from charrnn.errors import RunError
from charrnn.evaluation.baselines import Loss
from charrnn.language.model import read_tokenizer
from charrnn.network.arrays import Parameters, Workspace
from charrnn.network.network import Network
from charrnn.network.two_sided import ClozeNetwork, network_of
from charrnn.parallel.threads import shard_count, threaded
from charrnn.pipeline.finetune import BaseRun, evaluator_of_origin
from charrnn.pipeline.probes import baseline, evaluator, prober, speaker
from charrnn.run.commands import Command, Mailbox
from charrnn.run.events import BaselineMeasured, Event, Started
from charrnn.run.folder import RunFolder
from charrnn.run.journal import append_event, open_journal
from charrnn.run.lock import RunLock, refuse_if_trained
from charrnn.text.batches import Windows, fit_to_text
from charrnn.text.corpus import Corpus, CorpusReport, read_corpus
from charrnn.text.dataset import Dataset, build_dataset, dataset_from
from charrnn.training.optimizers import OPTIMIZERS, fresh_moments
from charrnn.training.session import Session
from charrnn.training.trainer import Trainer, TrainingState

SECONDS_OF_REST = 0.05
"""How long a paused run waits before it listens again."""
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Preflight:
    """What was found and chosen before training: for people to read before they wait."""

    corpus: CorpusReport
    config: RunConfig
    parameters: int
    training_tokens: int
    validation_tokens: int
    steps: int
    characters_per_second: float
    seconds: float
    notes: tuple[str, ...]
    baseline: tuple[int, Loss] | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """A run that is ready to train, new or resumed."""

    folder: RunFolder
    preflight: Preflight
    session: Session
    resumed: bool

    def train(self, commands: Callable[[], Iterable[Command]] = tuple) -> Iterator[Event]:
        """Train to the end; every event is in the journal before it is handed on.

        It does what `commands` says between two steps, and what others `tell` the run. RunError if another process
        trains it already, or if it diverges.
        """
        claim = RunLock(self.folder.path)
        try:
            mailbox = Mailbox(self.folder.path)
            self.session.commands = lambda: (*commands(), *mailbox.read())
            if self.resumed:  # another process may have gone on with it until it let go of the claim
                self.session.go_on_from(self.folder.read_last(self.session.state))
            yield from self._journaled()
        finally:
            claim.release()

    def _journaled(self) -> Iterator[Event]:
        found = self.preflight
        started = Started(
            self.session.state.step,
            self.session.state.time,
            resumed=self.resumed,
            parameters=found.parameters,
            training_tokens=found.training_tokens,
            validation_tokens=found.validation_tokens,
            characters_per_second=found.characters_per_second,
            steps=found.steps,
            minutes=found.config.training.minutes,
            best=self.session.state.best,
        )
        first: list[Event] = [started]
        if found.baseline is not None and not self.resumed:
            order, loss = found.baseline
            first.append(BaselineMeasured(0, 0.0, order, loss.nats_per_character, loss.bits_per_character))
        self.folder.write_config(found.config)  # whose end may be another now
        with open_journal(self.folder.path) as journal, single_threaded():
            for event in itertools.chain(first, self.session.run()):
                append_event(journal, event)
                yield event


def start_run(
    path: Path, text: TextConfig, overrides: Overrides, *, origin: Path | None = None, stdin: BinaryIO | None = None
) -> Run:
    """A new run in a new folder, from fresh weights or those of `origin`; a CharrnnError if it cannot be."""
    folder = RunFolder(path)
    folder.refuse_existing()
    if origin is not None:
        overrides.refuse_inherited()
    before = None if origin is None else BaseRun.open(origin)
    corpus = read_corpus(text.sources, encoding=text.encoding, stdin=stdin)
    documents = text.documents or ("files" if corpus.report.files > 1 else "none")
    text = replace(text, documents=documents, characters=corpus.report.characters, sha256=corpus.report.sha256)
    text = text if before is None else before.text_config(text)
    dataset = build_dataset(corpus, text, None if before is None else before.grown, scratch=_nearest_folder(path))
    tokens, tokenizer = len(dataset.training), dataset.tokenizer
    if before is None:
        network = choose_network(
            overrides, tokens=tokens, vocabulary=tokenizer.vocabulary_size, bos_id=tokenizer.bos_id
        )
        training = choose_training(overrides, tokens=tokens, threads=physical_cores())
    else:
        network = before.network_config(overrides, tokenizer)
        training = finetuning_defaults(overrides, tokens=tokens, threads=physical_cores())
    training, notes = _fitted(training, overrides, tokens)
    materials = Materials(corpus, dataset, RunConfig(text, network, training), notes, overrides.get("evaluate_every"))
    run = _assemble(folder, materials, None if before is None else before.weights(tokenizer))
    run = replace(run, preflight=replace(run.preflight, baseline=baseline(dataset)))
    folder.create(run.preflight.config, tokenizer.to_json(), tokenizer.model)
    return run


def resume_run(
    path: Path, *, sources: tuple[str, ...] = (), overrides: Overrides | None = None, stdin: BinaryIO | None = None
) -> Run:
    """The run in a folder, ready to go on from its last checkpoint, to the bit.

    `sources` name the text anew if it has moved; `overrides` may set another end (steps, epochs or
    minutes). RunError if the text is not the one that the run began with.
    """
    folder, overrides = RunFolder(path), overrides or Overrides()
    overrides.refuse_fixed()
    config = folder.read_config()
    refuse_if_trained(path)
    folder.refuse_other_sizes(network_of(config.network))
    tokenizer = read_tokenizer(folder, config)
    config = replace(config, training=_with_another_end(config.training, overrides))
    if not sources and config.text.sources == (STANDARD_INPUT,):
        raise RunError(f"the text of {path} came from standard input; give it again: charrnn train - --resume {path}")
    sources = sources or config.text.sources
    config = replace(config, text=replace(config.text, sources=sources))
    corpus = read_corpus(sources, encoding=config.text.encoding, stdin=stdin)
    if corpus.report.sha256 != config.text.sha256:
        raise RunError(f"the text is not the one that {path} began with; name that one, or start a new run")
    dataset = dataset_from(corpus, tokenizer, val_fraction=config.text.val_fraction, scratch=path)
    run = _assemble(folder, Materials(corpus, dataset, config, (), config.training.evaluate_every))
    run.session.go_on_from(folder.read_last(run.session.state))
    return replace(run, resumed=True)


@dataclass(frozen=True, eq=False)
class Materials:
    """What a run is made of: its text, what was chosen, what to note, and the steps between evaluations if said."""

    corpus: Corpus
    dataset: Dataset
    config: RunConfig
    notes: tuple[str, ...]
    evaluate_every: int | None


def _nearest_folder(path: Path) -> Path:
    """The folder of the run, or the nearest above it that exists: ids too large for memory go to its disk."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())


def _fitted(training: TrainingConfig, overrides: Overrides, tokens: int) -> tuple[TrainingConfig, tuple[str, ...]]:
    """A window, a batch and threads that the text can fill, and what was said by nobody but had to change."""
    if overrides.get("batch", 0) >= tokens:
        raise RunError(
            f"`batch` {overrides['batch']} is more than the {tokens:,} tokens there are to train on; lower it"
        )
    T, B = fit_to_text(tokens, training.bptt, training.batch)
    notes = []
    if B != training.batch:
        notes.append(f"the text is short: the batch is {B} instead of {training.batch}")
    if T != training.bptt:
        notes.append(f"the text is short: windows of {T} instead of {training.bptt}")
    return replace(training, bptt=T, batch=B, threads=shard_count(training.threads, B)), tuple(notes)


def _with_another_end(training: TrainingConfig, overrides: Overrides) -> TrainingConfig:
    ends = {name: overrides.get(name) for name in ENDS}
    return replace(training, **ends) if any(end is not None for end in ends.values()) else training  # type: ignore[arg-type]


def _assemble(folder: RunFolder, materials: Materials, weights: Parameters | None = None) -> Run:
    """Everything but the files: network, engine, windows, first state, measured speed, session."""
    dataset, config = materials.dataset, materials.config
    training, network, panels = config.training, network_of(config.network), has_small_matrix_kernel()
    windows = Windows(
        dataset.training, training.bptt, training.batch, training.seed, dataset.tokenizer.unk_id, dataset.rare()
    )
    engine = threaded(network, training.threads, lambda: Workspace(panels=panels))
    trainer = Trainer(windows, engine, OPTIMIZERS[training.optimizer], training.clip, training.clip_by)
    state = _first_state(network, trainer, training, weights)
    with single_threaded():
        seconds_per_step = _measure(trainer, state)
    steps = _steps(training, windows, seconds_per_step)
    window_tokens, held_out = training.bptt * training.batch, len(dataset.validation)
    interval = materials.evaluate_every or evaluation_interval(
        steps, window_tokens=window_tokens, validation_tokens=held_out
    )
    config = replace(config, training=replace(training, evaluate_every=interval))
    beside, notes = None, materials.notes
    if config.text.base_run is not None:
        found = evaluator_of_origin(config.text, config.network, dataset.tokenizer, training.threads, panels)
        beside, notes = (None, (*notes, found)) if isinstance(found, str) else (found, notes)
    characters = dataset.training_characters / len(dataset.training)  # of the text, a token
    session = Session(
        config=config.training,
        trainer=trainer,
        state=state,
        total_steps=None if training.minutes is not None else steps,
        evaluate=evaluator(network, dataset, training.threads, panels) if held_out else None,
        sample=speaker(network, dataset, training.seed),
        probe=prober(network, windows),
        save_best=folder.write_model,
        read_best=lambda: folder.read_model(network),
        save_last=folder.write_last,
        clock=time.perf_counter,
        rest=lambda: time.sleep(SECONDS_OF_REST),
        characters_per_token=characters,
        evaluate_before=beside,
    )
    preflight = Preflight(
        corpus=materials.corpus.report,
        config=config,
        parameters=network.parameter_count(),
        training_tokens=len(dataset.training),
        validation_tokens=held_out,
        steps=steps,
        characters_per_second=window_tokens * characters / seconds_per_step,
        seconds=steps * seconds_per_step,
        notes=notes,
    )
    return Run(folder, preflight, session, resumed=False)


def _first_state(
    network: Network | ClozeNetwork, trainer: Trainer[Windows], training: TrainingConfig, weights: Parameters | None
) -> TrainingState:
    rng = np.random.default_rng(training.seed)
    parameters = network.initialize(rng) if weights is None else weights
    moments = fresh_moments(trainer.optimizer, parameters)
    return TrainingState(parameters, moments, network.start(training.batch), rng)


def _steps(training: TrainingConfig, windows: Windows, seconds_per_step: float) -> int:
    """How many steps the run has; with --minutes, about how many it will have at the speed measured."""
    if training.steps is not None:
        return training.steps
    if training.epochs is not None:
        return max(1, round(training.epochs * windows.per_epoch))
    assert training.minutes is not None
    return max(1, round(60.0 * training.minutes / seconds_per_step))


def _measure(trainer: Trainer[Windows], state: TrainingState) -> float:
    """Seconds a step takes: the median of a few on a copy of the state, which stays as it is."""
    durations: list[float] = []
    trial, began = state.copy(), time.perf_counter()
    while len(durations) < 4 or (len(durations) < 20 and time.perf_counter() - began < 0.5):
        before = time.perf_counter()
        trainer.step(trial, 0.0)
        durations.append(time.perf_counter() - before)
    return float(np.median(durations[1:]))
