"""Scoring: a text, piece by piece → the surprise of each character.

Surprise is -log2 p, in bits, computed in float64. Every token is read once: the state is carried from one piece of a
text to the next.
"""

import heapq
import itertools
import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.language.predictor import Predictor
from charrnn.network.arrays import Array
from charrnn.network.losses import log_softmax
from charrnn.text.encoded import count_unknown
from charrnn.text.normal_form import joins_previous
from charrnn.text.tokenizers import Tokenizer, initial_id

LONGEST_LINE = 4096
"""Number of characters after which a line is cut."""
SHORTEST_WORST = 10
"""A line with fewer characters is not among the worst, unless all lines are that short."""


def log_probability(logits: Array, token: int) -> float:
    """Return log p in nats of one token, from logits (V,), computed in float64."""
    return float(log_softmax(logits.astype(np.float64))[token])


@dataclass(frozen=True)
class ScoredText:
    """A text in pieces, with the bits of each. A piece is the text that one or more tokens complete, never empty.

    `unknown` counts the <unk> tokens.
    """

    pieces: tuple[str, ...]
    bits: tuple[float, ...]
    unknown: int

    @property
    def text(self) -> str:
        """The whole text, in the normal form of the model."""
        return "".join(self.pieces)

    @property
    def total(self) -> float:
        """Surprise of the whole text, in bits."""
        return math.fsum(self.bits)

    def surprise(self) -> list[float]:
        """Return the bits of each character; those of a longer piece are spread evenly over its characters."""
        pairs = zip(self.pieces, self.bits, strict=True)
        return [bits / len(piece) for piece, bits in pairs for _ in piece]


class Scorer:
    """Scores one text, given piece by piece, with one predictor. Each thread needs its own.

    >>> scorer = LanguageModel.load(run).scorer()
    >>> bits = scorer.score("the old lump").surprise()
    >>> bits.index(max(bits))  # the position of the u
    9

    The sum of the bits of several pieces is that of the whole text if no token would span two of them. This holds for
    lines, into which `lines_of` cuts a text.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer) -> None:
        self._predictor, self._tokenizer = predictor, tokenizer
        self._logits, self._state = predictor.advance((initial_id(tokenizer),), predictor.start())

    def score(self, text: str) -> ScoredText:
        """Score the next piece of the text; a lone surrogate is read as U+FFFD."""
        text = _readable(text, self._tokenizer.normal_form)
        ids = self._tokenizer.encode(text)
        pieces, bits = self._pieces(ids.tolist())
        if sum(map(len, pieces)) == len(text):  # restores the characters that <unk> stands for
            ends = list(itertools.accumulate(map(len, pieces)))
            pieces = [text[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
        return ScoredText(tuple(pieces), tuple(bits), count_unknown(ids, self._tokenizer))

    def _pieces(self, tokens: Sequence[int]) -> tuple[list[str], list[float]]:
        """Return the pieces of text that the tokens complete, and their bits."""
        decoder, pieces, bits, pending = self._tokenizer.decoder(), list[str](), list[float](), 0.0
        for token in tokens:
            pending += self._read(token)
            if piece := decoder.feed(token):
                pieces.append(piece)
                bits.append(pending)
                pending = 0.0
        if bits:
            bits[-1] += pending  # bits of tokens after the last character
        return pieces, bits

    def _read(self, token: int) -> float:
        """Read one token and return its bits; 0 for <s>, which is not predicted."""
        nats = 0.0 if token == self._tokenizer.bos_id else -log_probability(self._logits, token)
        self._logits, self._state = self._predictor.advance((token,), self._state)
        return nats / math.log(2.0)


def _readable(text: str, normal_form: str | None) -> str:
    """Return the text in the normal form, with lone surrogates replaced by U+FFFD."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text) if normal_form == "NFC" else text


def lines_of(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a text in chunks, each with its newline, as soon as they are complete.

    A line of more than LONGEST_LINE characters is yielded in pieces, cut before a space if it has one.
    """
    held = ""
    for chunk in chunks:
        *whole, held = (held + chunk).split("\n")
        for line in whole:
            yield from _cut(line + "\n")
        *begun, held = _cut(held)
        yield from begun
    if held:
        yield held


def _cut(line: str) -> list[str]:
    """Cut a line into pieces of up to LONGEST_LINE characters; further text would change the last piece only."""
    pieces = []
    while len(line) > LONGEST_LINE:
        shortest = LONGEST_LINE // 2
        end = line.rfind(" ", shortest, LONGEST_LINE)
        if end < 0:
            ends = range(LONGEST_LINE, shortest, -1)
            end = next((end for end in ends if not joins_previous(line[end])), LONGEST_LINE)
        pieces.append(line[:end])
        line = line[end:]
    return [*pieces, line]


@dataclass(frozen=True)
class ScoredLine:
    """A line of a text, or a piece of a long one; `number` counts lines from 1."""

    number: int
    scored: ScoredText

    @property
    def text(self) -> str:
        """The line without its newline, whose bits are included all the same."""
        return self.scored.text.removesuffix("\n")

    @property
    def bits_per_character(self) -> float:
        """Mean surprise of the line, its newline included."""
        return self.scored.total / len(self.scored.text)


def score_lines(scorer: Scorer, lines: Iterable[str]) -> Iterator[ScoredLine]:
    """Yield each line as soon as it has been read. No line may be empty: a newline is part of its line."""
    number = 1
    for line in lines:
        yield ScoredLine(number, scorer.score(line))
        number += line.endswith("\n")


@dataclass(frozen=True)
class WorstLine:
    """A line with one of the highest mean surprises; `line` is its number from 1."""

    line: int
    text: str
    bits_per_character: float


@dataclass(frozen=True)
class Totals:
    """Totals of a whole text; `worst` has the lines with the highest mean surprise, highest first."""

    characters: int
    unknown: int
    bits: float
    worst: tuple[WorstLine, ...]

    @property
    def bits_per_character(self) -> float:
        return self.bits / self.characters

    @property
    def nats_per_character(self) -> float:
        return self.bits_per_character * math.log(2.0)

    @property
    def perplexity_per_character(self) -> float:
        return 2.0**self.bits_per_character if self.bits_per_character < 1000.0 else math.inf


class TotalsCounter:
    """Adds up scored lines, and keeps the `worst` of them."""

    def __init__(self, worst: int) -> None:
        self._most = worst
        self._long: list[tuple[float, int, WorstLine]] = []
        self._short: list[tuple[float, int, WorstLine]] = []
        self._only_short = True
        self._order = itertools.count(0, -1)
        self._characters, self._unknown, self._bits = 0, 0, 0.0

    def add(self, line: ScoredLine) -> None:
        """Add one line."""
        self._characters += len(line.scored.text)
        self._unknown += line.scored.unknown
        self._bits += line.scored.total
        is_short = len(line.text) < SHORTEST_WORST
        self._only_short &= is_short
        if self._most and (self._only_short or not is_short):
            self._keep(line, self._short if is_short else self._long)

    def totals(self) -> Totals:
        """Return the totals of all lines so far."""
        heap = self._short if self._only_short else self._long
        worst = tuple(line for *_, line in sorted(heap, reverse=True))
        return Totals(self._characters, self._unknown, self._bits, worst)

    def _keep(self, line: ScoredLine, heap: list[tuple[float, int, WorstLine]]) -> None:
        mean = line.bits_per_character
        entry = (mean, next(self._order), WorstLine(line.number, line.text, mean))
        if len(heap) < self._most:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
