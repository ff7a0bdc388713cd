"""`charrnn eval`: the loss of a model on a text, or on the validation text of its run."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import (
    AsJson,
    OptionalModel,
    Threads,
    given_runs,
    known_encoding,
    number_option,
    open_language_model,
    use_latest_run,
)
from charrnn.cli.console import counted, print_message, standard_input, write_json, write_line
from charrnn.cli.progress_line import ProgressLine
from charrnn.errors import TextError, UsageError

if TYPE_CHECKING:
    from charrnn.evaluation.baselines import Loss
    from charrnn.evaluation.comparison import ComparedText
    from charrnn.evaluation.keystrokes import Keystrokes
    from charrnn.language.model import LanguageModel
    from charrnn.language.trained_model import TrainedModel
    from charrnn.run.evaluation import Evaluation
    from charrnn.text.progress import OnProgress

Texts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TEXT",
        help="Files, folders, patterns, - for stdin, or names of texts, evaluated as one text; only after MODEL.",
        show_default=False,
        autocompletion=shell_completion.corpus_names,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Encoding of the files.", show_default="utf-8", callback=known_encoding),
]
Validation = Annotated[
    bool,
    typer.Option("--validation", help="Evaluate on the validation text of the run; TEXT only if it has moved."),
]
Against = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="RUN",
        help="Compare with this model, whatever its tokens are; may be given several times.",
        show_default="no other model",
        callback=given_runs,
        autocompletion=shell_completion.run_names,
    ),
]
Baselines = Annotated[
    bool, typer.Option("--baselines", help="Compare with n-gram models of orders 1 to 8 and xz on the same text.")
]
Mix = Annotated[bool, typer.Option("--mix", help="Compare with a mixture of the model and the best n-gram model.")]
Dynamic = Annotated[
    bool, typer.Option("--dynamic", help="Compare with dynamic evaluation, in which the weights adapt to the text.")
]
CountKeys = Annotated[
    bool, typer.Option("--keystrokes", help="Count the keystrokes that completion would save a writer of the text.")
]
Words = Annotated[int, number_option("Number of words to write for --keystrokes", 1, 1_000_000)]

NAME_TEXT = "name the file that holds it, as in: charrnn eval MODEL TEXT --validation"
CHARACTERS_PER_WORD = 40
"""Characters of the text that are read per word of --keystrokes."""


def evaluate(
    model: OptionalModel = None,
    text: Texts = None,
    encoding: Encoding = None,
    threads: Threads = None,
    validation: Validation = False,
    against: Against = None,
    baselines: Baselines = False,
    mix: Mix = False,
    dynamic: Dynamic = False,
    keystrokes: CountKeys = False,
    words: Words = 300,
    as_json: AsJson = False,
) -> None:
    """Measure how well a model predicts a text: nats, bits and perplexity per character and per token."""
    sources = tuple(text or ())
    if not sources and not validation:
        raise UsageError("name a text to evaluate on, or add --validation for the validation text of the run")
    if encoding is not None and validation:
        raise UsageError("--validation uses the encoding of the run; leave --encoding out")
    from charrnn.blas import physical_cores, single_threaded
    from charrnn.evaluation.comparison import EVALUATING, comparison_losses
    from charrnn.language.registry import load_model
    from charrnn.text.progress import of_stage

    run = model or use_latest_run()
    language_model: LanguageModel | None = None
    if baselines or mix or dynamic or keystrokes:
        language_model = open_language_model(run, "--baselines, --mix, --dynamic or --keystrokes")
    models = [language_model or load_model(run), *map(load_model, against or ())]
    threads, keys = threads or physical_cores(), None
    with single_threaded(), ProgressLine() as on_progress:
        texts = _encode(models, sources, encoding, validation, on_progress)
        on_share = of_stage(on_progress, EVALUATING)
        evaluations = [
            model.evaluate(text.encoded, threads=threads, on_share=on_share)
            for model, text in zip(models, texts, strict=True)
        ]
        losses = _losses(["model", *map(str, against or ())], evaluations)
        if language_model is not None:
            kinds = {"baselines": baselines, "mix": mix, "dynamic": dynamic}
            losses += comparison_losses(language_model, texts[0], threads=threads, on_progress=on_progress, **kinds)
            keys = _count_keystrokes(language_model, texts[0], words, on_progress) if keystrokes else None
    _write(evaluations, losses, keys, as_json=as_json)


def _encode(
    models: "Sequence[TrainedModel]",
    sources: tuple[str, ...],
    encoding: str | None,
    validation: bool,
    on_progress: "OnProgress",
) -> "list[ComparedText]":
    """Return the text as the tokenizer of each model encodes it; TextError if there is no text for all of them."""
    from charrnn.evaluation.comparison import held_out, whole_text
    from charrnn.text.corpus import read_corpus
    from charrnn.text.split import reopen_corpus

    if not validation:
        corpus = read_corpus(sources, encoding=encoding or "utf-8", stdin=standard_input(), on_progress=on_progress)
        return [whole_text(model, corpus, on_progress) for model in models]
    configs = [model.config.text for model in models]
    corpus = reopen_corpus(configs[0], sources, standard_input(), remedy=NAME_TEXT, on_progress=on_progress)
    if len({config.split for config in configs}) > 1:
        raise TextError("the runs have different validation texts; name a text to evaluate all of them on")
    texts = [held_out(model, corpus, on_progress) for model in models]
    if not len(texts[0].encoded.ids):
        raise TextError("the run has no validation text; name a text to evaluate on")
    return texts


def _count_keystrokes(
    model: "LanguageModel", text: "ComparedText", words: int, on_progress: "OnProgress"
) -> "Keystrokes":
    from charrnn.evaluation.keystrokes import count_keystrokes
    from charrnn.text.progress import of_stage

    head = text.head(words * CHARACTERS_PER_WORD)
    return count_keystrokes(model.completer(), head, words, of_stage(on_progress, "counting keystrokes"))


def _losses(names: list[str], evaluations: "list[Evaluation]") -> "list[Loss]":
    from charrnn.evaluation.baselines import Loss

    return [
        Loss(name, evaluation.nats_per_character, evaluation.bits_per_character)
        for name, evaluation in zip(names, evaluations, strict=True)
    ]


def _write(
    evaluations: "list[Evaluation]", losses: "list[Loss]", keys: "Keystrokes | None", *, as_json: bool
) -> None:
    """Write the evaluation of the first model, and the losses if there are several."""
    evaluation, losses = evaluations[0], losses if len(losses) > 1 else []
    for loss, compared in zip(losses, evaluations, strict=False):  # the models precede the baselines
        if compared.unknown:
            reason = "each costs only the probability of <unk>, so its loss is understated"
            print_message(f"{loss.name} has {counted(compared.unknown, 'unknown character')}; {reason}")
    if evaluation.unknown:
        tokens = f"{evaluation.unknown:,} of {counted(evaluation.tokens, 'token')}"
        share = evaluation.unknown / evaluation.tokens
        verb = "stands" if evaluation.unknown == 1 else "stand"
        print_message(f"{tokens} {verb} for characters that are unknown to the model ({share:.2%})")
    if as_json:
        values: dict[str, Any] = asdict(evaluation)
        if losses:
            values["losses"] = [asdict(loss) for loss in losses]
        if keys is not None:
            values["keystrokes"] = asdict(keys)
        write_json(values)
        return
    for name, value in asdict(evaluation).items():
        write_line(f"{name:<26}{value:,}" if isinstance(value, int) else f"{name:<26}{value:.6g}")
    for line in (*_loss_lines(losses), *_keystroke_lines(keys)):
        write_line(line)


def _loss_lines(losses: "list[Loss]") -> Iterator[str]:
    if losses:
        width = max(26, 2 + max(len(loss.name) for loss in losses))
        yield f"\n{'':<{width}}nats    bits    per character"
        for loss in losses:
            yield f"{loss.name:<{width}}{loss.nats_per_character:<8.4f}{loss.bits_per_character:.4f}"


def _keystroke_lines(keys: "Keystrokes | None") -> Iterator[str]:
    if keys is not None:
        yield f"\nkeystrokes for {counted(keys.words, 'word')}, {counted(keys.characters, 'character')}"
        for n, saved, top in ((1, keys.saved_with_1, keys.top_1), (3, keys.saved_with_3, keys.top_3)):
            shares = ", ".join(f"{share:.1%}" for share in top)
            yield f"{n} shown: {saved:.1%} saved; the word is among them after 0, 1, … letters in {shares} of cases"
