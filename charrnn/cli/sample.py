"""`charrnn sample`: the model goes on with a prompt, character by character."""

from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import randbits
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.arguments import Model, Ngram, open_text_model
from charrnn.cli.console import print_message, write_json, write_pieces, write_text
from charrnn.cli.prompt import read_prompt
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible_line

if TYPE_CHECKING:
    from charrnn.language.sampling import Sampling
    from charrnn.language.text_model import TextModel

Prompt = Annotated[str, typer.Option(help="The text to go on with, - to read it from stdin.", show_default="none")]
Length = Annotated[int, typer.Option(help="Characters to write after the prompt, at most.")]
Count = Annotated[
    int, typer.Option(help="How many texts, a line each; names that are not in the training text are new.")
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        help="End before this string; more than once if you like.", show_default="only where a document ends"
    ),
]
Temperature = Annotated[float, typer.Option(help="Below 1 likelier, above 1 bolder; 0 takes the likeliest.")]
TopK = Annotated[int, typer.Option(help="Choose among the K likeliest; 0 for all.")]
TopP = Annotated[float, typer.Option(help="Choose among the likeliest that hold this share of the probability.")]
Seed = Annotated[int | None, typer.Option(help="The same seed, the same text.", show_default="a new one")]
NoEcho = Annotated[bool, typer.Option("--no-echo", help="Leave out the prompt; default off.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object with prompt, text and seed a text; default off.")]

LARGEST_SEED = 1 << 63


def sample(
    model: Model,
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
    """Write what a model makes of a prompt; a flow of text, as it comes, to the end of the document if it has one."""
    for name, number, least in (("length", length, 0), ("seed", seed, 0), ("count", count, 1)):
        if number is not None and number < least:
            raise UsageError(f"--{name} is {number}; it must be {least} or above")
    if stop and not all(stop):
        raise UsageError("--stop is empty; give the text to stop before, or leave it out")
    from charrnn.language.sampling import Sampling
    from charrnn.parallel.blas import single_threaded

    sampling = Sampling(temperature, top_k, top_p)
    voice = open_text_model(model, ngram)
    read, replaced = voice.tokenizer.prepare(read_prompt(prompt))
    if replaced:
        print_message(f"in the prompt, {replaced}")
    seed = randbits(32) if seed is None else seed
    echo, is_new = "" if no_echo else read, _novelty(model) if count > 1 or as_json else None
    with single_threaded():
        for number in range(count):
            pieces = _speak(voice, read, length, sampling, (seed + number) % LARGEST_SEED, stop or [])
            if as_json:
                _write_json(read, "".join(pieces), seed + number, is_new)
            elif count > 1:
                _write_line(echo, read, "".join(pieces), is_new)
            else:
                write_text(echo)
                write_pieces(pieces)
                if voice.tokenizer.eos_id is not None:
                    write_text("\n")


def _speak(
    voice: "TextModel", prompt: str, length: int, sampling: "Sampling", seed: int, stops: list[str]
) -> Iterator[str]:
    from charrnn.language.stopping import until

    return until(voice.stream(prompt, length=length, sampling=sampling, seed=seed), stops)


def _novelty(path: Path) -> Callable[[str], bool] | None:
    """What tells whether a line is new; None for a model of other things than lines, or if its text is gone."""
    from charrnn.run.folder import RunFolder
    from charrnn.text.split import training_text

    config = RunFolder(path).read_config()
    if config.text.documents != "lines":
        return None
    try:
        known = frozenset(training_text(config.text, config.text.characters).split("\n"))
    except TextError as error:
        print_message(f"which are new cannot be told: {error}")
        return None
    return lambda line: line not in known


def _write_json(prompt: str, text: str, seed: int, is_new: Callable[[str], bool] | None) -> None:
    novel = {} if is_new is None else {"new": is_new(prompt + text)}
    write_json({"prompt": prompt, "text": text, "seed": seed} | novel)


def _write_line(echo: str, prompt: str, text: str, is_new: Callable[[str], bool] | None) -> None:
    mark = "" if is_new is None else "\tnew" if is_new(prompt + text) else "\tknown"
    write_text(f"{visible_line(echo + text)}{mark}\n")
