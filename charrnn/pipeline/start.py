"""Start and resume of a run: corpus → dataset → network → training → run."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from charrnn.blas import physical_cores
from charrnn.config import (
    Overrides,
    RunConfig,
    TextConfig,
    TrainingConfig,
    check_extension,
    choose_network,
    choose_training,
)
from charrnn.errors import RunError, UsageError
from charrnn.language.trained_model import read_tokenizer
from charrnn.network.network import Network
from charrnn.parallel.threads import shard_count
from charrnn.pipeline.finetune import BaseRun
from charrnn.pipeline.probes import measure_baseline
from charrnn.pipeline.run import Run, make_run
from charrnn.pipeline.run_end import with_end
from charrnn.pipeline.setup import set_up
from charrnn.pipeline.storage import RunStorage
from charrnn.run.folder import RunFolder
from charrnn.run.lock import refuse_if_trained
from charrnn.text.batches import fit_to_text
from charrnn.text.corpus import CorpusReport, read_corpus
from charrnn.text.dataset import Dataset, build_dataset, dataset_from
from charrnn.text.progress import OnProgress
from charrnn.text.split import reopen_corpus

NAME_TEXT = "name the file that holds it, as in: charrnn train TEXT --resume RUN"


def start_run(
    path: Path,
    text: TextConfig,
    overrides: Overrides,
    *,
    base_run: Path | None = None,
    stdin: BinaryIO | None = None,
    on_progress: OnProgress | None = None,
) -> Run:
    """Return a new run in a new folder, with random weights or those of `base_run`.

    `on_progress` is told the stages of the preflight. CharrnnError if the path exists, a text or the base run cannot
    be read, or an option does not fit the text.
    """
    folder = RunFolder(path)
    folder.refuse_existing()
    if base_run is not None:
        overrides.refuse_inherited()
    base = None if base_run is None else BaseRun.open(base_run)
    corpus = read_corpus(text.sources, encoding=text.encoding, stdin=stdin, on_progress=on_progress)
    text = replace(_with_report(text, corpus.report), holdout_seed=overrides.get("seed", 0))
    scratch = _existing_parent(path)
    if base is None:
        dataset, parameters = build_dataset(corpus, text, scratch=scratch, on_progress=on_progress), None
        config = _choose_config(dataset.split.config, dataset, overrides)
    else:
        text = base.text_config(text)
        dataset = build_dataset(corpus, text, base.extend_tokenizer, scratch=scratch, on_progress=on_progress)
        config = base.run_config(dataset.split.config, dataset, overrides)
        parameters = base.parameters(dataset.tokenizer)
    if "patience" in overrides and not len(dataset.validation):
        raise UsageError("`patience` needs a validation text; give a `val_fraction` above 0, or leave it out")
    training, notes = _fit_to_text(config.training, overrides, len(dataset.training))
    setup = set_up(replace(config, training=training), dataset, parameters, on_progress)
    setup = setup.with_evaluations(overrides.get("evaluate_every"))
    run = make_run(folder, setup, notes, measure_baseline(dataset, on_progress), on_progress)
    folder.create(setup.config, dataset.tokenizer.to_json(), dataset.tokenizer.model)
    return run


def resume_run(
    path: Path,
    *,
    sources: tuple[str, ...] = (),
    overrides: Overrides | None = None,
    more: int | None = None,
    more_minutes: float | None = None,
    stdin: BinaryIO | None = None,
    on_progress: OnProgress | None = None,
) -> Run:
    """Return the run in a folder, ready to continue from its last checkpoint, to the bit.

    `sources` name the text if it has moved; `overrides` may change the end (`epochs`, `steps` or `minutes`) and the
    `patience`. `more` and `more_minutes` add steps or minutes, which a new learning-rate schedule spans. CharrnnError
    if the run is being trained or damaged, or if the text has changed.
    """
    folder, overrides = RunFolder(path), overrides or Overrides()
    overrides.refuse_fixed()
    check_extension(more, more_minutes, overrides)
    config = _read_resumable(folder)
    tokenizer = read_tokenizer(folder, config)
    corpus = reopen_corpus(config.text, sources, stdin, remedy=NAME_TEXT, on_progress=on_progress)
    config = replace(config, text=replace(config.text, sources=sources or config.text.sources))
    dataset = dataset_from(corpus, tokenizer, config.text, scratch=path, on_progress=on_progress)
    setup = set_up(config, dataset, on_progress=on_progress)
    state = RunStorage(folder, setup.network.shapes()).read_checkpoint(setup.state)
    training = with_end(config.training, state, overrides, more, more_minutes)
    setup = replace(setup, config=replace(config, training=training), state=state)
    run = make_run(folder, setup, on_progress=on_progress)
    return replace(run, resumed=True)


def _read_resumable(folder: RunFolder) -> RunConfig:
    """Return the config of a run; CharrnnError if it cannot be resumed, before anything large is read or made."""
    config = folder.read_config()
    folder.refuse_irregular()
    refuse_if_trained(folder.path)
    if folder.is_model:
        raise RunError(
            f"{folder.path} is a model without the checkpoint that training would continue from; start a new run "
            f"from its weights: charrnn train TEXT --from {shlex.quote(str(folder.path))}"
        )
    folder.refuse_other_shapes(Network.from_config(config.network).shapes())
    return config


def _with_report(text: TextConfig, report: CorpusReport) -> TextConfig:
    """Return the config of a text, completed with documents, length and SHA-256 from the report."""
    documents = text.documents or ("files" if report.files > 1 else "none")
    return replace(text, documents=documents, characters=report.characters, sha256=report.sha256)


def _existing_parent(path: Path) -> Path:
    """Return the nearest existing folder above a new run, where ids that are too large for memory are written."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())


def _choose_config(text: TextConfig, dataset: Dataset, overrides: Overrides) -> RunConfig:
    tokens, tokenizer = len(dataset.training), dataset.tokenizer
    network = choose_network(overrides, tokens=tokens, vocabulary=tokenizer.vocabulary_size, bos_id=tokenizer.bos_id)
    return RunConfig(text, network, choose_training(overrides, tokens=tokens, threads=physical_cores()))


def _fit_to_text(
    training: TrainingConfig, overrides: Overrides, tokens: int
) -> tuple[TrainingConfig, tuple[str, ...]]:
    """Clamp window, batch and threads to a text of so many tokens; return a note for each value that changed.

    RunError if the user gave a batch that is too large.
    """
    if overrides.get("batch", 0) >= tokens:
        raise RunError(f"`batch` must be below the number of training tokens {tokens:,}, got {overrides['batch']}")
    T, B = fit_to_text(tokens, training.bptt, training.batch)
    notes = []
    if B != training.batch:
        notes.append(f"the text is short: the batch is {B} instead of {training.batch}")
    if T != training.bptt:
        notes.append(f"the text is short: the window is {T} tokens instead of {training.bptt}")
    threads = shard_count(training.threads, B)
    if threads < overrides.get("threads", 0):
        notes.append(f"a batch of {B} can use {threads} threads: {threads} instead of {training.threads}")
    return replace(training, bptt=T, batch=B, threads=threads), tuple(notes)
