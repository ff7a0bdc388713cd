"""`charrnn eval`: how well a model predicts a text, or the part of its own text that it never trained on."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.output import print_json, say, standard_input
from charrnn.errors import TextError, UsageError

if TYPE_CHECKING:
    from charrnn.language.evaluation import Evaluation
    from charrnn.language.model import LanguageModel

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a run.", show_default=False)]
Texts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TEXT",
        help="Files, folders, patterns, - for stdin, or names of texts; read as one.",
        show_default=False,
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the files; default utf-8.")]
Threads = Annotated[int | None, typer.Option(help="Threads to compute on; default one a core.")]
Validation = Annotated[
    bool,
    typer.Option(
        "--validation", help="Read what the run held out of its own text, TEXT if that has moved; default off."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")]


def evaluate(
    model: Model,
    text: Texts = None,
    encoding: Encoding = None,
    threads: Threads = None,
    validation: Validation = False,
    as_json: AsJson = False,
) -> None:
    """Tell how well a model predicts a text, read from its beginning as after a line break."""
    sources = tuple(text or ())
    if not sources and not validation:
        raise UsageError("name a text to read, or say --validation for what the run held out")
    if encoding is not None and validation:
        raise UsageError("--encoding is known with --validation: it is that of the run; leave it out")
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError(f"--threads is {threads}; it must be from 1 to 1024")
    from charrnn.language.model import LanguageModel
    from charrnn.parallel.blas import physical_cores, single_threaded

    language_model = LanguageModel.load(model)
    threads = threads or physical_cores()
    with single_threaded():
        if validation:
            evaluation = _of_validation(language_model, sources, threads)
        else:
            evaluation = _of_text(language_model, sources, encoding or "utf-8", threads)
    if evaluation.unknown:
        share = evaluation.unknown / evaluation.tokens
        say(f"{evaluation.unknown:,} of {evaluation.tokens:,} characters are unknown to the model ({share:.2%})")
    if as_json:
        print_json(asdict(evaluation))
    else:
        for name, value in asdict(evaluation).items():
            typer.echo(f"{name:<26}{value:,}" if isinstance(value, int) else f"{name:<26}{value:.6g}")


def _of_text(model: "LanguageModel", sources: tuple[str, ...], encoding: str, threads: int) -> "Evaluation":
    from charrnn.parallel.blas import has_small_matrix_kernel
    from charrnn.text.corpus import read_corpus
    from charrnn.text.dataset import encode_corpus

    encoded = encode_corpus(read_corpus(sources, encoding=encoding, stdin=standard_input()), model.tokenizer)
    return model.evaluate(
        encoded.ids,
        characters=encoded.characters,
        unknown=encoded.unknown,
        threads=threads,
        panels=has_small_matrix_kernel(),
    )


def _of_validation(model: "LanguageModel", sources: tuple[str, ...], threads: int) -> "Evaluation":
    """The same figure as in training: the held-out part, read on from the last token that was trained on."""
    from charrnn.language.evaluation import evaluate
    from charrnn.parallel.blas import has_small_matrix_kernel
    from charrnn.text.corpus import read_corpus
    from charrnn.text.dataset import dataset_from

    text = model.config.text
    corpus = read_corpus(sources or text.sources, encoding=text.encoding, stdin=standard_input())
    if corpus.report.sha256 != text.sha256:
        raise TextError("the text is not the one that the run began with; name where that one is now")
    dataset = dataset_from(corpus, model.tokenizer, val_fraction=text.val_fraction)
    if not len(dataset.validation):
        raise TextError("the run held nothing out of its text; name a text to read")
    before, panels = int(dataset.training[-1]), has_small_matrix_kernel()
    return evaluate(
        model.network,
        model.parameters,
        dataset.validation,
        before,
        characters=dataset.validation_characters,
        unknown=dataset.validation_unknown,
        threads=threads,
        panels=panels,
    )
