"""`charrnn eval`: how well a model predicts a text, or the part of its own text that it never trained on."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.arguments import Model
from charrnn.cli.console import print_message, standard_input, write_json
from charrnn.errors import TextError, UsageError

if TYPE_CHECKING:
    from charrnn.evaluation.baselines import Loss
    from charrnn.evaluation.comparison import AnyModel, Task
    from charrnn.evaluation.keystrokes import Keystrokes
    from charrnn.run.evaluation import Evaluation

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
Against = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="RUN",
        help="Beside it, another model on the same text, whatever its tokens are; more than once if you like.",
        show_default="none",
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

LONGEST_WORDS = 40
"""Characters that a word and what follows it are given, in finding a text for --keystrokes."""


def evaluate(
    model: Model,
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
    """Tell how well a model predicts a text, read from its beginning as after a line break."""
    sources = tuple(text or ())
    if not sources and not validation:
        raise UsageError("name a text to read, or say --validation for what the run held out")
    if encoding is not None and validation:
        raise UsageError("--encoding is known with --validation: it is that of the run; leave it out")
    for name, number, most in (("threads", threads, 1024), ("words", words, 1_000_000)):
        if number is not None and not 1 <= number <= most:
            raise UsageError(f"--{name} is {number}; it must be from 1 to {most:,}")
    from charrnn.blas import has_small_matrix_kernel, physical_cores, single_threaded
    from charrnn.evaluation.baselines import Loss
    from charrnn.evaluation.comparison import other_ways, read
    from charrnn.language.cloze import ClozeModel, load_model

    first, others = load_model(model), [(path, load_model(path)) for path in against or ()]
    more = baselines or mix or dynamic or keystrokes
    if more and isinstance(first, ClozeModel):
        raise UsageError(f"{model} fills blanks: --baselines, --mix, --dynamic and --keystrokes are for other models")
    threads, panels = threads or physical_cores(), has_small_matrix_kernel()
    with single_threaded():
        tasks = _tasks([first, *(other for _, other in others)], sources, encoding, validation)
        evaluation = read(first, tasks[0], threads=threads, panels=panels)
        losses = [Loss.of("model", evaluation.nats_per_character, 1)]
        compared = bool(others) or baselines or mix or dynamic
        for name, task in zip(["the model", *(str(path) for path, _ in others)], tasks, strict=True):
            if task.unknown and compared:
                print_message(
                    f"{name} pays only for not knowing a character, and not for which it is: its loss is too low"
                )
        for (path, other), task in zip(others, tasks[1:], strict=True):
            losses.append(Loss.of(str(path), read(other, task, threads=threads, panels=panels).nats_per_character, 1))
        keys = None
        if not isinstance(first, ClozeModel):
            ways = other_ways(first, tasks[0], baselines=baselines, mix=mix, dynamic=dynamic, threads=threads)
            losses += list(ways)
            keys = _keys(first.completer(), tasks[0], words) if keystrokes else None
    _print(evaluation, losses[0 if losses[1:] else 1 :], keys, as_json=as_json)


def _tasks(
    models: "list[AnyModel]", sources: tuple[str, ...], encoding: str | None, validation: bool
) -> "list[Task]":
    """The same text for each of the models, as its tokenizer cuts it."""
    from charrnn.evaluation.comparison import held_out, whole_text
    from charrnn.text.corpus import read_corpus
    from charrnn.text.split import reopen_corpus

    if not validation:
        corpus = read_corpus(sources, encoding=encoding or "utf-8", stdin=standard_input())
        return [whole_text(each, corpus) for each in models]
    text = models[0].config.text
    corpus = reopen_corpus(text, sources, standard_input())
    for other in (each.config.text for each in models[1:]):
        parts = [(each.sha256, each.val_fraction, each.normal_form) for each in (other, text)]
        if parts[0] != parts[1]:
            raise TextError("not all of these runs held out the same text; name a text that all shall read")
    tasks = [held_out(each, corpus) for each in models]
    if not len(tasks[0].ids):
        raise TextError("the run held nothing out of its text; name a text to read")
    return tasks


def _keys(completer: Any, task: "Task", words: int) -> "Keystrokes":
    from charrnn.evaluation.keystrokes import count_keystrokes

    return count_keystrokes(completer, task.first(words * LONGEST_WORDS), words)


def _print(evaluation: "Evaluation", losses: "list[Loss]", keys: "Keystrokes | None", *, as_json: bool) -> None:
    if evaluation.unknown:
        share = evaluation.unknown / evaluation.tokens
        of = f"{evaluation.unknown:,} of {evaluation.tokens:,} tokens"
        print_message(f"{of} stand for characters that are unknown to the model ({share:.2%})")
    if as_json:
        more: dict[str, Any] = {"losses": [asdict(each) for each in losses]} if losses else {}
        write_json(asdict(evaluation) | more | ({"keystrokes": asdict(keys)} if keys is not None else {}))
        return
    for name, value in asdict(evaluation).items():
        typer.echo(f"{name:<26}{value:,}" if isinstance(value, int) else f"{name:<26}{value:.6g}")
    for line in (*_table(losses), *_in_words(keys)):
        typer.echo(line)


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
