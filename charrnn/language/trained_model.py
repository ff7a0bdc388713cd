"""The trained model: configuration, network, weights and tokenizer, as a run folder holds them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, TypeVar

import numpy as np

from charrnn.config import RunConfig
from charrnn.errors import ModelError
from charrnn.language.log_probabilities import all_segments, read_batches, sample_segments, token_log_probabilities
from charrnn.language.predictor import not_finite
from charrnn.network.arrays import Array, Ids, Parameters
from charrnn.network.gradient_flow import GradientFlow
from charrnn.network.network import Network, count_targets
from charrnn.run.evaluation import Evaluation
from charrnn.run.folder import RunFolder
from charrnn.text.dataset import Dataset
from charrnn.text.encoded import EncodedText, count_unknown, encode_text
from charrnn.text.progress import OnShare
from charrnn.text.tokenizers import Tokenizer, tokenizer_from_json

R = TypeVar("R")


def read_tokenizer(folder: RunFolder, config: RunConfig) -> Tokenizer:
    """Read the tokenizer of a run; ModelError if it is damaged, or does not fit the network."""
    tokenizer = tokenizer_from_json(folder.read_tokenizer(), folder.read_tokenizer_model)
    if (tokenizer.vocabulary_size, tokenizer.bos_id) != (config.network.vocabulary, config.network.bos_id):
        raise ModelError(
            f"{folder.path}: tokenizer.json has {tokenizer.vocabulary_size} tokens (<s> is {tokenizer.bos_id}), the "
            f"network {config.network.vocabulary} (<s> is {config.network.bos_id}); restore both files from one run"
        )
    return tokenizer


@dataclass(frozen=True, eq=False, repr=False)
class TrainedModel(ABC):
    """Base of the models of run folders.

    `body` is the network body of a subclass, `wrong_body` the error message for a run with another body, in which
    `{run}` stands for the path of the run. `name` stands for the model in errors.
    """

    config: RunConfig
    network: Network
    parameters: Parameters
    tokenizer: Tokenizer
    name: str = "the model"
    body: ClassVar[str]
    wrong_body: ClassVar[str]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load the best weights of a run; ModelError if the folder is not a run with this body, or is damaged."""
        folder = RunFolder(Path(path))
        config = folder.read_config()
        if config.network.body != cls.body:
            raise ModelError(cls.wrong_body.format(run=path))
        tokenizer, network = read_tokenizer(folder, config), Network.from_config(config.network)
        return cls(config, network, folder.read_model(network.shapes()), tokenizer, str(path))

    def __repr__(self) -> str:
        sizes, text = self.config.network, self.config.text
        return (
            f"{type(self).__name__}({sizes.layers} × {sizes.hidden} {sizes.cell}, "
            f"{self.network.parameter_count():,} parameters, {text.tokenizer} vocabulary {sizes.vocabulary:,}, "
            f"trained on {', '.join(text.sources)})"
        )

    def token_log_probabilities(
        self,
        text: EncodedText,
        *,
        in_segments: bool = False,
        threads: int = 1,
        on_share: OnShare | None = None,
    ) -> Array:
        """Return log p (N,) in nats of each token of a text; see `log_probabilities.token_log_probabilities`.

        ModelError if they are not finite numbers.
        """
        log_p = token_log_probabilities(
            self.network, self.parameters, text, in_segments=in_segments, threads=threads, on_share=on_share
        )
        self._refuse_not_finite(float(log_p.sum(dtype=np.float64)))
        return log_p

    def evaluate(self, text: str | EncodedText, *, threads: int = 1, on_share: OnShare | None = None) -> Evaluation:
        """Return nats, bits and perplexity of a text of one token or more, read in segments.

        ModelError if they are not finite numbers.
        """
        if isinstance(text, str):
            text = encode_text(text, self.tokenizer)
        evaluation = last_value(self.evaluation_steps(text, threads=threads), on_share)
        self._refuse_not_finite(evaluation.nats_per_character)
        return evaluation

    def _refuse_not_finite(self, nats: float) -> None:
        if not math.isfinite(nats):
            raise not_finite(self.name)

    def evaluation_steps(
        self, text: EncodedText, *, sample: int | None = None, threads: int = 1
    ) -> Generator[float, None, Evaluation]:
        """Evaluate the model on a text; after every window yield the share that was read; return the evaluation.

        With `sample`, only about that many tokens are read, in segments spaced evenly over the text.
        """
        N, whole = len(text.ids), sample is None or sample >= len(text.ids)
        batches = (
            all_segments(self.network, N, threads)
            if whole
            else sample_segments(self.network, N, sample or 0, threads)
        )
        total = sum(int((segments.ends - segments.begins).sum()) for segments in batches)
        nats, tokens = 0.0, 0
        for log_p, _ in read_batches(self.network, self.parameters, text, batches, threads):
            nats -= float(log_p.sum(dtype=np.float64))
            tokens += len(log_p)
            yield tokens / total
        ids = (
            text.ids
            if whole
            else np.concatenate([segment for segments in batches for segment in segments.of(text.ids)])
        )
        return Evaluation.from_nats(
            nats,
            tokens=count_targets(ids[None], self.network.loss_mask(ids[None])),
            characters=text.characters if whole else self.tokenizer.count_characters(ids),
            unknown=text.unknown if whole else count_unknown(ids, self.tokenizer),
        )

    @abstractmethod
    def training_sample(self, dataset: Dataset, rng: np.random.Generator) -> str:
        """Return a short sample for the journal of the training."""

    @abstractmethod
    def gradient_flow(self, inputs: Ids, targets: Ids, state: Array) -> GradientFlow | None:
        """Return the gradient flow of a window (T, B); None for a model with a two-sided body."""


def last_value(steps: Generator[float, None, R], on_share: OnShare | None = None) -> R:
    """Run a generator of shares to its end and return its value."""
    while True:
        try:
            share = next(steps)
            if on_share is not None:
                on_share(share)
        except StopIteration as end:
            value: R = end.value
            return value
