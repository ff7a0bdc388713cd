"""`charrnn fill`: the most probable texts for a blank, predicted from both sides."""

from dataclasses import asdict
from typing import Annotated

import typer

from charrnn.cli.arguments import Model, json_lines, number_option
from charrnn.cli.console import print_message, write_json, write_line, write_text
from charrnn.cli.prompt import read_prompts
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible_line

Text = Annotated[
    str,
    typer.Argument(
        metavar="TEXT",
        help="Text with one blank, ____; - for one such text per line of stdin.",
        show_default=False,
    ),
]
Count = Annotated[int, number_option("Number of fillings", 1, 1000)]
Longest = Annotated[int, number_option("Largest number of tokens in a filling", 1, 32)]
AsJson = Annotated[bool, json_lines("text")]


def fill(model: Model, text: Text, count: Count = 5, longest: Longest = 3, as_json: AsJson = False) -> None:
    """Fill the blank in a text with one or more tokens, with a model that was trained with --cloze."""
    from charrnn.blas import single_threaded
    from charrnn.language.cloze import ClozeModel

    cloze_model = ClozeModel.load(model)
    with single_threaded():
        for line_number, line in enumerate(read_prompts(text), 1):
            _, replaced = cloze_model.tokenizer.prepare(line.replace("_", ""))
            if replaced:
                print_message(f"in the text, {replaced}")
            try:
                fillings = cloze_model.fill(line, count, longest)
            except UsageError as error:
                if text == "-":
                    raise TextError(f"line {line_number:,}: {error}") from error
                raise
            if as_json:
                values = {"fillings": [asdict(filling) for filling in fillings]}
                write_json(({"text": line} if text == "-" else {}) | values)
                continue
            for filling in fillings:
                write_text(f"{filling.probability:.4f}\t{visible_line(filling.text)}\n")
            if text == "-":
                write_line("")
