"""`charrnn score`: the surprise of each character of a text, as a heat map on a terminal."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from charrnn.cli.arguments import Encoding, Model, Ngram, json_lines, number_option, open_text_model
from charrnn.cli.console import counted, print_message, shortened, write_json, write_line, write_text
from charrnn.cli.progress_line import ProgressLine, writes_to_file
from charrnn.cli.shades import Shade, shade_of
from charrnn.cli.streams import file_mode, file_size, read_chunks
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
Literal = Annotated[bool, typer.Option("--text", help="Score the words of TEXT, even if they look like a file.")]
Worst = Annotated[int, number_option("Number of lines with the highest surprise per character to list at the end", 0)]
AsJson = Annotated[bool, json_lines("line, and one for the whole text")]

TEXT_SUFFIXES = (".txt", ".text", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".html", ".xml", ".log", ".gz")
"""Suffixes of files that are scored as a rule; other words with a dot are scored as words."""
NO_SHADE = Shade(0.0, "")
SHADES = (
    Shade(7.0, "white on rgb(178,24,43)", "bold reverse", legend="7 bits or more"),
    Shade(4.0, "black on rgb(239,138,98)", "bold", legend="4 to 7"),
    Shade(2.0, "black on rgb(253,219,199)", legend="2 to 4"),
    Shade(1.0, "black on rgb(209,229,240)", legend="1 to 2"),
)
"""The looks of a character, by its surprise in bits."""


def score(
    model: Model,
    text: Source,
    encoding: Encoding = "utf-8",
    literal: Literal = False,
    worst: Worst = 5,
    ngram: Ngram = None,
    as_json: AsJson = False,
) -> None:
    """Show the surprise of each character of a text, in bits, line by line as the text is read."""
    from charrnn.blas import single_threaded
    from charrnn.language.scoring import TotalsCounter, lines_of, score_lines

    text_model = open_text_model(model, ngram)
    chunks, counter = _read_text(text, encoding, literal=literal), TotalsCounter(worst)
    page: _Page = _Json() if as_json else _HeatMap() if sys.stdout.isatty() else _Columns()
    size, read = None if literal else file_size(text), 0
    with single_threaded(), ProgressLine(enabled=writes_to_file()) as on_progress:
        for line in score_lines(text_model.scorer(), lines_of(chunks)):
            counter.add(line)
            page.line(line)
            if size is not None:
                read += len(line.scored.text.encode(encoding, "replace"))
                on_progress("scoring", min(1.0, read / size))
    totals = counter.totals()
    if not totals.characters:
        raise TextError("the text to score is empty; give a text of one character or more")
    if totals.unknown:
        share = f"{totals.unknown:,} of {counted(totals.characters, 'character')}"
        verb = "is" if totals.unknown == 1 else "are"
        print_message(f"{share} {verb} unknown to the model ({totals.unknown / totals.characters:.2%})")
    page.end(totals)


def _read_text(argument: str, encoding: str, *, literal: bool) -> Iterator[str]:
    """Return the text of stdin or of a file in pieces; a literal argument, or one that names no file, is the text.

    UsageError if it looks like the path of a file that is not there.
    """
    if not literal and (argument == "-" or file_mode(argument) is not None):
        return read_chunks(argument, encoding)
    words = argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if literal:
        return iter((words,))
    if _looks_like_path(argument):
        raise UsageError(f"there is no file {visible_line(words)}; to score these words themselves, add --text")
    print_message(f"no file is called {shortened(visible_line(words))}, so the words themselves are scored")
    return iter((words,))


def _looks_like_path(argument: str) -> bool:
    """Return True for one word with a separator of paths or the suffix of a text."""
    is_word = not any(map(str.isspace, argument))
    return is_word and ("/" in argument or os.sep in argument or Path(argument).suffix.lower() in TEXT_SUFFIXES)


class _Page(Protocol):
    """A form of output for scored lines."""

    def line(self, line: "ScoredLine") -> None:
        """Write a line and flush it."""

    def end(self, totals: "Totals") -> None:
        """Write the figures of the whole text."""


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
                "worst": [asdict(line) for line in totals.worst],
            }
        )


class _Columns:
    """Bits per character, bits of the line, and its text; the figures of the whole text are messages."""

    def line(self, line: "ScoredLine") -> None:
        write_text(f"{line.bits_per_character:.4f}\t{line.scored.total:.4f}\t{line.text}\n")
        sys.stdout.flush()

    def end(self, totals: "Totals") -> None:
        for line in summary(totals):
            print_message(line)


class _HeatMap:
    """The text with colors by surprise, below a legend, with the mean of each line on its left."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(markup=False, emoji=False, highlight=False)
        self._has_legend = False

    def line(self, line: "ScoredLine") -> None:
        from rich.table import Table

        color = not self._console.no_color
        if not self._has_legend:
            self._has_legend = True
            self._console.print(legend(color=color))
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(justify="right", min_width=5, no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(f"{line.bits_per_character:.2f}", heat(line.scored, color=color))
        self._console.print(row)

    def end(self, totals: "Totals") -> None:
        for line in ("", *summary(totals)):
            write_line(line)


def heat(scored: "ScoredText", *, color: bool) -> "Text":
    """Return a line for a terminal, each character in the style of its surprise; a combining mark in its base's."""
    from rich.text import Text

    line, style = Text(), ""
    for character, bits in zip(scored.text, scored.surprise(), strict=True):
        if not (joins_previous(character) and line):
            style = shade_of(bits, SHADES, NO_SHADE).style(color=color)
        if character != "\n":
            line.append("⇥" if character == "\t" else visible(character), style)
    return line


def legend(*, color: bool) -> "Text":
    """Return the shades that can be told apart, each with its range of surprise."""
    from rich.text import Text

    text = Text("bits per character; surprise:")
    for shade in reversed(SHADES):
        if color or shade.plain:
            text.append("  ").append(f" {shade.legend} ", shade.style(color=color))
    return text


def summary(totals: "Totals") -> Iterator[str]:
    """Yield the lines of the highest surprise, then the figures of the whole text."""
    for rank, line in enumerate(totals.worst, 1):
        place = f"worst {rank}: line {line.line:,}, {line.bits_per_character:.2f} bits per character"
        yield f"{place}: {shortened(visible_line(line.text))}"
    yield f"{'characters':<26}{totals.characters:,}"
    yield f"{'unknown':<26}{totals.unknown:,}"
    for name in ("bits", "bits_per_character", "nats_per_character", "perplexity_per_character"):
        yield f"{name:<26}{getattr(totals, name):.6g}"
