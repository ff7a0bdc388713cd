"""The kinds of trained models, by the body of their network."""

from pathlib import Path

from charrnn.config import RunConfig
from charrnn.language.cloze import ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.language.trained_model import TrainedModel
from charrnn.network.arrays import Parameters
from charrnn.network.network import Network
from charrnn.run.folder import RunFolder
from charrnn.text.tokenizers import Tokenizer

MODELS: dict[str, type[LanguageModel] | type[ClozeModel]] = {
    LanguageModel.body: LanguageModel,
    ClozeModel.body: ClozeModel,
}


def load_model(path: str | Path) -> LanguageModel | ClozeModel:
    """Load the model of a run; ModelError if there is none, or it is damaged."""
    return MODELS[RunFolder(Path(path)).read_config().network.body].load(path)


def make_model(config: RunConfig, parameters: Parameters, tokenizer: Tokenizer) -> TrainedModel:
    """Return the model with these weights, which are not copied."""
    return MODELS[config.network.body](config, Network.from_config(config.network), parameters, tokenizer)
