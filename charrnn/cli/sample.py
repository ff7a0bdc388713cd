"""`charrnn sample`: the model goes on with a prompt, character by character."""

from typing import Annotated

import typer

from charrnn.cli.output import print_json, say, write_pieces, write_text
from charrnn.cli.prompt import read_prompt
from charrnn.cli.voice import Model, Ngram, open_voice
from charrnn.errors import UsageError

Prompt = Annotated[str, typer.Option(help="The text to go on with, - to read it from stdin.", show_default="none")]
Length = Annotated[int, typer.Option(help="Characters to write after the prompt.")]
Temperature = Annotated[float, typer.Option(help="Below 1 likelier, above 1 bolder; 0 takes the likeliest.")]
TopK = Annotated[int, typer.Option(help="Choose among the K likeliest; 0 for all.")]
TopP = Annotated[float, typer.Option(help="Choose among the likeliest that hold this share of the probability.")]
Seed = Annotated[int | None, typer.Option(help="The same seed, the same text.", show_default="a new one")]
NoEcho = Annotated[bool, typer.Option("--no-echo", help="Leave out the prompt; default off.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object with prompt, text and seed; default off.")]


def sample(
    model: Model,
    prompt: Prompt = "",
    length: Length = 500,
    temperature: Temperature = 1.0,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    seed: Seed = None,
    no_echo: NoEcho = False,
    ngram: Ngram = None,
    as_json: AsJson = False,
) -> None:
    """Write what a model makes of a prompt; a flow of text, as it comes."""
    for name, number in (("length", length), ("seed", seed)):
        if number is not None and number < 0:
            raise UsageError(f"--{name} is {number}; it must be 0 or above")
    from charrnn.language.sampler import Sampling
    from charrnn.parallel.blas import single_threaded

    sampling = Sampling(temperature, top_k, top_p)
    voice = open_voice(model, ngram)
    read, replaced = voice.tokenizer.prepare(read_prompt(prompt))
    if replaced:
        say(f"in the prompt, {replaced}")
    if as_json and seed is None:
        from secrets import randbits

        seed = randbits(32)
    with single_threaded():
        pieces = voice.stream(read, length=length, sampling=sampling, seed=seed)
        if as_json:
            print_json({"prompt": read, "text": "".join(pieces), "seed": seed})
        else:
            write_text("" if no_echo else read)
            write_pieces(pieces)
