"""`charrnn complete`: the most probable next words of a text, or endings of a half-typed word."""

import sys
from typing import Annotated

import typer

from charrnn.cli.arguments import Model, Ngram, json_lines, number_option, open_text_model
from charrnn.cli.console import write_json, write_line, write_text
from charrnn.cli.progress_line import ProgressLine
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
    from charrnn.text.progress import of_stage

    text_model = open_text_model(model, ngram)
    with single_threaded(), ProgressLine() as on_progress:
        completer = text_model.completer(of_stage(on_progress, "reading"))
        for line in read_prompts(text):
            prepared, replaced = text_model.tokenizer.prepare(line)
            if replaced:
                on_progress.print_message(f"in the text, {replaced}")
            completions = completer.complete(prepared, count)
            on_progress.clear()
            if as_json:
                words = [{"word": item.word, "probability": item.probability} for item in completions]
                write_json(({"text": line} if text == "-" else {}) | {"completions": words})
                continue
            for item in completions:
                bar = "  " + "█" * round(item.probability * LONGEST_BAR) if sys.stdout.isatty() else ""
                write_text(f"{item.probability:.4f}\t{item.word}{bar}\n")
            if text == "-":
                write_line("")  # separates the words of two lines
