"""`charrnn sample`: text that continues a prompt, one token at a time."""

from collections.abc import Callable
from pathlib import Path
from secrets import randbits
from typing import Annotated

import typer

from charrnn.cli.arguments import (
    Ngram,
    OptionalModel,
    Seed,
    Temperature,
    TopK,
    TopP,
    json_lines,
    number_option,
    open_text_model,
    use_latest_run,
)
from charrnn.cli.console import print_message, write_json, write_pieces, write_text
from charrnn.cli.progress_line import ProgressLine, writes_to_file
from charrnn.cli.prompt import read_prompt
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible_line

Prompt = Annotated[
    str, typer.Option(metavar="TEXT", help="Text to continue; - to read it from stdin.", show_default="no prompt")
]
Length = Annotated[int, number_option("Largest number of characters after the prompt", 0)]
Count = Annotated[
    int, number_option("Number of texts; several are written one per line, marked as new or known from training", 1)
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="End before this string; may be given several times.",
        show_default="only at the end of a document",
    ),
]
NoEcho = Annotated[bool, typer.Option("--no-echo", help="Leave the prompt out of the output.")]
AsJson = Annotated[bool, json_lines("text, with prompt and seed")]

LARGEST_SEED = 1 << 63


def sample(
    model: OptionalModel = None,
    prompt: Prompt = "",
    length: Length = 500,
    count: Count = 1,
    stop: Stop = None,
    temperature: Temperature = 1.0,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    seed: Seed = None,
    no_echo: NoEcho = False,
    ngram: Ngram = None,
    as_json: AsJson = False,
) -> None:
    """Generate text that continues a prompt, up to a length or the end of the document.

    On a terminal, and after a document, a newline ends the output; a pipe gets the text alone.
    """
    if stop and not all(stop):
        raise UsageError("--stop is empty; give the string to stop before, or leave --stop out")
    from charrnn.blas import single_threaded
    from charrnn.language.sampling import Sampling
    from charrnn.language.stopping import until
    from charrnn.text.progress import of_stage

    sampling = Sampling(temperature, top_k, top_p)
    run = model or use_latest_run()
    text_model = open_text_model(run, ngram)
    prepared, replaced = text_model.tokenizer.prepare(read_prompt(prompt))
    if replaced:
        print_message(f"in the prompt, {replaced}")
    seed = randbits(32) if seed is None else seed
    echo, is_new = "" if no_echo else prepared, _novelty_test(run) if count > 1 or as_json else None
    with single_threaded(), ProgressLine(enabled=writes_to_file()) as on_progress:
        on_share = of_stage(on_progress, "reading the prompt")
        for number_of_text in range(count):
            text_seed = seed + number_of_text
            stream = text_model.stream(
                prepared, length=length, sampling=sampling, seed=text_seed % LARGEST_SEED, on_share=on_share
            )
            pieces = until(stream, stop or [])
            if as_json:
                _write_json(prepared, "".join(pieces), text_seed, is_new)
            elif count > 1:
                _write_line(echo, prepared, "".join(pieces), is_new)
            else:
                write_text(echo)
                write_pieces(pieces, newline=text_model.tokenizer.eos_id is not None)


def _novelty_test(path: Path) -> Callable[[str], bool] | None:
    """Return a function that tells whether a line is new; None unless the model learned lines and has their text."""
    from charrnn.run.folder import RunFolder
    from charrnn.text.split import training_text

    config = RunFolder(path).read_config()
    if config.text.documents != "lines":
        return None
    try:
        with ProgressLine() as on_progress:
            text = training_text(config.text, config.text.characters, on_progress=on_progress)
        training_lines = frozenset(text.split("\n"))
    except TextError as error:
        print_message(f"new lines are not marked: {error}")
        return None
    return lambda line: line not in training_lines


def _write_json(prompt: str, text: str, seed: int, is_new: Callable[[str], bool] | None) -> None:
    novelty = {} if is_new is None else {"new": is_new(prompt + text)}
    write_json({"prompt": prompt, "text": text, "seed": seed} | novelty)


def _write_line(echo: str, prompt: str, text: str, is_new: Callable[[str], bool] | None) -> None:
    mark = "" if is_new is None else "\tnew" if is_new(prompt + text) else "\tknown"
    write_text(f"{visible_line(echo + text)}{mark}\n")
