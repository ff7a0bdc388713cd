"""Scoring: a text as it comes → how much surprise each character was; rival texts → which of them is likeliest.

Surprise is -log2 p, in bits. The log-softmax is taken in float64, and every token is read once: the state is carried
from one piece of a text to the next, and what rival texts have in common at their beginning is shared.
"""

import heapq
import itertools
import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.language.predictor import Predictor
from charrnn.network.arrays import Array, Ids
from charrnn.text.folding import joins_previous
from charrnn.text.tokenizers import Tokenizer

LONGEST_LINE = 4096
"""Characters of a line that are scored at a time."""
SHORTEST_WORST = 10
"""A line of fewer characters is not among the worst, unless all lines are so short."""
MOST_KEPT = 1024
"""Tokens at the beginning of a candidate whose states are kept for the next one."""


def log_probability(logits: Array, token: int) -> float:
    """log p in nats of one token, from logits (V,)."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max()
    return float(shifted[token] - np.log(np.exp(shifted).sum()))


# A text, line by line.


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
        return ScoredText(tuple(pieces), tuple(bits), tokens.count(_unknown(self._tokenizer)))

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
        nats = 0.0 if token == self._tokenizer.start else -log_probability(self._logits, token)
        self._logits, self._state = self._predictor.advance((token,), self._state)
        return nats / math.log(2.0)


def _readable(text: str, normal_form: str | None) -> str:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text) if normal_form == "NFC" else text


def _unknown(tokenizer: Tokenizer) -> int:
    return -1 if tokenizer.unknown is None else tokenizer.unknown


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


# Candidates, group by group.


@dataclass(frozen=True)
class Candidate:
    """A text that may be what was meant, and what is known of it from outside (natural logarithm, higher better)."""

    text: str
    group: str | None = None
    outside: float | None = None


@dataclass(frozen=True)
class RankedCandidate:
    """A candidate with its score, and log p in nats of its text and end."""

    text: str
    score: float
    log_probability: float
    outside: float | None


@dataclass(frozen=True)
class RankedGroup:
    """Candidates of one group, the best first."""

    group: str | None
    candidates: tuple[RankedCandidate, ...]
    unknown: int


@dataclass(frozen=True)
class Blend:
    """score = weight · log p / characters^length_power + (1 - weight) · outside; without an outside, weight is 1.

    The plain sum (length_power 0) is right for candidates that are alike in length; of others it prefers the short
    ones, each further character being a factor below 1, and length_power 1 takes the mean a character instead.
    """

    weight: float = 1.0
    length_power: float = 0.0

    def score(self, log_probability: float, characters: int, outside: float | None) -> float:
        own: float = log_probability / characters**self.length_power
        return own if outside is None else self.weight * own + (1.0 - self.weight) * outside


class Ranker:
    """Ranks candidates with one predictor, each read as a text of its own. Not for two threads.

    The end of a candidate is read too: the tokenizer's end token, or a newline if the model knows that. It counts as
    a character.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer, start: int) -> None:
        """`start` is the token that stands before every text."""
        self._predictor, self._tokenizer = predictor, tokenizer
        self._end = _end(tokenizer)
        self._before = predictor.advance((start,), predictor.start())

    def rank(self, candidates: Iterable[Candidate], blend: Blend) -> Iterator[RankedGroup]:
        """The groups in the order of their first candidates; equal candidates stay in order."""
        groups: dict[str | None, list[Candidate]] = {}
        for each in candidates:
            groups.setdefault(each.group, []).append(each)
        for group, members in groups.items():
            yield self._rank(group, members, blend)

    def log_probabilities(self, texts: Sequence[Ids]) -> list[float]:
        """log p in nats of each of several texts of ids; those that begin alike are read one after the other."""
        found = [0.0] * len(texts)
        path = [(*self._before, 0.0)]  # logits, state and log p behind the first tokens of the text read last
        last: Ids = np.zeros(0, np.uint32)
        for index in sorted(range(len(texts)), key=lambda index: texts[index].tobytes()):
            ids = texts[index]
            kept = min(_shared(last, ids), len(path) - 1)
            del path[kept + 1 :]
            found[index] = self._read(ids, path)
            last = ids
        return found

    def _rank(self, group: str | None, members: list[Candidate], blend: Blend) -> RankedGroup:
        ids = [self._ids(each.text) for each in members]
        ranked = []
        for each, nats in zip(members, self.log_probabilities(ids), strict=True):
            score = blend.score(nats, max(1, len(each.text) + len(self._end)), each.outside)
            ranked.append(RankedCandidate(each.text, score, nats, each.outside))
        ranked.sort(key=lambda each: -each.score)
        unknown = sum(int(np.count_nonzero(each == _unknown(self._tokenizer))) for each in ids)
        return RankedGroup(group, tuple(ranked), unknown)

    def _ids(self, text: str) -> Ids:
        """A candidate's tokens (n,), its end included; all of one type, so that their bytes can be compared."""
        return np.concatenate([self._tokenizer.encode(text), self._end]).astype(np.uint32)

    def _read(self, ids: Ids, path: list[tuple[Array, Array, float]]) -> float:
        """log p of a text whose first tokens `path` has read; the path goes on with it."""
        logits, state, nats = path[-1]
        for place in range(len(path) - 1, len(ids)):
            token = int(ids[place])
            nats += log_probability(logits, token)
            if place + 1 < len(ids):
                logits, state = self._predictor.advance((token,), state)
                if place < MOST_KEPT:
                    path.append((logits, state, nats))
        return nats


def _end(tokenizer: Tokenizer) -> Ids:
    """The tokens (0,) or (1,) that close a text."""
    if tokenizer.end is not None:
        return np.array([tokenizer.end])
    newline = tokenizer.encode("\n")
    return newline if _unknown(tokenizer) not in newline else newline[:0]


def _shared(one: Ids, other: Ids) -> int:
    """How many tokens two texts have in common at their beginning."""
    n = min(len(one), len(other))
    differing = np.flatnonzero(one[:n] != other[:n])
    return int(differing[0]) if differing.size else n
