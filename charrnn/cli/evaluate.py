"""`charrnn eval`: how well a model predicts a text, or the part of its own text that it never trained on."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.output import print_json, say, standard_input
from charrnn.cli.voice import Model
from charrnn.errors import TextError, UsageError

if TYPE_CHECKING:
    from charrnn.language.baselines import Loss
    from charrnn.language.evaluation import Evaluation
    from charrnn.language.keystrokes import Keystrokes
    from charrnn.language.model import LanguageModel
    from charrnn.network.arrays import Array, Ids

Texts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TEXT",
        help="Files, folders, patterns, - for stdin, or names of texts; read as one.",
        show_default=False,
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the files; default utf-8.")]
Threads = Annotated[int | None, typer.Option(help="Threads to compute on; default one a core.")]
Validation = Annotated[
    bool,
    typer.Option(
        "--validation", help="Read what the run held out of its own text, TEXT if that has moved; default off."
    ),
]
Baselines = Annotated[
    bool,
    typer.Option("--baselines", help="Beside it, n-grams of orders 1 to 8 and xz, of the same text; default off."),
]
Mix = Annotated[bool, typer.Option("--mix", help="Mixed with the best n-gram, too; default off.")]
Dynamic = Annotated[
    bool, typer.Option("--dynamic", help="With weights that follow the text as it is read, too; default off.")
]
CountKeys = Annotated[
    bool, typer.Option("--keystrokes", help="What it would save a writer of the text, too; default off.")
]
Words = Annotated[int, typer.Option(help="Words that are written for --keystrokes.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")]

LARGEST_FOR_XZ = 64 << 20


def evaluate(
    model: Model,
    text: Texts = None,
    encoding: Encoding = None,
    threads: Threads = None,
    validation: Validation = False,
    baselines: Baselines = False,
    mix: Mix = False,
    dynamic: Dynamic = False,
    keystrokes: CountKeys = False,
    words: Words = 300,
    as_json: AsJson = False,
) -> None:
    """Tell how well a model predicts a text, read from its beginning as after a line break."""
    sources = tuple(text or ())
    if not sources and not validation:
        raise UsageError("name a text to read, or say --validation for what the run held out")
    if encoding is not None and validation:
        raise UsageError("--encoding is known with --validation: it is that of the run; leave it out")
    for name, number, most in (("threads", threads, 1024), ("words", words, 1_000_000)):
        if number is not None and not 1 <= number <= most:
            raise UsageError(f"--{name} is {number}; it must be from 1 to {most:,}")
    from charrnn.language.model import LanguageModel
    from charrnn.parallel.blas import has_small_matrix_kernel, physical_cores, single_threaded

    language_model = LanguageModel.load(model)
    threads = threads or physical_cores()
    with single_threaded():
        task = _held_out(language_model, sources) if validation else _text(language_model, sources, encoding)
        evaluation = language_model.evaluate(
            task.ids,
            before=task.before,
            characters=task.characters,
            unknown=task.unknown,
            threads=threads,
            panels=has_small_matrix_kernel(),
        )
        if evaluation.unknown:
            share = evaluation.unknown / evaluation.tokens
            say(f"{evaluation.unknown:,} of {evaluation.tokens:,} characters are unknown to the model ({share:.2%})")
        losses = list(_losses(language_model, task, evaluation, baselines, mix, dynamic, threads))
        keys = _keys(language_model, task, words) if keystrokes else None
    if as_json:
        print_json(asdict(evaluation) | _more(losses, keys))
        return
    for name, value in asdict(evaluation).items():
        typer.echo(f"{name:<26}{value:,}" if isinstance(value, int) else f"{name:<26}{value:.6g}")
    for line in (*_table(losses), *_in_words(keys)):
        typer.echo(line)


@dataclass(frozen=True, eq=False)
class _Task:
    """A text to read: ids (N,) after the token `before`, its characters, and the first `largest` of them."""

    ids: "Ids"
    before: int
    characters: int
    unknown: int
    first: Callable[[int], str]


def _text(model: "LanguageModel", sources: tuple[str, ...], encoding: str | None) -> _Task:
    from charrnn.language.textmodel import start_token
    from charrnn.text.corpus import read_corpus
    from charrnn.text.dataset import encode_corpus
    from charrnn.text.parts import beginning

    corpus = read_corpus(sources, encoding=encoding or "utf-8", stdin=standard_input())
    encoded, before = encode_corpus(corpus, model.tokenizer), start_token(model.tokenizer)
    return _Task(
        encoded.ids, before, encoded.characters, encoded.unknown, lambda largest: beginning(corpus.chunks(), largest)
    )


def _held_out(model: "LanguageModel", sources: tuple[str, ...]) -> _Task:
    """The same figure as in training: the held-out part, read on from the last token that was trained on."""
    from charrnn.text.dataset import dataset_of
    from charrnn.text.parts import validation_text

    dataset = dataset_of(model.config.text, model.tokenizer, sources=sources, stdin=standard_input())
    if not len(dataset.validation):
        raise TextError("the run held nothing out of its text; name a text to read")
    return _Task(
        dataset.validation,
        int(dataset.training[-1]),
        dataset.validation_characters,
        dataset.validation_unknown,
        lambda largest: validation_text(model.config.text, largest, sources),
    )


def _losses(
    model: "LanguageModel",
    task: _Task,
    evaluation: "Evaluation",
    baselines: bool,
    mix: bool,
    dynamic: bool,
    threads: int,
) -> Iterator["Loss"]:
    """What was asked for beside the model's own loss, and that in the middle of it."""
    from charrnn.language.baselines import Loss, mixed, xz_loss
    from charrnn.language.dynamic import dynamic_log_probabilities
    from charrnn.text.parts import training_text

    if not (baselines or mix or dynamic):
        return

    def loss(name: str, logp: "Array") -> Loss:
        return Loss.of(name, -float(logp.sum(dtype="float64")), task.characters)

    ngram, ngram_logp = None, None
    if baselines or mix:
        ngram = model.ngrams()
        by_order = ngram.ngrams.log_probabilities(task.ids, task.before)
        ngram_logp = by_order[ngram.order - 1]
        if baselines:
            yield from (loss(f"{order}-gram", each) for order, each in enumerate(by_order, 1))
            if task.characters <= LARGEST_FOR_XZ and model.config.text.characters <= LARGEST_FOR_XZ:
                training = training_text(model.config.text, LARGEST_FOR_XZ)
                yield xz_loss(training, task.first(LARGEST_FOR_XZ), task.characters)
    yield Loss("model", evaluation.nats_per_character, evaluation.bits_per_character)
    ways = {"model": model.token_log_probabilities(task.ids, task.before, threads=threads)} if mix else {}
    if dynamic:
        ways["dynamic"] = dynamic_log_probabilities(model.network, model.parameters, task.ids, task.before)
        yield loss("dynamic", ways["dynamic"])
    if mix and ngram is not None and ngram_logp is not None:
        for name, logp in ways.items():
            both, weight = mixed(logp, ngram_logp)
            yield loss(f"{weight:.2f} {name} + {1 - weight:.2f} {ngram.order}-gram", both)


def _keys(model: "LanguageModel", task: _Task, words: int) -> "Keystrokes":
    from charrnn.language.keystrokes import count_keystrokes

    return count_keystrokes(model.completer(), task.first(words * 40), words)


def _more(losses: "list[Loss]", keys: "Keystrokes | None") -> dict[str, Any]:
    more: dict[str, Any] = {"losses": [asdict(each) for each in losses]} if losses else {}
    return more | ({"keystrokes": asdict(keys)} if keys is not None else {})


def _table(losses: "list[Loss]") -> Iterator[str]:
    if losses:
        width = max(26, 2 + max(len(each.name) for each in losses))
        yield f"\n{'':<{width}}nats    bits    a character"
        for each in losses:
            yield f"{each.name:<{width}}{each.nats_per_character:<8.4f}{each.bits_per_character:.4f}"


def _in_words(keys: "Keystrokes | None") -> Iterator[str]:
    if keys is not None:
        yield f"\nkeystrokes of {keys.words:,} words, {keys.characters:,} characters"
        for n, saved, top in ((1, keys.saved_with_1, keys.top_1), (3, keys.saved_with_3, keys.top_3)):
            after = ", ".join(f"{share:.1%}" for share in top)
            yield f"{n} shown: {saved:.1%} saved; the word is there after 0, 1, … letters in {after}"
