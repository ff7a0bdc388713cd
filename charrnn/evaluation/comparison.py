"""Comparison: one text, read by a model in several ways and by what it has to beat → losses for one table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from charrnn.evaluation.baselines import Loss, mixed, xz_loss
from charrnn.evaluation.dynamic import dynamic_log_probabilities
from charrnn.language.cloze import ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.network.arrays import Array, Ids
from charrnn.run.evaluation import Evaluation
from charrnn.text.chunks import head
from charrnn.text.corpus import Corpus
from charrnn.text.dataset import dataset_from
from charrnn.text.encoded import encode_corpus
from charrnn.text.normal_form import normalized_chunks
from charrnn.text.split import training_text
from charrnn.text.tokenizers import initial_id

AnyModel: TypeAlias = LanguageModel | ClozeModel

LARGEST_FOR_XZ = 64 << 20
"""Characters of a text that xz is given at most."""


@dataclass(frozen=True, eq=False)
class Task:
    """A text as one tokenizer cuts it: ids (N,) after the token `before`, and how many original characters it has.

    `unknown` is how many ids stand for characters that are not known; `first` gives the text's first characters in
    the normal form of the tokenizer.
    """

    ids: Ids
    before: int
    characters: int
    unknown: int
    first: Callable[[int], str]


def whole_text(model: AnyModel, corpus: Corpus) -> Task:
    """A text from its beginning."""
    encoded, before = encode_corpus(corpus, model.tokenizer), initial_id(model.tokenizer)
    first = lambda largest: head(normalized_chunks(corpus.chunks(), model.tokenizer.normal_form), largest)  # noqa: E731
    return Task(encoded.ids, before, encoded.characters, encoded.unknown, first)


def held_out(model: AnyModel, corpus: Corpus) -> Task:
    """What a run held out of its text, read on from the last token that was trained on; maybe nothing."""
    text = model.config.text
    dataset = dataset_from(corpus, model.tokenizer, val_fraction=text.val_fraction)
    return Task(
        dataset.validation,
        int(dataset.training[-1]),
        dataset.validation_characters,
        dataset.validation_unknown,
        lambda largest: head(dataset.split.validation(), largest),
    )


def read(model: AnyModel, task: Task, *, threads: int, panels: bool) -> Evaluation:
    """How well a model predicts the text."""
    return model.evaluate(
        task.ids,
        before=task.before,
        characters=task.characters,
        unknown=task.unknown,
        threads=threads,
        panels=panels,
    )


def other_ways(
    model: LanguageModel, task: Task, *, baselines: bool, mix: bool, dynamic: bool, threads: int
) -> Iterator[Loss]:
    """What n-grams and xz make of the text, what the model does whose weights follow it, and what mixtures do."""
    ways: dict[str, Array] = {}
    if dynamic:
        ways["dynamic"] = dynamic_log_probabilities(model.network, model.parameters, task.ids, task.before)
        yield _loss("dynamic", ways["dynamic"], task)
    if not (baselines or mix):
        return
    ngram = model.ngrams()
    by_order = ngram.ngrams.log_probabilities(task.ids, task.before)
    if baselines:
        yield from (_loss(f"{order}-gram", logp, task) for order, logp in enumerate(by_order, 1))
        if max(task.characters, model.config.text.characters) <= LARGEST_FOR_XZ:
            training = training_text(model.config.text, LARGEST_FOR_XZ)
            yield xz_loss(training, task.first(LARGEST_FOR_XZ), task.characters)
    if mix:
        ways = {"model": model.token_log_probabilities(task.ids, task.before, threads=threads)} | ways
        for name, logp in ways.items():
            both, weight = mixed(logp, by_order[ngram.order - 1])
            yield _loss(f"{weight:.2f} {name} + {1 - weight:.2f} {ngram.order}-gram", both, task)


def _loss(name: str, logp: Array, task: Task) -> Loss:
    return Loss.of(name, -float(logp.sum(dtype=np.float64)), task.characters)
