"""`charrnn rescore`: candidate lines, as a recognizer gives them, ranked by a model."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.arguments import Encoding, Model, Ngram, json_lines, number_option, open_text_model
from charrnn.cli.console import print_message, shortened, write_json, write_text
from charrnn.cli.progress_line import ProgressLine, writes_to_file
from charrnn.cli.streams import read_chunks, whole_lines
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible_line

if TYPE_CHECKING:
    from charrnn.language.ranking import Candidate, RankedGroup

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Lines of CANDIDATE, GROUP tab CANDIDATE, or GROUP tab CANDIDATE tab SCORE, where SCORE is a natural "
        "logarithm, higher is better; - for stdin.",
    ),
]
Weight = Annotated[
    float | None,
    number_option("Weight of the model; the rest is the weight of SCORE", 0, 1, show_default="0.5, 1 without SCORE"),
]
LengthPower = Annotated[
    float,
    number_option(
        "Power of the number of characters by which the model's log probability is divided: 0 for the sum, which "
        "favors short candidates, 1 for the mean per character",
        0,
        2,
    ),
]
Top = Annotated[int, number_option("Candidates to write per group; 0 for all", 0)]
AsJson = Annotated[bool, json_lines("group")]

MAX_LINES = 1_000_000
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
    """Rank candidate lines, such as those of speech or character recognition, by their probability."""
    from charrnn.blas import single_threaded
    from charrnn.language.ranking import Blend
    from charrnn.text.progress import of_stage

    text_model = open_text_model(model, ngram)
    candidates = list(parse(_lines(read_chunks(file, encoding))))
    if not candidates:
        raise TextError("there are no candidates to rank; give one per line")
    has_scores = candidates[0].outside is not None
    if weight is not None and not has_scores:
        raise UsageError("--weight needs lines with SCORE in the third column; leave it out")
    blend = Blend((0.5 if weight is None else weight) if has_scores else 1.0, length_power)
    unknown = 0
    with single_threaded(), ProgressLine(enabled=writes_to_file()) as on_progress:
        on_share = of_stage(on_progress, "ranking")
        for group in text_model.ranker().rank_groups(candidates, blend, on_share):
            _write(group, top or len(group.candidates), as_json=as_json)
            unknown += group.unknown
    if unknown:
        verb = "is" if unknown == 1 else "are"
        print_message(f"{unknown:,} of the candidates' characters {verb} unknown to the model")


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    """Yield lines without newlines; TextError if there are too many or one is too long."""
    for number, line in enumerate(whole_lines(chunks, LONGEST_CANDIDATE), 1):
        if number > MAX_LINES:
            raise TextError(f"there are more than {MAX_LINES:,} lines; rank them in parts")
        yield line


def parse(lines: Iterable[str]) -> Iterator["Candidate"]:
    """Yield candidates from lines of one to three columns, the same number in each; empty lines are skipped."""
    from charrnn.language.ranking import Candidate

    expected = None
    for line_number, line in enumerate(lines, 1):
        if not line:
            continue
        columns = line.split("\t")
        expected = expected or len(columns)
        if len(columns) != expected or expected > 3:
            count = "1 column" if len(columns) == 1 else f"{len(columns):,} columns"
            requirement = "one to three" if expected > 3 else f"{expected}, as the first line has"
            raise TextError(f"line {line_number:,} has {count} between tabs; it must have {requirement}")
        if expected == 1:
            yield Candidate(line)
        else:
            outside = _parse_score(columns[2], line_number) if expected == 3 else None
            yield Candidate(columns[1], columns[0], outside)


def _parse_score(column: str, line_number: int) -> float:
    try:
        score = float(column)
    except ValueError:
        score = float("nan")
    if not isfinite(score):
        quote = shortened(visible_line(column))
        raise TextError(f"line {line_number:,}: the score is {quote!r}; it must be a number")
    return score


def _write(group: "RankedGroup", top: int, *, as_json: bool) -> None:
    candidates = group.candidates[:top]
    if as_json:
        write_json({"group": group.group, "candidates": [asdict(candidate) for candidate in candidates]})
        return
    name = "" if group.group is None else f"{group.group}\t"
    for rank, candidate in enumerate(candidates, 1):
        write_text(f"{rank}\t{name}{candidate.score:.4f}\t{candidate.log_probability:.4f}\t{candidate.text}\n")
