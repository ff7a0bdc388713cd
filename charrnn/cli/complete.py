"""`charrnn complete`: the most probable next words of a text, or endings of a half-typed word."""

import sys
from typing import Annotated

import typer

from charrnn.cli.arguments import Model, Ngram, json_lines, number_option, open_text_model
from charrnn.cli.console import print_message, write_json, write_line, write_text
from charrnn.cli.prompt import read_prompts

Text = Annotated[
    str,
    typer.Argument(metavar="TEXT", help="Text to complete; - for one text per line of stdin.", show_default=False),
]
Count = Annotated[int, number_option("Number of words", 1)]
AsJson = Annotated[bool, json_lines("text")]
LONGEST_BAR = 30


def complete(model: Model, text: Text, count: Count = 5, ngram: Ngram = None, as_json: AsJson = False) -> None:
    """Complete a text with the most probable next words, or a half-typed word with its most probable endings."""
    from charrnn.blas import single_threaded

    text_model = open_text_model(model, ngram)
    completer = text_model.completer()
    with single_threaded():
        for line in read_prompts(text):
            prepared, replaced = text_model.tokenizer.prepare(line)
            if replaced:
                print_message(f"in the text, {replaced}")
            completions = completer.complete(prepared, count)
            if as_json:
                words = [{"word": item.word, "probability": item.probability} for item in completions]
                write_json(({"text": line} if text == "-" else {}) | {"completions": words})
                continue
            for item in completions:
                bar = "  " + "█" * round(item.probability * LONGEST_BAR) if sys.stdout.isatty() else ""
                write_text(f"{item.probability:.4f}\t{item.word}{bar}\n")
            if text == "-":
                write_line("")  # separates the words of two lines
