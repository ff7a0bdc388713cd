"""What is chosen for the person who does not say: the network and its training, from the size of the text."""

from dataclasses import dataclass, fields, replace
from typing import Any

from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.errors import UsageError

CHARACTERS_TO_READ = 10_000_000
"""How much text, over all passes, a run reads unless told otherwise: a few minutes on two cores."""
MOST_EPOCHS = 30.0
GENTLE_RATE, GENTLE_WARMUP = 0.25, 0.1
"""In fine-tuning, the share of the usual learning rate, and that of the run over which it rises."""
WORDS, SUBWORDS = 8000, 1000
"""The sizes of vocabularies, bytes included."""
EVALUATION_COST = 1 / 3
"""What reading a token costs in an evaluation, measured against training on it."""
EVALUATION_SHARE = 0.05
"""How much of a run's time evaluations may take."""
MOST_EVALUATIONS = 40


SHORT_TEXT = 100_000
"""In a text of fewer characters, a word that comes once has a token of its own."""


def least_count(characters: int) -> int:
    """How often a word must come in a text of so many characters to have a token of its own."""
    return 1 if characters < SHORT_TEXT else 2


@dataclass(frozen=True)
class Overrides:
    """What a person said of the network and its training; None is left to `choose`."""

    hidden: int | None = None
    layers: int | None = None
    embedding: int | None = None
    dropout: float | None = None
    cell: str | None = None
    body: str | None = None
    initializer: str | None = None
    bptt: int | None = None
    batch: int | None = None
    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None
    optimizer: str | None = None
    lr: float | None = None
    schedule: str | None = None
    warmup: float | None = None
    clip: float | None = None
    clip_by: str | None = None
    seed: int | None = None
    threads: int | None = None
    evaluate_every: int | None = None


_RATES = {"sgd": 1.0, "momentum": 0.1, "adagrad": 0.02, "rmsprop": 1e-3, "adam": 2e-3}


def choose_network(overrides: Overrides, *, tokens: int, vocabulary: int, bos_id: int | None = None) -> NetworkConfig:
    """The overrides, and for the rest a network that a text of so many training tokens can teach."""
    hidden, dropout = next(values for limit, values in _SIZES if tokens <= limit)
    hidden = hidden if overrides.hidden is None else overrides.hidden
    chosen = {"vocabulary": vocabulary, "hidden": hidden, "embedding": hidden, "dropout": dropout, "bos_id": bos_id}
    return NetworkConfig(**chosen | _given_values(overrides, NetworkConfig))


_SIZES: tuple[tuple[float, tuple[int, float]], ...] = (
    (40_000, (128, 0.2)),
    (400_000, (256, 0.2)),
    (float("inf"), (512, 0.1)),
)
"""Training tokens up to this many: units a layer, dropout."""


def choose_training(overrides: Overrides, *, tokens: int, threads: int) -> TrainingConfig:
    """The overrides, and for the rest what trains well; `evaluate_every` is left for `evaluation_interval`."""
    said = _given_values(overrides, TrainingConfig)
    ends = [name for name in ("steps", "epochs", "minutes") if name in said]
    if len(ends) > 1:
        raise UsageError(f"--{ends[0]} and --{ends[1]} cannot both end the run; give one of them")
    chosen: dict[str, Any] = {"threads": threads, "batch": 32 if tokens < 4_000_000 else 64}
    if not ends:
        chosen["epochs"] = max(1.0, min(MOST_EPOCHS, CHARACTERS_TO_READ / tokens))
    config = TrainingConfig(**chosen | said)
    return (
        config if overrides.lr is not None else TrainingConfig(**config.to_json() | {"lr": _RATES[config.optimizer]})
    )


def finetuning_defaults(overrides: Overrides, *, tokens: int, threads: int) -> TrainingConfig:
    """The same for weights that are trained already: a lower learning rate, which rises to it more slowly."""
    config = choose_training(overrides, tokens=tokens, threads=threads)
    lr = config.lr * GENTLE_RATE if overrides.lr is None else config.lr
    return replace(config, lr=lr, warmup=GENTLE_WARMUP if overrides.warmup is None else overrides.warmup)


def evaluation_interval(steps: int, *, window_tokens: int, validation_tokens: int) -> int:
    """Steps between evaluations: at most 40 in a run of so many steps, and at most 5 % of its time."""
    by_cost = validation_tokens * EVALUATION_COST / EVALUATION_SHARE / window_tokens
    return max(1, round(max(steps / MOST_EVALUATIONS, min(by_cost, steps / 4))))


def _given_values(overrides: Overrides, config: type[NetworkConfig] | type[TrainingConfig]) -> dict[str, Any]:
    names = {field.name for field in fields(config)}
    return {name: value for name, value in vars(overrides).items() if name in names and value is not None}
