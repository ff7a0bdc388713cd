"""The language model that a run folder holds, and the table of counts of the same text, to hold it against."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from charrnn.config import RunConfig
from charrnn.errors import ModelError, UsageError
from charrnn.evaluation.baselines import HIGHEST_ORDER, best_order, ngram_losses
from charrnn.evaluation.evaluate import evaluate, log_probabilities
from charrnn.language.ngrams import NgramPredictor, Ngrams
from charrnn.language.predictor import RnnPredictor
from charrnn.language.text_model import TextModel
from charrnn.network.arrays import Array, Ids, Parameters
from charrnn.network.network import Network
from charrnn.run.evaluation import Evaluation
from charrnn.run.folder import RunFolder
from charrnn.text.dataset import dataset_of_run
from charrnn.text.tokenizers import Tokenizer, initial_id, tokenizer_from_json

LARGEST_ORDER = 32


def read_tokenizer(folder: RunFolder, config: RunConfig) -> Tokenizer:
    """The tokenizer of a run; ModelError if it is damaged, or is not the one of its network."""
    tokenizer = tokenizer_from_json(folder.read_tokenizer(), folder.read_tokenizer_model)
    if (tokenizer.vocabulary_size, tokenizer.bos_id) != (config.network.vocabulary, config.network.bos_id):
        raise ModelError(
            f"{folder.path}: tokenizer.json has {tokenizer.vocabulary_size} tokens, <s> being {tokenizer.bos_id}, "
            f"and the network {config.network.vocabulary} and {config.network.bos_id}; they are not of one run"
        )
    return tokenizer


@dataclass(frozen=True, eq=False)
class LanguageModel(TextModel):
    """A trained network with its tokenizer. `run` is the folder of one that knows a sentence about a lamp.

    >>> model = LanguageModel.load(run)
    >>> model.sample("the old ", length=4, temperature=0.0)
    'lamp'
    >>> model.complete("the old lamp at the end of the q", n=1)[0].word
    'quay'
    >>> model.tokenizer.decode([model.next("the old lam").argmax()])
    'p'
    >>> len(model.log_probabilities("the old lamp"))
    12
    >>> model.ngrams(order=6).sample("the old ", length=4, temperature=0.0)
    'lamp'
    """

    config: RunConfig
    network: Network
    parameters: Parameters
    tokenizer: Tokenizer

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The best weights of a run; ModelError if the folder is no run of this kind, or is damaged or doctored."""
        folder = RunFolder(Path(path))
        config = folder.read_config()
        if config.network.body == "two_sided":
            raise ModelError(f"{path} fills blanks, and cannot go on with a text; use charrnn fill {path} TEXT")
        tokenizer = read_tokenizer(folder, config)
        network = Network(config.network)
        return cls(config, network, folder.read_model(network), tokenizer)

    def predictor(self) -> RnnPredictor:
        return RnnPredictor(self.network, self.parameters)

    def token_log_probabilities(self, ids: Ids, before: int, *, threads: int | None = None) -> Array:
        return log_probabilities(self.network, self.parameters, ids, before, threads=threads)

    def evaluate(
        self,
        ids: Ids,
        *,
        characters: int,
        unknown: int,
        before: int | None = None,
        threads: int = 1,
        panels: bool = False,
    ) -> Evaluation:
        """How well the model predicts a text of so many original characters, read as ids (N,), N ≥ 1.

        It is read after the token `before`, by default as from its beginning.
        """
        return evaluate(
            self.network,
            self.parameters,
            ids,
            initial_id(self.tokenizer) if before is None else before,
            characters=characters,
            unknown=unknown,
            threads=threads,
            panels=panels,
        )

    def ngrams(self, order: int = 0) -> "NgramModel":
        """The n-gram model of what the run was trained on; order 0 is the best up to 8 on what it held out.

        TextError if the text is not there any more.
        """
        if not 0 <= order <= LARGEST_ORDER:
            raise UsageError(f"--ngram is {order}; it must be from 1 to {LARGEST_ORDER}, or 0 for the best")
        dataset = dataset_of_run(self.config.text, self.tokenizer)
        training, held_out = dataset.training, dataset.validation
        ngrams = Ngrams.count(training, self.tokenizer.vocabulary_size, order or HIGHEST_ORDER, self.tokenizer.bos_id)
        if order == 0:
            order = ngrams.order
            if len(held_out):
                order = best_order(ngram_losses(ngrams, held_out, int(training[-1]), dataset.validation_characters))
        return NgramModel(ngrams, min(order, ngrams.order), self.tokenizer)


@dataclass(frozen=True, eq=False)
class NgramModel(TextModel):
    """A table of counts with the tokenizer of its text."""

    ngrams: Ngrams
    order: int
    tokenizer: Tokenizer

    def predictor(self) -> NgramPredictor:
        return self.ngrams.predictor(self.order)

    def token_log_probabilities(self, ids: Ids, before: int, *, threads: int | None = None) -> Array:
        del threads
        logp: Array = self.ngrams.log_probabilities(ids, before)[self.order - 1]
        return logp
