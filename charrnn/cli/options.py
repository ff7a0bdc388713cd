"""The options of `charrnn train`, by panel of its help: each says what it sets, and what stands without it."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from charrnn.config import CELLS, CLIPPINGS, DOCUMENTS, INITIALIZERS, OPTIMIZERS, PIECES, SCHEDULES, TOKENIZERS
from charrnn.defaults import MOST_EPOCHS, SUBWORDS, WORDS

_TEXT, _MODEL, _TRAINING, _RUN = "Text", "Model", "Training", "Run"


def _one_of(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


Corpus: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CORPUS",
        help="Files, folders, patterns, - for stdin, or names that `charrnn corpora` lists; default english.",
        show_default=False,
    ),
]

Tokenizer: TypeAlias = Annotated[
    str | None,
    typer.Option(help=f"What a token is: {_one_of(TOKENIZERS)}; default character.", rich_help_panel=_TEXT),
]
VocabSize: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help=f"Words or subwords at most, bytes included; default {WORDS:,} or {SUBWORDS:,}.", rich_help_panel=_TEXT
    ),
]
MinCount: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="How often a word must come to have a token of its own; default 2, in short texts 1.",
        rich_help_panel=_TEXT,
    ),
]
Pieces: TypeAlias = Annotated[
    str | None,
    typer.Option(help=f"How subwords are found: {_one_of(PIECES)}; default bpe.", rich_help_panel=_TEXT),
]
Documents: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help=f"What <s> and </s> stand around, where the state begins anew: {_one_of(DOCUMENTS)}; default files "
        "if there are several.",
        rich_help_panel=_TEXT,
    ),
]
NormalForm: TypeAlias = Annotated[
    str | None, typer.Option(help="Unicode form the text is brought to: NFC; default none.", rich_help_panel=_TEXT)
]
Encoding: TypeAlias = Annotated[
    str | None, typer.Option(help="Encoding of the files; default utf-8.", rich_help_panel=_TEXT)
]
ValFraction: TypeAlias = Annotated[
    float | None,
    typer.Option(help="Share of the text, at its end, held out for validation; default 0.1.", rich_help_panel=_TEXT),
]

Hidden: TypeAlias = Annotated[
    int | None,
    typer.Option(help="Units of a layer; default 128, 256 or 512, by the text's length.", rich_help_panel=_MODEL),
]
Layers: TypeAlias = Annotated[
    int | None, typer.Option(help="Layers, one above the other; default 2.", rich_help_panel=_MODEL)
]
Embedding: TypeAlias = Annotated[
    int | None,
    typer.Option(help="Width of a token's vector, 0 for one-hot; default as --hidden.", rich_help_panel=_MODEL),
]
Dropout: TypeAlias = Annotated[
    float | None,
    typer.Option(help="Share of units left out; default 0.1 or, for short texts, 0.2.", rich_help_panel=_MODEL),
]
Cell: TypeAlias = Annotated[
    str | None, typer.Option(help=f"What a unit computes: {_one_of(CELLS)}; default tanh.", rich_help_panel=_MODEL)
]
Cloze: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--cloze",
        help="Predict each token from both sides, to fill blanks with charrnn fill; default off.",
        show_default=False,
        rich_help_panel=_MODEL,
    ),
]
Initializer: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help=f"How recurrent weights begin: {_one_of(INITIALIZERS)}; default orthogonal.", rich_help_panel=_MODEL
    ),
]

Epochs: TypeAlias = Annotated[
    float | None,
    typer.Option(
        help=f"Passes over the text; the default end, 1 to {MOST_EPOCHS:g} by its length.", rich_help_panel=_TRAINING
    ),
]
Steps: TypeAlias = Annotated[
    int | None, typer.Option(help="Updates, in place of --epochs; default none.", rich_help_panel=_TRAINING)
]
Minutes: TypeAlias = Annotated[
    float | None,
    typer.Option(help="Time to train, in place of --epochs; default none.", rich_help_panel=_TRAINING),
]
Bptt: TypeAlias = Annotated[
    int | None, typer.Option(help="Tokens a gradient reaches back over; default 64.", rich_help_panel=_TRAINING)
]
Batch: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="Places of the text read side by side; default 32, for long texts 64.", rich_help_panel=_TRAINING
    ),
]
Optimizer: TypeAlias = Annotated[
    str | None, typer.Option(help=f"{_one_of(OPTIMIZERS)}; default adam.", rich_help_panel=_TRAINING)
]
Rate: TypeAlias = Annotated[
    float | None, typer.Option(help="Learning rate; default by optimizer, adam 0.002.", rich_help_panel=_TRAINING)
]
Schedule: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help=f"RunProgress of the learning rate: {_one_of(SCHEDULES)}; default cosine.", rich_help_panel=_TRAINING
    ),
]
Clip: TypeAlias = Annotated[
    float | None, typer.Option(help="Bound on the gradient, 0 for none; default 1.", rich_help_panel=_TRAINING)
]
ClipBy: TypeAlias = Annotated[
    str | None,
    typer.Option(help=f"What --clip bounds: {_one_of(CLIPPINGS)}; default norm.", rich_help_panel=_TRAINING),
]
EvaluateEvery: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="Steps between evaluations, each with a checkpoint; default by the run's length.",
        rich_help_panel=_TRAINING,
    ),
]
Seed: TypeAlias = Annotated[
    int | None, typer.Option(help="Seed of everything random; default 0.", rich_help_panel=_TRAINING)
]
Threads: TypeAlias = Annotated[
    int | None, typer.Option(help="Threads to compute on; default one a core.", rich_help_panel=_TRAINING)
]

Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN", help="Folder of the new run; default runs/NAME, after the text.", rich_help_panel=_RUN
    ),
]
From: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="RUN",
        help="Begin with the weights of this run; new characters or words are added to its own; default fresh ones.",
        rich_help_panel=_RUN,
    ),
]
Resume: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Go on with this run where it was saved; CORPUS only if its text has moved; default a new run.",
        rich_help_panel=_RUN,
    ),
]
NoTui: TypeAlias = Annotated[
    bool,
    typer.Option("--no-tui", help="Plain lines of progress in place of the dashboard.", rich_help_panel=_RUN),
]
Background: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--background",
        help="Return as soon as it trains, and let it train without a terminal; see charrnn watch and charrnn tell.",
        rich_help_panel=_RUN,
    ),
]
Detached: TypeAlias = Annotated[bool, typer.Option("--detached", hidden=True)]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Every event as a line of JSON on stdout; default off.", rich_help_panel=_RUN)
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", help="Say nothing but what goes wrong; default off.", rich_help_panel=_RUN)
]
