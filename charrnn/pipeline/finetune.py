"""Fine-tuning: a run that goes on from the weights of another, with another text.

The vocabulary grows, the tokens of before keep their weights, learning starts gently, and the text of before is
evaluated beside the new one, so that one sees what is forgotten.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn.config import WORD_VOCABULARY, NetworkConfig, Overrides, RunConfig, TextConfig, minimum_count
from charrnn.errors import CharrnnError
from charrnn.language.model import read_tokenizer
from charrnn.network.arrays import Parameters
from charrnn.network.resize_vocabulary import grow
from charrnn.network.two_sided import network_of
from charrnn.pipeline.probes import evaluator
from charrnn.run.folder import RunFolder
from charrnn.text.dataset import dataset_of_run
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.tokenizers.resize_vocabulary import extend_tokenizer, old_ids


@dataclass(frozen=True, eq=False)
class BaseRun:
    """The run that another goes on from."""

    path: Path
    config: RunConfig
    parameters: Parameters
    tokenizer: Tokenizer

    @classmethod
    def open(cls, path: Path) -> "BaseRun":
        """The best weights of a run; ModelError if there is none, or it is damaged or doctored."""
        folder = RunFolder(path)
        config = folder.read_config()
        return cls(path, config, folder.read_model(network_of(config.network)), read_tokenizer(folder, config))

    def text_config(self, text: TextConfig) -> TextConfig:
        """The settings of the new text, cut into tokens and documents as the one before."""
        before = self.config.text
        return replace(
            text,
            tokenizer=before.tokenizer,
            normal_form=before.normal_form,
            documents=before.documents or "none",
            vocab_size=before.vocab_size,
            min_count=before.min_count,
            pieces=before.pieces,
            base_run=str(self.path.absolute()),
        )

    def grown(self, chunks: Callable[[], Iterable[str]], characters: int) -> Tokenizer:
        """The tokenizer, with what the new training text of so many characters has and the one before had not."""
        text = self.config.text
        return extend_tokenizer(
            self.tokenizer, chunks, text.vocab_size or WORD_VOCABULARY, text.min_count or minimum_count(characters)
        )

    def network_config(self, overrides: Overrides, tokenizer: Tokenizer) -> NetworkConfig:
        """The network of before, with room for the tokens; only its dropout can be wished for."""
        config = replace(self.config.network, vocabulary=tokenizer.vocabulary_size, bos_id=tokenizer.bos_id)
        return replace(config, **overrides.fields(NetworkConfig))

    def weights(self, tokenizer: Tokenizer) -> Parameters:
        """The weights to begin with."""
        return grow(self.parameters, tokenizer.vocabulary_size, old_ids(self.tokenizer, tokenizer))


def evaluator_of_origin(
    text: TextConfig, network: NetworkConfig, tokenizer: Tokenizer, threads: int, panels: bool
) -> Callable[[Parameters], float] | str:
    """Nats a character of what the run before held out; or, where that cannot be read any more, why."""
    assert text.base_run is not None
    try:
        before = RunFolder(Path(text.base_run)).read_config().text
        dataset = dataset_of_run(before, tokenizer)
    except CharrnnError as error:
        return f"what {text.base_run} held out is not evaluated beside it: {error}"
    if not len(dataset.validation):
        return f"{text.base_run} held nothing out that could be evaluated beside this text"
    read = evaluator(network_of(network), dataset, threads, panels)
    return lambda parameters: read(parameters).nats_per_character
