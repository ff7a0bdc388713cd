"""`charrnn complete`: the likeliest next words of a text, mid-word too, with their probabilities."""

import sys
from typing import Annotated

import typer

from charrnn.cli.arguments import Model, Ngram, open_text_model
from charrnn.cli.console import print_message, write_json, write_line, write_text
from charrnn.cli.prompt import read_prompts
from charrnn.errors import UsageError

Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="The text to go on with; - for lines from stdin.", show_default=False)
]
Count = Annotated[int, typer.Option(help="How many words.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a text on stdout.")]
WIDEST_BAR = 30


def complete(model: Model, text: Text, count: Count = 5, ngram: Ngram = None, as_json: AsJson = False) -> None:
    """Complete a text: the likeliest next words, or the likeliest ends of a word that is half typed."""
    if count < 1:
        raise UsageError(f"--count is {count}; it must be 1 or above")
    from charrnn.parallel.blas import single_threaded

    voice = open_text_model(model, ngram)
    completer = voice.completer()
    with single_threaded():
        for line in read_prompts(text):
            read, replaced = voice.tokenizer.prepare(line)
            if replaced:
                print_message(f"in the text, {replaced}")
            found = completer.complete(read, count)
            if as_json:
                of = {"text": line} if text == "-" else {}
                words = [{"word": each.word, "probability": each.probability} for each in found]
                write_json(of | {"completions": words})
                continue
            for each in found:
                bar = "  " + "█" * round(each.probability * WIDEST_BAR) if sys.stdout.isatty() else ""
                write_text(f"{each.probability:.4f}\t{each.word}{bar}\n")
            if text == "-":
                write_line("")  # between the words of one line and those of the next
