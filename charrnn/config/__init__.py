"""Configs of a run, and the table of options. Each hyperparameter is one field of a config in `configs`."""

from charrnn.config.configs import (
    BODIES,
    CELLS,
    DOCUMENT_KINDS,
    END,
    ENDS,
    FORMAT,
    INITIALIZERS,
    RANDOM,
    SMALLEST_VOCABULARY,
    TOKENIZERS,
    NetworkConfig,
    RunConfig,
    TextConfig,
    TrainingConfig,
)
from charrnn.config.defaults import SUBWORD_VOCABULARY, WORD_VOCABULARY, minimum_count, plan_evaluations
from charrnn.config.options import Row
from charrnn.config.overrides import (
    EXTENSIONS,
    OPTIONS,
    Overrides,
    check_extension,
    choose_network,
    choose_training,
    finetuning_defaults,
)

__all__ = [
    "BODIES",
    "CELLS",
    "DOCUMENT_KINDS",
    "END",
    "ENDS",
    "EXTENSIONS",
    "FORMAT",
    "INITIALIZERS",
    "OPTIONS",
    "RANDOM",
    "SMALLEST_VOCABULARY",
    "SUBWORD_VOCABULARY",
    "TOKENIZERS",
    "WORD_VOCABULARY",
    "NetworkConfig",
    "Overrides",
    "Row",
    "RunConfig",
    "TextConfig",
    "TrainingConfig",
    "check_extension",
    "choose_network",
    "choose_training",
    "finetuning_defaults",
    "minimum_count",
    "plan_evaluations",
]
