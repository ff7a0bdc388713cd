"""The language model of a run, and the n-gram model of the same training text."""

import itertools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.errors import UsageError
from charrnn.language.ngrams import HIGHEST_ORDER, NgramPredictor, Ngrams
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.language.text_model import TextModel
from charrnn.language.trained_model import TrainedModel
from charrnn.network.arrays import Array, Ids
from charrnn.network.gradient_flow import GradientFlow, gradient_flow
from charrnn.text.corpus import Corpus
from charrnn.text.dataset import Dataset, dataset_of_run
from charrnn.text.encoded import EncodedText
from charrnn.text.progress import COMPARING, COUNTING, OnProgress, of_stage
from charrnn.text.tokenizers import Tokenizer, initial_id, never_sampled

LARGEST_ORDER = 32
SAMPLE_LENGTH, SAMPLE_TEMPERATURE = 200, 0.8
"""Tokens of a training sample, and their temperature."""


@dataclass(frozen=True, eq=False, repr=False)
class LanguageModel(TrainedModel, TextModel):
    """A trained network that predicts the next token, with its tokenizer.

    In the examples, `run` is the folder of a model that was trained on one sentence.

    >>> model = LanguageModel.load(run)
    >>> model.sample("the old ", length=4, temperature=0.0)
    'lamp'
    >>> model.complete("the old lamp at the end of the q", n=1)[0].word
    'quay'
    >>> model.tokenizer.decode([model.next("the old lam").argmax()])
    'p'
    >>> len(model.log_probabilities("the old lamp"))
    12
    >>> round(model.evaluate("the old lamp").bits_per_character, 1) < 1.0
    True
    >>> model.ngrams(order=6).sample("the old ", length=4, temperature=0.0)
    'lamp'
    """

    body: ClassVar[str] = "stack"
    wrong_body: ClassVar[str] = "{run} fills blanks and cannot continue a text; use charrnn fill {run} TEXT"

    def predictor(self) -> RnnPredictor:
        return RnnPredictor(self.network, self.parameters, self.name)

    def ngrams(
        self, order: int = 0, corpus: Corpus | None = None, on_progress: OnProgress | None = None
    ) -> "NgramModel":
        """Return the n-gram model of the run's training text; order 0 chooses the best order on its validation text.

        `corpus` is the text of the run if it is open already; without it, the text is read again. TextError if the
        text has moved or changed; UsageError if the order is not from 0 to 32.
        """
        if not 0 <= order <= LARGEST_ORDER:
            raise UsageError(f"the n-gram order must be from 1 to {LARGEST_ORDER}, or 0 for the best, got {order}")
        dataset = dataset_of_run(self.config.text, self.tokenizer, corpus, on_progress)
        ngrams = Ngrams.count(
            dataset.training,
            self.tokenizer.vocabulary_size,
            order or HIGHEST_ORDER,
            self.tokenizer.bos_id,
            of_stage(on_progress, COUNTING),
        )
        if order == 0:
            text, on_share = dataset.validation_text(), of_stage(on_progress, COMPARING)
            order = ngrams.best_order(text, on_share) if len(text.ids) else ngrams.order
        return NgramModel(ngrams, min(order, ngrams.order), self.tokenizer, len(dataset.training))

    def training_sample(self, dataset: Dataset, rng: np.random.Generator) -> str:
        del dataset
        tokenizer = self.tokenizer
        prompt, never = np.array([initial_id(tokenizer)]), never_sampled(tokenizer)
        tokens = sample_tokens(self.predictor(), prompt, Sampling(SAMPLE_TEMPERATURE), rng, never=never)
        sample = itertools.islice(tokens, SAMPLE_LENGTH)
        return tokenizer.decode(list(itertools.takewhile(lambda token: token != tokenizer.eos_id, sample)))

    def gradient_flow(self, inputs: Ids, targets: Ids, state: Array) -> GradientFlow:
        return gradient_flow(self.network, self.parameters, inputs, targets, state)


@dataclass(frozen=True, eq=False)
class NgramModel(TextModel):
    """An n-gram model of the given order, with the tokenizer of its text, which has `training_tokens` tokens."""

    ngrams: Ngrams
    order: int
    tokenizer: Tokenizer
    training_tokens: int = 0

    @property
    def limits(self) -> str | None:
        """What was left out of the text for lack of memory, as a clause; None if nothing was."""
        return self.ngrams.limits(self.training_tokens)

    def __repr__(self) -> str:
        return f"NgramModel(order={self.order}, {self.tokenizer.kind} vocabulary {self.tokenizer.vocabulary_size:,})"

    def predictor(self) -> NgramPredictor:
        return self.ngrams.predictor(self.order)

    def token_log_probabilities(self, text: EncodedText, *, in_segments: bool = False, threads: int = 1) -> Array:
        del in_segments, threads  # a table needs no state
        log_p: Array = np.zeros(len(text.ids))
        for places, block in self.ngrams.blocks(text):
            log_p[places] = block[self.order - 1]
        return log_p
