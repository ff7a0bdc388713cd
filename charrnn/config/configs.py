"""Configs of text, network and training, as frozen dataclasses that are written to and read from JSON.

A field with an `Option` is a row of the table of options. An invalid value is refused when the dataclass is made. An
unknown key is refused when JSON is read, so that a misspelled or newer setting is never ignored.
"""

from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, ClassVar, Self

from charrnn.config.checks import Choice, Integer, Number, Text
from charrnn.config.defaults import (
    DOCUMENTS,
    EPOCHS,
    EVALUATE_EVERY,
    HOLDOUT,
    LEARNING_RATE,
    LEARNING_RATES,
    MINIMUM_COUNT,
    THREADS,
    VOCABULARY_SIZE,
    WARMUP,
    by_length,
    equal_to,
)
from charrnn.config.options import Option, Row, fields_of
from charrnn.errors import ModelError, UsageError

TOKENIZERS = ("character", "byte", "word", "subword")
DOCUMENT_KINDS = ("none", "files", "lines")
END, RANDOM = HOLDOUTS = ("end", "random")
BODIES = ("stack", "two_sided")
CELLS = ("tanh", "relu", "sigmoid", "identity", "lstm", "gru")
INITIALIZERS = ("uniform", "glorot", "orthogonal", "identity", "positive-definite")
SMALLEST_VOCABULARY = 257
"""Smallest vocabulary of words or subwords: the 256 bytes and one more token."""
FORMAT = 2
"""Version of the format of config.json."""


class Config:
    """Base of the configs: checks of the fields, and conversion to and from JSON."""

    panel: ClassVar[str]

    def __post_init__(self) -> None:
        """Raise UsageError for an invalid value."""
        for field in fields_of(type(self)):
            value = getattr(self, field.name)
            if value is not None or not field.optional:
                field.check.check(field.name, value)

    @classmethod
    def rows(cls) -> tuple[Row, ...]:
        """Return the options of this config."""
        return tuple(Row(field.option, field, cls, cls.panel) for field in fields_of(cls) if field.option)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the config that `to_json` wrote; ModelError for an unknown or missing key, or an invalid value."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if not isinstance(values, dict) or set(values) - names:
            unknown = ", ".join(sorted(set(values) - names)) if isinstance(values, dict) else type(values).__name__
            raise ModelError(f"{cls.__name__} has no field {unknown}; a newer charrnn may have written it")
        try:
            return cls(**values)
        except (TypeError, UsageError) as error:
            raise ModelError(f"{cls.__name__} is not valid: {error}") from error


@dataclass(frozen=True)
class TextConfig(Config):
    """Text, its division into documents and tokens, and the part that is held out.

    `sources` are files, folders, patterns and names of built-in texts. If `documents` is None, it is chosen by the
    number of files. If `holdout` is random, `held_out_documents` documents are held out, drawn by `holdout_seed`;
    `held_out` are their names if they are files and not too many. None, in a run, means the end. `base_run` is the
    path of the run whose weights a fine-tuning run starts from. `characters` and `sha256` describe the text that was
    read, so that a change is noticed when the run is resumed.
    """

    panel: ClassVar[str] = "Text"

    sources: tuple[str, ...]
    tokenizer: Annotated[str, Choice(TOKENIZERS), Option("Kind of the tokens", inherited=True)] = "character"
    vocab_size: Annotated[
        int | None,
        Integer(SMALLEST_VOCABULARY, 1 << 22),
        Option("Largest number of words or subwords, bytes included", VOCABULARY_SIZE, inherited=True),
    ] = None
    min_count: Annotated[
        int | None,
        Integer(1),
        Option("Minimum number of occurrences for a word to get its own token", MINIMUM_COUNT, inherited=True),
    ] = None
    pieces: Annotated[
        str, Choice(("bpe", "unigram")), Option("Algorithm that finds the subwords", inherited=True)
    ] = "bpe"
    documents: Annotated[
        str | None,
        Choice(DOCUMENT_KINDS),
        Option(
            "Division into documents, delimited by <s> and </s>; the state is reset at the beginning of each",
            DOCUMENTS,
            inherited=True,
        ),
    ] = None
    normal_form: Annotated[
        str | None, Choice(("NFC",)), Option("Unicode normal form that the text is converted to", inherited=True)
    ] = None
    encoding: Annotated[str, Text(), Option("Encoding of the files")] = "utf-8"
    val_fraction: Annotated[
        float, Number(0.0, 1.0), Option("Share of the text, or of its documents, that is held out for validation")
    ] = 0.1
    holdout: Annotated[
        str | None,
        Choice(HOLDOUTS),
        Option("Part that is held out: the end of the text, or documents drawn at random by `seed`", HOLDOUT),
    ] = None
    holdout_seed: Annotated[int, Integer(0, (1 << 63) - 1)] = 0
    held_out_documents: Annotated[int, Integer(0, 1 << 62)] = 0
    held_out: tuple[str, ...] = ()
    base_run: Annotated[str | None, Text()] = None
    characters: Annotated[int, Integer(0, 1 << 62)] = 0
    sha256: Annotated[str, Text()] = ""

    def __post_init__(self) -> None:
        """Raise UsageError for an invalid value or combination of values."""
        for field, value in (("sources", self.sources), ("held_out", self.held_out)):
            if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
                raise UsageError(f"the {field} of a text must be a list of names")
            object.__setattr__(self, field, tuple(value))
        super().__post_init__()
        for name, given, tokenizers in (
            ("vocab_size", self.vocab_size is not None, ("word", "subword")),
            ("min_count", self.min_count is not None, ("word",)),
            ("pieces", self.pieces != "bpe", ("subword",)),
        ):
            if given and self.tokenizer not in tokenizers:
                raise UsageError(f"`{name}` needs `tokenizer` {' or '.join(tokenizers)}, got {self.tokenizer}")

    @property
    def split(self) -> tuple[Any, ...]:
        """Values that decide which part of a text is held out: two runs on one text share it if these are equal."""
        drawn = (self.documents, self.holdout_seed) if self.holdout == RANDOM else ()
        return self.sha256, self.normal_form, self.val_fraction, *drawn

    @property
    def split_description(self) -> str:
        """The part that is held out if it is random, as in "10 % of the lines, drawn at random"; otherwise empty."""
        percent = f"{100 * self.val_fraction:g} %"
        return f"{percent} of the {self.documents}, drawn at random" if self.holdout == RANDOM else ""


@dataclass(frozen=True)
class NetworkConfig(Config):
    """Sizes of a network: V tokens → E → L layers of H units → V logits; `embedding` 0 means one-hot vectors.

    `body` is "stack" (each token is predicted from those that precede it) or "two_sided" (a second stack reads
    backwards, and each token is predicted from both sides). `bos_id` is the id of the token that begins a document,
    None if the tokenizer has none: the state is reset before it, and it is never a target.
    """

    panel: ClassVar[str] = "Model"

    vocabulary: Annotated[int, Integer(1, 1 << 22)]
    hidden: Annotated[
        int,
        Integer(1, 1 << 16),
        Option(
            "Units per layer",
            by_length((40_000, 128), (400_000, 256), (float("inf"), 512)),
            inherited=True,
        ),
    ]
    layers: Annotated[int, Integer(1, 64), Option("Recurrent layers", inherited=True)] = 2
    embedding: Annotated[
        int, Integer(0, 1 << 16), Option("Width of the embedding, 0 for one-hot", equal_to("hidden"), inherited=True)
    ] = 0
    dropout: Annotated[
        float, Number(0.0, 1.0), Option("Dropout rate between layers", by_length((400_000, 0.2), (float("inf"), 0.1)))
    ] = 0.0
    cell: Annotated[str, Choice(CELLS), Option("Recurrent cell", inherited=True)] = "tanh"
    initializer: Annotated[
        str, Choice(INITIALIZERS), Option("Initializer of the recurrent weights", inherited=True)
    ] = "orthogonal"
    bos_id: Annotated[int | None, Integer(0, 1 << 22)] = None
    body: Annotated[
        str,
        Choice(BODIES),
        Option("Predict each token from both sides, for charrnn fill", inherited=True, flag="cloze"),
    ] = "stack"

    def __post_init__(self) -> None:
        """Raise UsageError for an invalid value or combination of values."""
        super().__post_init__()
        if self.bos_id is not None and self.bos_id >= self.vocabulary:
            raise UsageError(f"bos_id must be below the vocabulary size {self.vocabulary}, got {self.bos_id}")


@dataclass(frozen=True)
class TrainingConfig(Config):
    """Settings of the training. Exactly one of `epochs`, `steps` and `minutes` is set; it ends the run.

    `evaluation_sample` is the number of validation tokens that an evaluation reads during training; None for all.
    """

    panel: ClassVar[str] = "Training"

    epochs: Annotated[float | None, Number(0.0, 1e6, open=True), Option("Passes over the text", EPOCHS)] = None
    steps: Annotated[int | None, Integer(1), Option("Updates, in place of `epochs`")] = None
    minutes: Annotated[
        float | None, Number(0.0, 1e6, open=True), Option("Minutes of training, in place of `epochs`")
    ] = None
    bptt: Annotated[
        int, Integer(1, 1 << 20), Option("Tokens per window, over which gradients are propagated back")
    ] = 64
    batch: Annotated[
        int,
        Integer(1, 1 << 20),
        Option("Streams of the text that are read in parallel", by_length((3_999_999, 32), (float("inf"), 64))),
    ] = 32
    optimizer: Annotated[str, Choice(tuple(LEARNING_RATES)), Option("Optimizer")] = "adam"
    lr: Annotated[float, Number(0.0, 1e3, open=True), Option("Learning rate", LEARNING_RATE)] = 2e-3
    schedule: Annotated[str, Choice(("constant", "step", "cosine")), Option("Learning-rate schedule")] = "cosine"
    warmup: Annotated[
        float,
        Number(0.0, 1.0),
        Option("Share of the run over which the learning rate rises to its full value", WARMUP),
    ] = 0.01
    weight_decay: Annotated[float, Number(0.0, 1e3), Option("Decoupled weight decay of the matrices, 0 for none")] = (
        0.0
    )
    clip: Annotated[float, Number(0.0, 1e9), Option("Gradient-clipping threshold, 0 for none")] = 1.0
    clip_by: Annotated[str, Choice(("norm", "value")), Option("Quantity that `clip` limits")] = "norm"
    evaluate_every: Annotated[
        int, Integer(1), Option("Steps between evaluations, each with a checkpoint", EVALUATE_EVERY)
    ] = 200
    evaluation_sample: Annotated[int | None, Integer(1)] = None
    patience: Annotated[
        int | None, Integer(1), Option("Evaluations without a new best validation loss after which the run ends")
    ] = None
    schedule_begin: Annotated[float, Number(0.0, 1e15)] = 0.0
    final_evaluation: Annotated[
        str,
        Choice(("auto", "always")),
        Option("Evaluate the whole validation text at the end, even if that takes long", flag="full_eval"),
    ] = "auto"
    seed: Annotated[int, Integer(0, (1 << 63) - 1), Option("Seed of the random numbers")] = 0
    threads: Annotated[int, Integer(1, 1024), Option("Threads to compute on", THREADS)] = 1

    def __post_init__(self) -> None:
        """Raise UsageError for an invalid value or combination of values."""
        super().__post_init__()
        if self.lr * self.weight_decay >= 1.0:
            raise UsageError(f"`weight_decay` must be below 1 / `lr`, got {self.weight_decay:g} with {self.lr:g}")
        ends = [name for name in ENDS if getattr(self, name) is not None]
        if len(ends) != 1:
            given = " and ".join(f"`{name}`" for name in ends) or "none"
            raise UsageError(f"give one of `epochs`, `steps` and `minutes`, not {given}")
        if self.schedule_begin >= (self.steps or self.minutes or 0.0) and self.schedule_begin:
            raise UsageError(f"the schedule must begin before the end of the run, got {self.schedule_begin:g}")


ENDS = ("epochs", "steps", "minutes")
"""The options that end a run; exactly one is set."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that config.json holds about a run."""

    text: TextConfig
    network: NetworkConfig
    training: TrainingConfig

    def to_json(self) -> dict[str, Any]:
        """Return config.json, format version included."""
        parts = {"text": self.text, "network": self.network, "training": self.training}
        return {"format": FORMAT} | {name: part.to_json() for name, part in parts.items()}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return the config that `to_json` wrote; ModelError if anything is missing or invalid.

        `run.upgrade` converts earlier formats.
        """
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            version = values.get("format") if isinstance(values, dict) else type(values).__name__
            raise ModelError(
                f"its format version is {version}, and this charrnn reads up to {FORMAT}; install a newer charrnn"
            )
        if set(values) != {"format", "text", "network", "training"}:
            raise ModelError("config.json must have exactly format, text, network and training")
        return cls(
            TextConfig.from_json(values["text"]),
            NetworkConfig.from_json(values["network"]),
            TrainingConfig.from_json(values["training"]),
        )
