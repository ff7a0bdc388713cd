"""Fine-tuning: a run that starts from the weights of another, its base run, on another text.

The vocabulary is extended, and old tokens keep their weights. The validation text of the base run is evaluated as
well, to measure how much the model forgets.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn.blas import physical_cores
from charrnn.config import (
    WORD_VOCABULARY,
    NetworkConfig,
    Overrides,
    RunConfig,
    TextConfig,
    finetuning_defaults,
    minimum_count,
)
from charrnn.errors import TextError
from charrnn.language.registry import load_model
from charrnn.language.trained_model import TrainedModel
from charrnn.network.arrays import Parameters
from charrnn.network.resize_vocabulary import resize_vocabulary
from charrnn.pipeline.probes import evaluation_probe
from charrnn.run.folder import RunFolder
from charrnn.text.dataset import Dataset, dataset_of_run
from charrnn.text.progress import OnProgress
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.tokenizers.resize_vocabulary import extend_tokenizer, old_ids
from charrnn.training.interfaces import EvaluationProbe


@dataclass(frozen=True, eq=False)
class BaseRun:
    """The run whose weights a fine-tuning run starts from."""

    path: Path
    model: TrainedModel

    @classmethod
    def open(cls, path: Path) -> "BaseRun":
        """Read the best weights of a run; ModelError if there are none, or they are damaged."""
        return cls(path, load_model(path))

    def text_config(self, text: TextConfig) -> TextConfig:
        """Return the config of a new text, with the inherited options (tokenizer, documents, …) of the base run."""
        base = self.model.config.text
        inherited = {row.field.name for row in TextConfig.rows() if row.option.inherited}
        values = {name: getattr(base, name) for name in inherited}
        values["documents"] = base.documents or "none"
        return replace(text, **values, base_run=str(self.path.absolute()))

    def extend_tokenizer(self, chunks: Callable[[], Iterable[str]], characters: int) -> Tokenizer:
        """Return the tokenizer, extended by the characters or words of a new training text of this length."""
        text = self.model.config.text
        max_words, min_count = text.vocab_size or WORD_VOCABULARY, text.min_count or minimum_count(characters)
        return extend_tokenizer(self.model.tokenizer, chunks, max_words, min_count)

    def run_config(self, text: TextConfig, dataset: Dataset, overrides: Overrides) -> RunConfig:
        """Return the config of a fine-tuning run; the dataset must be encoded by the extended tokenizer."""
        tokenizer, tokens = dataset.tokenizer, len(dataset.training)
        network = replace(self.model.config.network, vocabulary=tokenizer.vocabulary_size, bos_id=tokenizer.bos_id)
        network = replace(network, **overrides.fields(NetworkConfig))
        return RunConfig(text, network, finetuning_defaults(overrides, tokens=tokens, threads=physical_cores()))

    def parameters(self, tokenizer: Tokenizer) -> Parameters:
        """Return the initial weights for an extended tokenizer."""
        return resize_vocabulary(self.model.parameters, old_ids(self.model.tokenizer, tokenizer))


def base_evaluation_probe(
    config: RunConfig, tokenizer: Tokenizer, on_progress: OnProgress | None = None
) -> EvaluationProbe:
    """Return a probe that evaluates weights on the validation text of the base run, or on a sample of it.

    CharrnnError if that text can no longer be read, or if the base run has no validation text.
    """
    assert config.text.base_run is not None
    base = RunFolder(Path(config.text.base_run)).read_config().text
    dataset = dataset_of_run(base, tokenizer, on_progress=on_progress)
    if not len(dataset.validation):
        raise TextError(f"{config.text.base_run} has no validation text")
    return evaluation_probe(config, dataset)
