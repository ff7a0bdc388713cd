"""`charrnn fill`: what may stand in the blank of a text, from both of its sides."""

from dataclasses import asdict
from typing import Annotated

import typer

from charrnn.cli.arguments import Model
from charrnn.cli.console import print_message, write_json, write_line, write_text
from charrnn.cli.prompt import read_prompts
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible_line

Text = Annotated[
    str,
    typer.Argument(
        metavar="TEXT", help="A text with one blank, ____; - for lines from stdin, each with one.", show_default=False
    ),
]
Count = Annotated[int, typer.Option(help="How many fillings.")]
Longest = Annotated[int, typer.Option(help="Tokens that a filling has at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a text on stdout; default off.")]


def fill(model: Model, text: Text, count: Count = 5, longest: Longest = 3, as_json: AsJson = False) -> None:
    """Fill the blank of a text, with one token or several, by a model that was trained with --cloze."""
    for name, number, most in (("count", count, 1000), ("longest", longest, 32)):
        if not 1 <= number <= most:
            raise UsageError(f"--{name} is {number}; it must be from 1 to {most:,}")
    from charrnn.language.cloze import ClozeModel
    from charrnn.parallel.blas import single_threaded

    cloze_model = ClozeModel.load(model)
    with single_threaded():
        for number, line in enumerate(read_prompts(text), 1):
            _, replaced = cloze_model.tokenizer.prepare(line.replace("_", ""))
            if replaced:
                print_message(f"in the text, {replaced}")
            try:
                found = cloze_model.fill(line, count, longest)
            except UsageError as error:
                raise TextError(f"line {number:,}: {error}") if text == "-" else error from error
            if as_json:
                write_json(({"text": line} if text == "-" else {}) | {"fillings": [asdict(each) for each in found]})
                continue
            for each in found:
                write_text(f"{each.probability:.4f}\t{visible_line(each.text)}\n")
            if text == "-":
                write_line("")
