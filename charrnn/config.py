"""What text, what model, what training: frozen dataclasses, and JSON both ways.

A value that cannot be meant is refused when the dataclass is made; a key that is not known is refused when
JSON is read, so that a misspelt or newer setting is never silently ignored.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from charrnn.errors import ModelError, UsageError

TOKENIZERS = ("character", "byte", "word", "subword")
PIECES = ("bpe", "unigram")
DOCUMENTS = ("none", "files", "lines")
BODIES = ("stack", "two_sided")
CELLS = ("tanh", "relu", "sigmoid", "identity", "lstm", "gru")
OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
SCHEDULES = ("constant", "step", "cosine")
CLIPPINGS = ("norm", "value")
INITIALIZERS = ("uniform", "glorot", "orthogonal", "identity", "positive-definite")


class _Json:
    """JSON both ways for a frozen dataclass of plain values."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Rebuild from `to_json()`; ModelError for an unknown or a missing key or a value that cannot be meant."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if not isinstance(values, dict) or set(values) - names:
            unknown = ", ".join(sorted(set(values) - names)) if isinstance(values, dict) else type(values).__name__
            raise ModelError(f"{cls.__name__} does not know {unknown}; was this made by a newer charrnn?")
        try:
            return cls(**values)
        except (TypeError, UsageError) as error:
            raise ModelError(f"the settings in {cls.__name__} do not make sense: {error}") from error


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    _require(value in choices, f"--{name} {value} is not known; choose one of {', '.join(choices)}")


def _positive_integer(name: str, value: object, largest: int = 1 << 31) -> None:
    _whole_number(name, value, 1, largest)


def _whole_number(name: str, value: object, smallest: int, largest: int) -> None:
    ok = isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest
    _require(ok, f"--{name} is {value!s:.40}; it must be a whole number from {smallest} to {largest}")


def _in_range(name: str, value: object, low: float, high: float, *, open_low: bool = False) -> None:
    ok = isinstance(value, int | float) and not isinstance(value, bool)
    ok = ok and (low < value if open_low else low <= value) and value < high  # type: ignore[operator]
    sign = "above" if open_low else "at least"
    _require(ok, f"--{name} is {value}; it must be {sign} {low:g} and below {high:g}")


@dataclass(frozen=True)
class NetworkConfig(_Json):
    """Sizes of a network: V tokens → E → L layers of H units → V logits; `embedding` 0 means one-hot vectors.

    `body` is "stack" (each token is predicted from those that precede it) or "two_sided" (a second stack reads
    backwards, and each token is predicted from both sides). `bos_id` is the id of the token that begins a document,
    None if the tokenizer has none: the state is reset before it, and it is never a target.
    """

    vocabulary: int
    hidden: int
    layers: int = 2
    embedding: int = 0
    dropout: float = 0.0
    cell: str = "tanh"
    initializer: str = "orthogonal"
    bos_id: int | None = None
    body: str = "stack"

    def __post_init__(self) -> None:
        _positive_integer("vocabulary", self.vocabulary, 1 << 22)
        _positive_integer("hidden", self.hidden, 1 << 16)
        _positive_integer("layers", self.layers, 64)
        _whole_number("embedding", self.embedding, 0, 1 << 16)  # 0 is one-hot
        _in_range("dropout", self.dropout, 0.0, 1.0)
        _one_of("cell", self.cell, CELLS)
        _one_of("initializer", self.initializer, INITIALIZERS)
        if self.bos_id is not None:
            _whole_number("bos_id", self.bos_id, 0, self.vocabulary - 1)
        _one_of("body", self.body, BODIES)


@dataclass(frozen=True)
class TrainingConfig(_Json):
    """How to train. Exactly one of `steps` (updates), `epochs` (passes) and `minutes` ends the run."""

    bptt: int = 64
    batch: int = 32
    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None
    optimizer: str = "adam"
    lr: float = 2e-3
    schedule: str = "cosine"
    warmup: float = 0.01
    clip: float = 1.0
    clip_by: str = "norm"
    seed: int = 0
    threads: int = 1
    evaluate_every: int = 200

    def __post_init__(self) -> None:
        _positive_integer("bptt", self.bptt, 1 << 20)
        _positive_integer("batch", self.batch, 1 << 20)
        ends = [name for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        _require(len(ends) == 1, "give one of --steps, --epochs and --minutes, not " + (" and ".join(ends) or "none"))
        if self.steps is not None:
            _positive_integer("steps", self.steps)
        if self.epochs is not None:
            _in_range("epochs", self.epochs, 0.0, 1e6, open_low=True)
        if self.minutes is not None:
            _in_range("minutes", self.minutes, 0.0, 1e6, open_low=True)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _one_of("schedule", self.schedule, SCHEDULES)
        _one_of("clip-by", self.clip_by, CLIPPINGS)
        _in_range("lr", self.lr, 0.0, 1e3, open_low=True)
        _in_range("warmup", self.warmup, 0.0, 1.0)
        _in_range("clip", self.clip, 0.0, 1e9)
        _whole_number("seed", self.seed, 0, (1 << 63) - 1)
        _positive_integer("threads", self.threads, 1024)
        _positive_integer("evaluate-every", self.evaluate_every)


@dataclass(frozen=True)
class TextConfig(_Json):
    """Which text, how it is cut into documents and tokens, and what part of it is held out.

    `documents` None leaves it to the text: files if there are several. `base_run` is the run whose weights this one
    began with. `sources` are what was named on the command
    line. `characters` and `sha256` say what was found, so that a resumed run can tell whether the text has changed.
    """

    sources: tuple[str, ...]
    encoding: str = "utf-8"
    tokenizer: str = "character"
    normal_form: str | None = None
    documents: str | None = None
    vocab_size: int | None = None
    min_count: int | None = None
    pieces: str = "bpe"
    base_run: str | None = None
    val_fraction: float = 0.1
    characters: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        named = isinstance(self.sources, list | tuple) and all(isinstance(each, str) for each in self.sources)
        _require(named, "the sources of a text must be a list of names")
        _require(
            isinstance(self.encoding, str) and isinstance(self.sha256, str), "encoding and SHA-256 must be words"
        )
        _require(self.base_run is None or isinstance(self.base_run, str), "base_run must be the path of a run")
        _whole_number("characters", self.characters, 0, 1 << 62)
        object.__setattr__(self, "sources", tuple(self.sources))
        _one_of("tokenizer", self.tokenizer, TOKENIZERS)
        if self.normal_form is not None:
            _one_of("normal-form", self.normal_form, ("NFC",))
        if self.documents is not None:
            _one_of("documents", self.documents, DOCUMENTS)
        if self.vocab_size is not None:
            _whole_number("vocab-size", self.vocab_size, SMALLEST_VOCABULARY, 1 << 22)
            learned = self.tokenizer in ("word", "subword")
            _require(learned, "--vocab-size is for --tokenizer word and subword; leave it out")
        if self.min_count is not None:
            _positive_integer("min-count", self.min_count)
            _require(self.tokenizer == "word", "--min-count is for --tokenizer word; leave it out")
        _one_of("pieces", self.pieces, PIECES)
        only = self.tokenizer == "subword" or self.pieces == PIECES[0]
        _require(only, "--pieces is for --tokenizer subword; leave it out")
        _in_range("val-fraction", self.val_fraction, 0.0, 1.0)


SMALLEST_VOCABULARY = 257
"""The least for words and subwords: every byte and something more."""

FORMAT = 2
"""The version of the run folder's format."""


def upgrade_format_1(values: dict[str, Any]) -> dict[str, Any]:
    """Return config.json of format 1 (charrnn 0.4) as format 2.

    The keys `start` and `cloze` of the network became `bos_id` and `body`, and `origin` of the text `base_run`.
    """
    network, text = dict(values["network"]), dict(values["text"])
    network["bos_id"] = network.pop("start", None)
    network["body"] = BODIES[bool(network.pop("cloze", False))]
    text["base_run"] = text.pop("origin", None)
    return values | {"format": 2, "network": network, "text": text}


@dataclass(frozen=True)
class RunConfig:
    """All settings of a run, as `config.json` holds them."""

    text: TextConfig
    network: NetworkConfig
    training: TrainingConfig

    def to_json(self) -> dict[str, Any]:
        parts = {"text": self.text, "network": self.network, "training": self.training}
        return {"format": FORMAT} | {name: part.to_json() for name, part in parts.items()}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Rebuild from `to_json()`; ModelError if anything is unknown, missing or senseless."""
        if isinstance(values, dict) and values.get("format") == 1:
            try:
                values = upgrade_format_1(values)
            except (KeyError, TypeError, ValueError) as error:
                raise ModelError("config.json must have exactly format, text, network and training") from error
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            found = values.get("format") if isinstance(values, dict) else type(values).__name__
            raise ModelError(
                f"its format version is {found}, and this charrnn reads {FORMAT}; install the one it needs"
            )
        if set(values) != {"format", "text", "network", "training"}:
            raise ModelError("config.json must have exactly format, text, network and training")
        return cls(
            TextConfig.from_json(values["text"]),
            NetworkConfig.from_json(values["network"]),
            TrainingConfig.from_json(values["training"]),
        )
