"""Scoring: a text as it comes → how much surprise each character was.

Surprise is -log2 p, in bits. The log-softmax is taken in float64, and every token is read once: the state is carried
from one piece of a text to the next.
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
from charrnn.text.normal_form import joins_previous
from charrnn.text.tokenizers import Tokenizer

LONGEST_LINE = 4096
"""Characters of a line that are scored at a time."""
SHORTEST_WORST = 10
"""A line of fewer characters is not among the worst, unless all lines are so short."""


def log_probability(logits: Array, token: int) -> float:
    """log p in nats of one token, from logits (V,)."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max()
    return float(shifted[token] - np.log(np.exp(shifted).sum()))


@dataclass(frozen=True)
class ScoredText:
    """A text in pieces, each what one token or several complete, none empty, and the bits of each piece.

    `unknown` counts the tokens that stand for what is not in the vocabulary.
    """

    pieces: tuple[str, ...]
    bits: tuple[float, ...]
    unknown: int

    @property
    def text(self) -> str:
        """The whole text, in the normal form in which the model reads it."""
        return "".join(self.pieces)

    @property
    def total(self) -> float:
        """The bits of the whole text."""
        return math.fsum(self.bits)

    def surprise(self) -> list[float]:
        """The bits of each character; those of a piece of several characters are spread evenly over them."""
        pairs = zip(self.pieces, self.bits, strict=True)
        return [bits / len(piece) for piece, bits in pairs for _ in piece]


class Scorer:
    """Scores one text, given piece by piece, with one predictor. Not for two threads.

    >>> model = LanguageModel.load(run)
    >>> scorer = Scorer(model.predictor(), model.tokenizer, initial_id(model.tokenizer))
    >>> bits = scorer.score("the old lump").surprise()
    >>> bits.index(max(bits))  # the place of the u
    9

    Where it is given a text in pieces, the sum is that of the whole text, as long as no token would lie across
    two pieces; none does where `lines_of` cuts at a line break.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer, start: int) -> None:
        """`start` is the token that stands before every text."""
        self._predictor, self._tokenizer = predictor, tokenizer
        self._logits, self._state = predictor.advance((start,), predictor.start())

    def score(self, text: str) -> ScoredText:
        """The next piece of the text; a lone surrogate in it is read as U+FFFD."""
        text = _readable(text, self._tokenizer.normal_form)
        tokens: list[int] = self._tokenizer.encode(text).tolist()
        pieces, bits = self._pieces(tokens)
        if sum(map(len, pieces)) == len(text):  # what was read, with the characters that are unknown
            ends = list(itertools.accumulate(map(len, pieces)))
            pieces = [text[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
        return ScoredText(tuple(pieces), tuple(bits), tokens.count(unknown_of(self._tokenizer)))

    def _pieces(self, tokens: Sequence[int]) -> tuple[list[str], list[float]]:
        """What the tokens complete, as they are decoded, and its bits."""
        decoder, pieces, bits, pending = self._tokenizer.decoder(), list[str](), list[float](), 0.0
        for token in tokens:
            pending += self._read(token)
            if piece := decoder.feed(token):
                pieces.append(piece)
                bits.append(pending)
                pending = 0.0
        if bits:
            bits[-1] += pending  # of tokens behind the last character
        return pieces, bits

    def _read(self, token: int) -> float:
        """Read one token; its bits, which are 0 for the beginning of a document, since nothing predicts it."""
        nats = 0.0 if token == self._tokenizer.bos_id else -log_probability(self._logits, token)
        self._logits, self._state = self._predictor.advance((token,), self._state)
        return nats / math.log(2.0)


def _readable(text: str, normal_form: str | None) -> str:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text) if normal_form == "NFC" else text


def unknown_of(tokenizer: Tokenizer) -> int:
    """The unknown token, or -1 where there is none."""
    return -1 if tokenizer.unk_id is None else tokenizer.unk_id


def lines_of(chunks: Iterable[str]) -> Iterator[str]:
    """A text in chunks → its lines, each with its newline, as soon as they are whole, and in constant memory.

    A line of more than LONGEST_LINE characters comes in pieces, cut before a space where there is one.
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
    """A line in pieces of up to LONGEST_LINE characters; each but the last depends on no later character."""
    pieces = []
    while len(line) > LONGEST_LINE:
        shortest = LONGEST_LINE // 2
        end = line.rfind(" ", shortest, LONGEST_LINE)
        if end < 0:
            ends = range(LONGEST_LINE, shortest, -1)
            end = next((each for each in ends if not joins_previous(line[each])), LONGEST_LINE)
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
        """The line without its newline, which is scored all the same."""
        return self.scored.text.removesuffix("\n")

    @property
    def bits_per_character(self) -> float:
        return self.scored.total / len(self.scored.text)


def score_lines(scorer: Scorer, lines: Iterable[str]) -> Iterator[ScoredLine]:
    """Each line as soon as it has been read. None of the lines may be empty: a newline is part of its line."""
    number = 1
    for line in lines:
        yield ScoredLine(number, scorer.score(line))
        number += line.endswith("\n")


@dataclass(frozen=True)
class WorstLine:
    """One of the lines that surprised the model most."""

    line: int
    text: str
    bits_per_character: float


@dataclass(frozen=True)
class Totals:
    """What a whole text came to; `worst` begins with the line of the highest mean."""

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


class Tally:
    """Adds lines up, and remembers the `worst` of them."""

    def __init__(self, worst: int) -> None:
        self._most = worst
        self._long: list[tuple[float, int, WorstLine]] = []
        self._short: list[tuple[float, int, WorstLine]] = []
        self._only_short = True
        self._order = itertools.count(0, -1)
        self._characters, self._unknown, self._bits = 0, 0, 0.0

    def add(self, line: ScoredLine) -> None:
        self._characters += len(line.scored.text)
        self._unknown += line.scored.unknown
        self._bits += line.scored.total
        is_short = len(line.text) < SHORTEST_WORST
        self._only_short &= is_short
        if self._most and (self._only_short or not is_short):
            self._remember(line, self._short if is_short else self._long)

    def totals(self) -> Totals:
        """What all lines so far came to."""
        heap = self._short if self._only_short else self._long
        worst = tuple(line for *_, line in sorted(heap, reverse=True))
        return Totals(self._characters, self._unknown, self._bits, worst)

    def _remember(self, line: ScoredLine, heap: list[tuple[float, int, WorstLine]]) -> None:
        mean = line.bits_per_character
        entry = (mean, next(self._order), WorstLine(line.number, line.text, mean))
        if len(heap) < self._most:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
