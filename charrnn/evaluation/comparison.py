"""Comparison: losses of a model, its baselines, and their mixtures on one text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.evaluation.baselines import Loss, xz_loss
from charrnn.evaluation.dynamic import dynamic_log_probabilities
from charrnn.evaluation.mixture import mixed
from charrnn.language.model import LanguageModel
from charrnn.language.trained_model import TrainedModel
from charrnn.network.arrays import Array
from charrnn.text.chunks import head
from charrnn.text.corpus import Corpus
from charrnn.text.dataset import dataset_from
from charrnn.text.encoded import EncodedText, encode_corpus
from charrnn.text.normal_form import normalized_chunks
from charrnn.text.progress import COMPARING, OnProgress, of_stage
from charrnn.text.split import training_text

EVALUATING = "evaluating"
"""Name of the stage that reads a text with a network."""

XZ_LIMIT = 64 << 20
"""Characters of a text up to which xz is run."""


@dataclass(frozen=True, eq=False)
class ComparedText:
    """A text, encoded by the tokenizer of a model. `head(n)` returns its first n characters, in the normal form.

    `run_corpus` is the whole text of the run that it is the validation part of, if it is that.
    """

    encoded: EncodedText
    head: Callable[[int], str]
    run_corpus: Corpus | None = None


def whole_text(model: TrainedModel, corpus: Corpus, on_progress: OnProgress | None = None) -> ComparedText:
    """Return the whole text of a corpus."""
    normal_form = model.tokenizer.normal_form
    return ComparedText(
        encode_corpus(corpus, model.tokenizer, on_progress=on_progress),
        lambda n: head(normalized_chunks(corpus.chunks(), normal_form), n),
    )


def held_out(model: TrainedModel, corpus: Corpus, on_progress: OnProgress | None = None) -> ComparedText:
    """Return the validation part of a run's text, which follows the last training token; it may be empty."""
    dataset = dataset_from(corpus, model.tokenizer, model.config.text, on_progress=on_progress)
    return ComparedText(dataset.validation_text(), lambda n: head(dataset.split.validation(), n), corpus)


def comparison_losses(
    model: LanguageModel,
    text: ComparedText,
    *,
    baselines: bool,
    mix: bool,
    dynamic: bool,
    threads: int,
    on_progress: OnProgress | None = None,
) -> Iterator[Loss]:
    """Yield the losses of dynamic evaluation, of n-gram models and xz, and of mixtures, each if requested."""
    encoded, by_name = text.encoded, dict[str, Array]()
    if dynamic:
        on_share = of_stage(on_progress, "dynamic evaluation")
        by_name["dynamic"] = dynamic_log_probabilities(
            model.network, model.parameters, encoded, on_share=on_share, name=model.name
        )
        yield Loss.of_text("dynamic", by_name["dynamic"], encoded)
    if not (baselines or mix):
        return
    ngram = model.ngrams(corpus=text.run_corpus, on_progress=on_progress)
    log_p_ngram, nats = np.zeros(len(encoded.ids)), np.zeros(ngram.ngrams.order)
    for places, block in ngram.ngrams.blocks(encoded):
        log_p_ngram[places] = block[ngram.order - 1]
        nats -= block.sum(axis=1)
        if on_progress is not None:
            on_progress(COMPARING, places.stop / len(encoded.ids))
    if baselines:
        for order, total in enumerate(nats.tolist(), 1):
            yield Loss.of(ngram.ngrams.name(order, ngram.training_tokens), total, encoded.characters)
        if max(encoded.characters, model.config.text.characters) <= XZ_LIMIT:
            training = training_text(model.config.text, XZ_LIMIT, text.run_corpus, on_progress)
            on_share = of_stage(on_progress, "xz")
            yield xz_loss(training, text.head(XZ_LIMIT), encoded.characters, on_share)
    if mix:
        on_share = of_stage(on_progress, EVALUATING)
        log_p_model = model.token_log_probabilities(encoded, in_segments=True, threads=threads, on_share=on_share)
        for name, log_p in ({"model": log_p_model} | by_name).items():
            mixture, weight = mixed(log_p, log_p_ngram, of_stage(on_progress, "mixing"))
            label = f"{weight:.2f} {name} + {1 - weight:.2f} {ngram.order}-gram"
            yield Loss.of_text(label, mixture, encoded)
