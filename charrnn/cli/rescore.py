"""`charrnn rescore`: ranks the candidates of a recogniser by what a model makes of them."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.arguments import Encoding, Model, Ngram, open_text_model
from charrnn.cli.console import print_message, shortened, write_json, write_text
from charrnn.cli.streams import read_chunks, whole_lines
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible_line

if TYPE_CHECKING:
    from charrnn.language.ranking import Candidate, RankedGroup

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Lines of UTF-8, each CANDIDATE, or GROUP tab CANDIDATE, or GROUP tab CANDIDATE tab SCORE, where SCORE "
        "is a natural logarithm from outside, higher better; - for stdin.",
    ),
]
Weight = Annotated[
    float | None,
    typer.Option(
        help="Share of the model in a score, from 0 to 1; the rest is that of the score from outside.",
        show_default="0.5, or 1 where there are no scores from outside",
    ),
]
LengthPower = Annotated[
    float,
    typer.Option(
        help="The model's log p is divided by the number of characters to this power, from 0 to 2: 0, the plain sum, "
        "is for candidates alike in length and favours short ones; 1 is the mean a character."
    ),
]
Top = Annotated[int, typer.Option(help="Candidates of each group to write; 0 for all.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object a group; default off.")]

MOST_LINES = 1_000_000
LONGEST_CANDIDATE = 1_000_000


def rescore(
    model: Model,
    file: File = "-",
    weight: Weight = None,
    length_power: LengthPower = 0.0,
    top: Top = 0,
    encoding: Encoding = "utf-8",
    ngram: Ngram = None,
    as_json: AsJson = False,
) -> None:
    """Rank candidate lines, as speech or character recognition gives them, by how likely a model finds each."""
    if weight is not None and not 0.0 <= weight <= 1.0:
        raise UsageError(f"--weight is {weight:g}; it must be from 0 to 1")
    if not 0.0 <= length_power <= 2.0:
        raise UsageError(f"--length-power is {length_power:g}; it must be from 0 to 2")
    if top < 0:
        raise UsageError(f"--top is {top}; it must be 0 (all) or above")
    from charrnn.language.ranking import Blend, Ranker
    from charrnn.parallel.blas import single_threaded
    from charrnn.text.tokenizers import initial_id

    voice = open_text_model(model, ngram)
    candidates = list(parse(_lines(read_chunks(file, encoding))))
    if not candidates:
        raise TextError("there are no candidates to rank; give one a line")
    has_outside = candidates[0].outside is not None
    if weight is not None and not has_outside:
        raise UsageError("--weight is for lines with a score from outside as their third column; leave it out")
    blend = Blend((0.5 if weight is None else weight) if has_outside else 1.0, length_power)
    unknown, tokenizer = 0, voice.tokenizer
    with single_threaded():
        ranker = Ranker(voice.predictor(), tokenizer, initial_id(tokenizer))
        for group in ranker.rank(candidates, blend):
            _write(group, top or len(group.candidates), as_json=as_json)
            unknown += group.unknown
    if unknown:
        print_message(f"{unknown:,} of the candidates' characters are unknown to the model")


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    """Whole lines without their newlines, not too many and none too long."""
    for number, line in enumerate(whole_lines(chunks, LONGEST_CANDIDATE), 1):
        if number > MOST_LINES:
            raise TextError(f"there are more than {MOST_LINES:,} lines; rank them in parts")
        yield line


def parse(lines: Iterable[str]) -> Iterator["Candidate"]:
    """Candidates from lines of one to three columns, as many in each; lines with nothing in them are passed over."""
    from charrnn.language.ranking import Candidate

    expected = None
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        columns = line.split("\t")
        expected = expected or len(columns)
        if len(columns) != expected or expected > 3:
            count = "1 column" if len(columns) == 1 else f"{len(columns):,} columns"
            wanted = "from one to three" if expected > 3 else f"{expected}, as the first line has"
            raise TextError(f"line {number:,} has {count} between tabs; it must have {wanted}")
        if expected == 1:
            yield Candidate(line)
        else:
            outside = _outside(columns[2], number) if expected == 3 else None
            yield Candidate(columns[1], columns[0], outside)


def _outside(said: str, number: int) -> float:
    try:
        outside = float(said)
    except ValueError:
        outside = float("nan")
    if not isfinite(outside):
        shown = shortened(visible_line(said))
        raise TextError(f"line {number:,}: the score from outside is {shown!r}; it must be a number")
    return outside


def _write(group: "RankedGroup", top: int, *, as_json: bool) -> None:
    best = group.candidates[:top]
    if as_json:
        write_json({"group": group.group, "candidates": [asdict(each) for each in best]})
        return
    name = "" if group.group is None else f"{group.group}\t"
    for rank, each in enumerate(best, 1):
        write_text(f"{rank}\t{name}{each.score:.4f}\t{each.log_probability:.4f}\t{each.text}\n")
