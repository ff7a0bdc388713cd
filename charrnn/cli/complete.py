"""`charrnn complete`: the likeliest next words of a text, mid-word too, with their probabilities."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli.output import print_json, say, standard_input, write_text
from charrnn.errors import TextError, UsageError

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a run.", show_default=False)]
Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="The text to go on with; - for lines from stdin.", show_default=False)
]
Count = Annotated[int, typer.Option(help="How many words.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a text on stdout.")]
WIDEST_BAR = 30


def complete(model: Model, text: Text, count: Count = 5, as_json: AsJson = False) -> None:
    """Complete a text: the likeliest next words, or the likeliest ends of a word that is half typed."""
    if count < 1:
        raise UsageError(f"--count is {count}; it must be 1 or above")
    from charrnn.language.model import LanguageModel
    from charrnn.parallel.blas import single_threaded

    language_model = LanguageModel.load(model)
    completer = language_model.completer()
    with single_threaded():
        for line in _texts(text):
            read, replaced = language_model.tokenizer.prepare(line)
            if replaced:
                say(f"in the text, {replaced}")
            found = completer.complete(read, count)
            if as_json:
                print_json({"completions": [{"word": each.word, "probability": each.probability} for each in found]})
                continue
            for each in found:
                bar = "  " + "█" * round(each.probability * WIDEST_BAR) if sys.stdout.isatty() else ""
                write_text(f"{each.probability:.4f}\t{each.word}{bar}\n")


def _texts(said: str) -> list[str]:
    if said != "-":
        return [said.encode("utf-8", "surrogateescape").decode("utf-8", "replace")]
    stream = standard_input()
    if stream is None:
        raise UsageError("there is no standard input to read texts from; say one on the command line")
    try:
        return stream.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise TextError(f"the text is not UTF-8 at byte {error.start:,}; convert it first") from error
