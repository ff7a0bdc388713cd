"""`charrnn score`: how surprised a model is by each character of a text; a heat map on a terminal."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from charrnn.cli.arguments import Encoding, Model, Ngram, open_text_model
from charrnn.cli.console import print_message, shortened, write_json, write_text
from charrnn.cli.prompt import read_prompt
from charrnn.cli.streams import mode_of, read_chunks
from charrnn.errors import TextError, UsageError
from charrnn.text.escape import visible, visible_line
from charrnn.text.normal_form import joins_previous

if TYPE_CHECKING:
    from rich.text import Text

    from charrnn.language.scoring import ScoredLine, ScoredText, Totals

Source = Annotated[
    str,
    typer.Argument(metavar="TEXT", help="A file, - for stdin, or the words themselves.", show_default=False),
]
Worst = Annotated[int, typer.Option(help="How many of the lines that surprised the model most to name at the end.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object a line, and one for them all; default off.")]


@dataclass(frozen=True)
class Shade:
    """How a character of `lowest` bits or more is shown, with colours and without, and what the legend says."""

    lowest: float
    coloured: str
    plain: str
    legend: str


SHADES = (
    Shade(7.0, "white on rgb(178,24,43)", "bold reverse", "7 bits or more"),
    Shade(4.0, "black on rgb(239,138,98)", "bold", "4 to 7"),
    Shade(2.0, "black on rgb(253,219,199)", "", "2 to 4"),
    Shade(1.0, "black on rgb(209,229,240)", "", "1 to 2"),
)


def score(
    model: Model,
    text: Source,
    encoding: Encoding = "utf-8",
    worst: Worst = 5,
    ngram: Ngram = None,
    as_json: AsJson = False,
) -> None:
    """Tell how surprised a model is by each character of a text, in bits, line by line as it comes."""
    if worst < 0:
        raise UsageError(f"--worst is {worst}; it must be 0 or above")
    from charrnn.blas import single_threaded
    from charrnn.language.scoring import Scorer, Tally, lines_of, score_lines
    from charrnn.text.tokenizers import initial_id

    voice = open_text_model(model, ngram)
    chunks = _chunks(text, encoding)
    tokenizer, tally = voice.tokenizer, Tally(worst)
    page: _Page = _Json() if as_json else _HeatMap() if sys.stdout.isatty() else _Columns()
    with single_threaded():
        scorer = Scorer(voice.predictor(), tokenizer, initial_id(tokenizer))
        for line in score_lines(scorer, lines_of(chunks)):
            tally.add(line)
            page.line(line)
    totals = tally.totals()
    if not totals.characters:
        raise TextError("the text to score is empty; give one of a character or more")
    if totals.unknown:
        share = totals.unknown / totals.characters
        print_message(
            f"{totals.unknown:,} of {totals.characters:,} characters are unknown to the model ({share:.2%})"
        )
    page.end(totals)


def _chunks(said: str, encoding: str) -> Iterator[str]:
    """The text of stdin, of a file, or the words that were said."""
    if said == "-" or mode_of(said) is not None:
        return read_chunks(said, encoding)
    words = read_prompt(said)
    print_message(f"no file is called {shortened(visible_line(words))}, so the words themselves are scored")
    return iter((words,))


class _Page(Protocol):
    """Where scored lines go."""

    def line(self, line: "ScoredLine") -> None:
        """One line, at once."""

    def end(self, totals: "Totals") -> None:
        """What is told when there are no more lines."""


class _Json:
    def line(self, line: "ScoredLine") -> None:
        surprise = line.scored.surprise()
        write_json(
            {
                "line": line.number,
                "text": line.text,
                "characters": len(surprise),
                "bits": line.scored.total,
                "bits_per_character": line.bits_per_character,
                "surprise": surprise,
                "unknown": line.scored.unknown,
            }
        )

    def end(self, totals: "Totals") -> None:
        write_json(
            {
                "characters": totals.characters,
                "unknown": totals.unknown,
                "bits": totals.bits,
                "bits_per_character": totals.bits_per_character,
                "nats_per_character": totals.nats_per_character,
                "perplexity_per_character": totals.perplexity_per_character,
                "worst": [asdict(each) for each in totals.worst],
            }
        )


class _Columns:
    """Bits a character, bits in all, text; what is told of them all is a message."""

    def line(self, line: "ScoredLine") -> None:
        write_text(f"{line.bits_per_character:.4f}\t{line.scored.total:.4f}\t{line.text}\n")
        sys.stdout.flush()

    def end(self, totals: "Totals") -> None:
        for each in summary(totals):
            print_message(each)


class _HeatMap:
    """The text on colours, under a legend, the mean of each line at its left."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(markup=False, emoji=False, highlight=False)
        self._begun = False

    def line(self, line: "ScoredLine") -> None:
        from rich.table import Table

        coloured = not self._console.no_color
        if not self._begun:
            self._begun = True
            self._console.print(legend(coloured=coloured))
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(justify="right", min_width=5, no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(f"{line.bits_per_character:.2f}", heat(line.scored, coloured=coloured))
        self._console.print(row)

    def end(self, totals: "Totals") -> None:
        for each in ("", *summary(totals)):
            write_text(f"{each}\n")


def heat(scored: "ScoredText", *, coloured: bool) -> "Text":
    """A line as a terminal may show it, each character on the shade of its surprise; a mark has that of its base."""
    from rich.text import Text

    shown, style = Text(), ""
    for character, bits in zip(scored.text, scored.surprise(), strict=True):
        if not (joins_previous(character) and shown):
            style = _style(bits, coloured=coloured)
        if character != "\n":
            shown.append("⇥" if character == "\t" else visible(character), style)
    return shown


def legend(*, coloured: bool) -> "Text":
    """The shades that differ, and the surprise that each stands for."""
    from rich.text import Text

    shades = [shade for shade in reversed(SHADES) if coloured or shade.plain]
    named = [
        part for shade in shades for part in ("  ", (f" {shade.legend} ", _style(shade.lowest, coloured=coloured)))
    ]
    return Text.assemble("bits a character; surprise:", *named)


def _style(bits: float, *, coloured: bool) -> str:
    shade = next((each for each in SHADES if bits >= each.lowest), None)
    if shade is None:
        return ""
    return shade.coloured if coloured else shade.plain


def summary(totals: "Totals") -> Iterator[str]:
    """The worst lines, then the figures of the whole text."""
    for rank, each in enumerate(totals.worst, 1):
        place = f"worst {rank}: line {each.line:,}, {each.bits_per_character:.2f} bits a character"
        yield f"{place}: {shortened(visible_line(each.text))}"
    yield f"{'characters':<26}{totals.characters:,}"
    yield f"{'unknown':<26}{totals.unknown:,}"
    for name in ("bits", "bits_per_character", "nats_per_character", "perplexity_per_character"):
        yield f"{name:<26}{getattr(totals, name):.6g}"
