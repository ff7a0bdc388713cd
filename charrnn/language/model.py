"""The language model that a run folder holds: text in, probabilities and text out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from charrnn.checkpoint import RunFolder
from charrnn.config import RunConfig
from charrnn.errors import ModelError
from charrnn.language.completion import Completer, Completion
from charrnn.language.evaluation import Evaluation, evaluate, log_probabilities
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sampler import Sampling, sample_tokens
from charrnn.network.arrays import Array, Ids, Parameters
from charrnn.network.losses import softmax
from charrnn.network.model import Network
from charrnn.text.tokenizers import Tokenizer, tokenizer_from_json


def start_token(tokenizer: Tokenizer) -> int:
    """The token that every text is read after: <s>, or else a line break, or the unknown token if there is none."""
    return int(tokenizer.encode("\n")[0]) if tokenizer.start is None else tokenizer.start


def never_chosen(tokenizer: Tokenizer) -> list[int]:
    """The tokens that a model does not say: what stands for unknown characters, and the beginning of a document."""
    return [token for token in (tokenizer.unknown, tokenizer.start) if token is not None]


def read_tokenizer(folder: RunFolder, config: RunConfig) -> Tokenizer:
    """The tokenizer of a run; ModelError if it is damaged, or is not the one of its network."""
    tokenizer = tokenizer_from_json(folder.read_tokenizer(), folder.read_tokenizer_model)
    if (tokenizer.vocabulary_size, tokenizer.start) != (config.network.vocabulary, config.network.start):
        raise ModelError(
            f"{folder.path}: tokenizer.json has {tokenizer.vocabulary_size} tokens and the network "
            f"{config.network.vocabulary}; they are not of one run"
        )
    return tokenizer


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A trained network with its tokenizer.

    >>> model = LanguageModel.load("runs/english")              # doctest: +SKIP
    >>> model.sample("The harbour ", length=80, seed=1)         # doctest: +SKIP
    """

    config: RunConfig
    network: Network
    parameters: Parameters
    tokenizer: Tokenizer

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The best weights of a run; ModelError if the folder is not a run, or is damaged or doctored."""
        folder = RunFolder(Path(path))
        config = folder.read_config()
        tokenizer = read_tokenizer(folder, config)
        network = Network(config.network)
        return cls(config, network, folder.read_model(network), tokenizer)

    def predictor(self) -> RnnPredictor:
        """The model as a predictor, for whoever steps through a text. One thread each."""
        return RnnPredictor(self.network, self.parameters)

    def completer(self) -> Completer:
        """Completes words, and remembers what it has read. One thread each."""
        return Completer(self.predictor(), self.tokenizer, start_token(self.tokenizer))

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """The n likeliest next words, or ends of the word that the text ends in, with their probabilities."""
        return self.completer().complete(text, n)

    def log_probabilities(self, text: str) -> Array:
        """log p (N,) in nats of each token of the text, given all before it."""
        ids = self.tokenizer.encode(text)
        return log_probabilities(self.network, self.parameters, ids, start_token(self.tokenizer))

    def next(self, text: str) -> NDArray[np.floating]:
        """The distribution (V,) of the token that follows the text."""
        predictor = self.predictor()
        logits, _ = predictor.advance(self._prompt(text), predictor.start())
        return softmax(logits)

    def stream(
        self, prompt: str = "", *, length: int, sampling: Sampling | None = None, seed: int | None = None
    ) -> Iterator[str]:
        """The `length` characters that follow the prompt, as they come; fewer if the model ends the document.

        The same seed gives the same characters.
        """
        decoder, rng = self.tokenizer.decoder(), np.random.default_rng(seed)
        never = never_chosen(self.tokenizer)
        tokens = sample_tokens(self.predictor(), self._prompt(prompt), sampling or Sampling(), rng, never=never)
        for token in tokens:
            if length <= 0 or token == self.tokenizer.end:
                break
            piece = decoder.feed(token)[:length]
            length -= len(piece)
            yield piece

    def sample(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> str:
        """What `stream` gives, as one text."""
        return "".join(self.stream(prompt, length=length, sampling=Sampling(temperature, top_k, top_p), seed=seed))

    def evaluate(
        self, ids: Ids, *, characters: int, unknown: int, threads: int = 1, panels: bool = False
    ) -> Evaluation:
        """How well the model predicts a text of so many original characters, read as ids (N,), N ≥ 1."""
        return evaluate(
            self.network,
            self.parameters,
            ids,
            start_token(self.tokenizer),
            characters=characters,
            unknown=unknown,
            threads=threads,
            panels=panels,
        )

    def _prompt(self, text: str) -> Ids:
        return np.concatenate([[start_token(self.tokenizer)], self.tokenizer.encode(text)])
