"""Arguments and options that several commands share, and the two ways to declare one whose values are limited."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from charrnn.cli import shell_completion
from charrnn.cli.console import print_message
from charrnn.cli.progress_line import ProgressLine
from charrnn.errors import UsageError
from charrnn.run.names import latest_run, resolve_run
from charrnn.text.corpus import canonical_encoding

if TYPE_CHECKING:
    from charrnn.language.model import LanguageModel
    from charrnn.language.text_model import TextModel

LATEST = "the run in runs/ that changed last"


def number_option(help: str, minimum: float, maximum: float = math.inf, **settings: Any) -> Any:  # noqa: A002
    """Declare a numeric option with a range, which --help shows; a value outside it raises UsageError."""
    limits = f"{minimum:,} or more" if maximum == math.inf else f"from {minimum:,} to {maximum:,}"

    def check(parameter: typer.CallbackParam, value: float | None) -> float | None:
        if value is not None and not minimum <= value <= maximum:
            raise UsageError(f"{parameter.opts[-1]} must be {limits}, got {value}")
        return value

    return typer.Option(help=f"{help} ({limits.removeprefix('from ')}).", callback=check, **settings)


def choice_option(help: str, names: Sequence[str], **settings: Any) -> Any:  # noqa: A002
    """Declare an option with a fixed set of values, which --help and shell completion show; UsageError for others."""

    def check(parameter: typer.CallbackParam, value: str | None) -> str | None:
        if value is not None and value not in names:
            raise UsageError(f"{parameter.opts[-1]} must be one of {', '.join(names)}, got {value}")
        return value

    return typer.Option(
        help=help, metavar=" | ".join(names), callback=check, autocompletion=lambda: list(names), **settings
    )


def json_lines(unit: str) -> Any:
    """Declare --json for a command that prints one object per unit."""
    return typer.Option("--json", help=f"Print one JSON object per {unit}.")


def given_run(value: Path | None) -> Path | None:
    """Return the path of the run that a value names as `resolve_run` does; None if no value is given."""
    return None if value is None else resolve_run(value)


def given_runs(values: list[Path] | None) -> list[Path] | None:
    """Return the paths of the runs that the values name."""
    return values and [resolve_run(value) for value in values]


def known_encoding(name: str | None) -> str | None:
    """Return the name of an encoding; UsageError if there is no such encoding."""
    return None if name is None else canonical_encoding(name)


def use_latest_run() -> Path:
    """Return the run in runs/ that changed last, and print its path; UsageError if there is none."""
    run = latest_run()
    print_message(f"using {run}")
    return run


Model: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="A run: its folder, or its name in runs/.",
        show_default=False,
        callback=given_run,
        autocompletion=shell_completion.run_names,
    ),
]
OptionalModel: TypeAlias = Annotated[
    Path | None,
    typer.Argument(
        metavar="MODEL",
        help="A run: its folder, or its name in runs/.",
        show_default=LATEST,
        callback=given_run,
        autocompletion=shell_completion.run_names,
    ),
]
Encoding: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME", help="Encoding of the file or of stdin.", callback=known_encoding)
]
Threads: TypeAlias = Annotated[
    int | None, number_option("Threads to compute on", 1, 1024, show_default="one per physical core")
]
Ngram: TypeAlias = Annotated[
    int | None,
    number_option(
        "In place of the network, an n-gram model of this order, counted on the run's training text; 0 selects the "
        "order with the lowest validation loss",
        0,
        32,
        metavar="ORDER",
        show_default="the network",
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Temperature: TypeAlias = Annotated[
    float,
    typer.Option(
        help="Divisor of the logits: below 1 for more probable text, above 1 for more varied text, 0 for the most "
        "probable token each time (0, or 0.01 to 100)."
    ),
]
TopK: TypeAlias = Annotated[int, number_option("Sample among the K most probable tokens; 0 for all", 0, metavar="K")]
TopP: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="P",
        help="Sample among the most probable tokens that together have probability P (above 0, at most 1).",
    ),
]
Seed: TypeAlias = Annotated[
    int | None,
    number_option(
        "Seed of the random numbers; equal seeds give equal text", 0, show_default="a new one for each call"
    ),
]


def open_text_model(path: Path, ngram: int | None) -> "TextModel":
    """Return the language model of a run or, with an order, the n-gram model of the run's training text.

    Raises ModelError if there is no model, and TextError if the n-gram model cannot find the text.
    """
    from charrnn.language.model import LanguageModel

    model = LanguageModel.load(path)
    if ngram is None:
        return model
    with ProgressLine() as on_progress:
        ngrams = model.ngrams(ngram, on_progress=on_progress)
    if ngrams.limits is not None:
        print_message(ngrams.limits)
    return ngrams


def open_language_model(path: Path, purpose: str) -> "LanguageModel":
    """Return the language model of a run; UsageError with the purpose if the run was trained with --cloze."""
    from charrnn.language.model import LanguageModel
    from charrnn.run.folder import RunFolder

    if RunFolder(path).read_config().network.body != LanguageModel.body:
        raise UsageError(f"{path} was trained with --cloze; name a run trained without it for {purpose}")
    return LanguageModel.load(path)
