"""The voice: what a command lets speak, the network of a run or, with --ngram, the counts of the same text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from charrnn.language.text_model import TextModel

Model: TypeAlias = Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a run.", show_default=False)]
Encoding: TypeAlias = Annotated[str, typer.Option(help="Encoding of the file or of stdin.")]
Ngram: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="ORDER",
        help="In place of the network, the n-gram model of this order of the text that the run learned from; 0 takes "
        "the best.",
        show_default="the network",
    ),
]


def open_text_model(path: Path, ngram: int | None) -> "TextModel":
    """The model of a run that speaks; ModelError if there is none, TextError if its text is needed and gone."""
    from charrnn.language.model import LanguageModel

    model = LanguageModel.load(path)
    return model if ngram is None else model.ngrams(ngram)
