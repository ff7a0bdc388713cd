"""Completion: a text → the likeliest next words, with their exact probabilities.

The probability of a word is that of the text going on with it and ending it there: the product over its tokens,
times the chance that what follows is no part of a word, summed over all ways to cut it into tokens. The words are
found by a best-first search over what may be typed next: a beginning is at least as likely as all words that begin
so, and so the search may stop as soon as no open beginning is likelier than the words found.

Tokens of several characters are never made of a word that is half typed, which training never saw: the state is that
before the word, and what was typed is a condition on the tokens that may follow.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.predictor import Predictor
from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.words import end_inside, word_at_end, word_in

MOST_EXPANSIONS = 600
LEAST = 1e-9
"""Beginnings that are less likely are not followed."""


@dataclass(frozen=True)
class Completion:
    """A word, what is left of it to type after the text, and the probability that it comes next."""

    word: str
    ending: str
    probability: float


@dataclass(frozen=True)
class _Beginning:
    """What may come next: bytes behind the text that was read, of which `token` is the last and not read yet."""

    data: bytes
    token: int
    state: Array


class _Lexicon:
    """What the V tokens do to a word: for each place in it, a verdict (V,) a token.

    A verdict is a number of characters after which the word ends, OPEN if it may go on behind the token, or NO_WORD.
    """

    OPEN, NO_WORD = -1, -2
    INSIDE, BEFORE, BEFORE_SPACE = range(3)

    def __init__(self, tokenizer: Tokenizer) -> None:
        V = tokenizer.vocabulary_size
        self.pieces = [tokenizer.piece(token) for token in range(V)]
        self.verdicts = np.array([self._verdicts(piece) for piece in self.pieces], np.int64).T  # (3, V)
        if tokenizer.end is not None:
            self.verdicts[self.INSIDE, tokenizer.end] = 0
        self.continuing = [token for token, piece in enumerate(self.pieces) if piece and piece[0] & 0xC0 == 0x80]
        self.cuts_words = any(len(_decoded(piece)[0]) > 1 for piece in self.pieces)
        self._by_first: dict[int, list[int]] = {}
        for token, piece in enumerate(self.pieces):
            if piece:
                self._by_first.setdefault(piece[0], []).append(token)

    def _verdicts(self, piece: bytes) -> tuple[int, int, int]:
        text, rest = _decoded(piece)
        if not piece or (not text and not 0xC2 <= rest[0] < 0xF5):
            return self.NO_WORD, self.NO_WORD, self.NO_WORD
        inside = end_inside(text)
        before = [word_in(text, spaced=spaced) if text else None for spaced in (False, True)]
        ends = [self.OPEN if end is None else end or self.NO_WORD for end in before]
        return self.OPEN if inside is None else inside, ends[0], ends[1]

    def compatible(self, typed: bytes) -> Iterator[int]:
        """The tokens that `typed`, which is not empty, begins with, or that begin with it."""
        for token in self._by_first.get(typed[0], ()):
            piece = self.pieces[token]
            if piece.startswith(typed) or typed.startswith(piece):
                yield token


def _decoded(data: bytes) -> tuple[str, bytes]:
    """The whole characters of UTF-8 bytes, and the bytes behind them, which are none or a part of one."""
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8"), data[error.start :]


class _Search:
    """One search: the words found so far, and the beginnings to go on with, likeliest first.

    Siblings, which differ in their last token alone, wait behind the likeliest of them.
    """

    def __init__(self, lexicon: _Lexicon, typed: str, tail: str, spaced: bool) -> None:
        """`typed` is the part of the word that was read; `tail` what was typed and not read."""
        self._lexicon, self._typed, self._tail, self._spaced = lexicon, typed, tail, spaced
        self._heap: list[tuple[float, int, _Beginning, Iterator[tuple[float, _Beginning]]]] = []
        self._order = itertools.count()
        self.found: dict[str, float] = {}

    def likeliest(self, n: int) -> tuple[float, _Beginning] | None:
        """The likeliest beginning and its probability; None if none can change the n likeliest words any more."""
        if not self._heap:
            return None
        words = sorted(self.found.values(), reverse=True)
        if len(words) >= n and words[n - 1] >= -self._heap[0][0]:
            return None
        negative, _, beginning, siblings = heapq.heappop(self._heap)
        self._push(siblings)
        return -negative, beginning

    def cover(self, p: float, data: bytes, beginning: _Beginning) -> None:
        """A beginning that has all of `tail` in it, and maybe more."""
        text, rest = _decoded(data)
        end = end_inside(text) if self._typed else word_in(text, spaced=self._spaced)
        if end is None or (rest and not text[end:]):
            self._push(iter([(p, beginning)]))
        elif end > 0 or self._typed:
            self._count(text[:end], p)

    def branch(self, p: NDArray[np.float64], data: bytes, state: Array) -> None:
        """What may follow a beginning: p (V,) are the probabilities of it with each next token."""
        text, rest = _decoded(data)
        if rest:
            self._finish(p, data, state)
            return
        verdicts = self._lexicon.verdicts[self._place(text)]
        likely = p > LEAST
        for token in np.flatnonzero((verdicts > 0) & likely):
            piece, _ = _decoded(self._lexicon.pieces[token])
            self._count(text + piece[: verdicts[token]], float(p[token]))
        if ended := float(p[verdicts == 0].sum()):
            self._count(text, ended)
        tokens = np.flatnonzero((verdicts == _Lexicon.OPEN) & likely)
        self._push(self._siblings(p, tokens[np.argsort(-p[tokens], kind="stable")], data, state))

    def _place(self, text: str) -> int:
        if self._typed or text.strip(" "):
            return _Lexicon.INSIDE
        return _Lexicon.BEFORE_SPACE if self._spaced and not text else _Lexicon.BEFORE

    def _finish(self, p: NDArray[np.float64], data: bytes, state: Array) -> None:
        """The same where a character is not complete, and only a few tokens can go on with it."""
        pieces = self._lexicon.pieces
        text, rest = _decoded(data)
        for token in self._lexicon.continuing:
            whole, more = _decoded(rest + pieces[token])
            if p[token] <= LEAST or (not whole and len(more) > 3):
                continue
            inside = self._place(text) == _Lexicon.INSIDE
            end = end_inside(whole) if inside else word_in(whole, spaced=False) if whole else None
            if end is None:
                self._push(iter([(float(p[token]), _Beginning(data + pieces[token], token, state))]))
            elif inside or end > 0:
                self._count(text + whole[:end], float(p[token]))

    def _siblings(
        self, p: NDArray[np.float64], tokens: NDArray[np.intp], data: bytes, state: Array
    ) -> Iterator[tuple[float, _Beginning]]:
        for token in tokens.tolist():
            yield float(p[token]), _Beginning(data + self._lexicon.pieces[token], token, state)

    def _count(self, text: str, p: float) -> None:
        ending = text[len(self._tail) :]
        self.found[ending] = self.found.get(ending, 0.0) + p

    def _push(self, siblings: Iterator[tuple[float, _Beginning]]) -> None:
        if (first := next(siblings, None)) is not None:
            heapq.heappush(self._heap, (-first[0], next(self._order), first[1], siblings))


class Completer:
    """Completes texts with one predictor, each read on from what it shares with the one before. Not for two threads.

    `exact` tells whether the last search came to its end before MOST_EXPANSIONS steps.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer, start: int) -> None:
        """`start` is the token that stands before every text."""
        self._predictor, self._tokenizer = predictor, tokenizer
        self._lexicon = _Lexicon(tokenizer)
        self._tokens = [start]
        self._known = [predictor.advance([start], predictor.start())]
        self.exact = True

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """The n likeliest words that come next, or that end the word which the text ends in, likeliest first.

        Where the text does not end in white space, the space before the next word is part of the ending.
        """
        typed = word_at_end(text)
        head, read, tail = text, typed, ""
        if self._lexicon.cuts_words:
            head, read = text[: len(text) - len(typed)].removesuffix(" "), ""
            tail = text[len(head) :]
        spaced = tail.startswith(" ") or not (head == "" or head[-1].isspace())
        search = _Search(self._lexicon, read, tail, spaced)
        expansions = self._begin(search, head, tail.encode("utf-8", "surrogatepass"))
        while (likeliest := search.likeliest(n)) and expansions < MOST_EXPANSIONS:
            p, beginning = likeliest
            after, state = self._read(beginning)
            search.branch(p * after, beginning.data, state)
            expansions += 1
        self.exact = likeliest is None
        words = sorted(search.found.items(), key=lambda pair: -pair[1])[:n]
        return [Completion(typed + ending.strip(), ending, p) for ending, p in words]

    def _begin(self, search: _Search, head: str, tail: bytes) -> int:
        """Find all beginnings that have the tail in them, each with its share of their sum; the steps it took."""
        logits, state = self._after(head)
        p = _probabilities(logits)
        if not tail:
            search.branch(p, b"", state)
            return 0
        covering: list[tuple[float, _Beginning]] = []
        heap: list[tuple[float, int, _Beginning]] = []
        order = itertools.count()
        data, so_far, total, expansions = b"", 1.0, 0.0, 0
        while True:
            for token in self._lexicon.compatible(tail[len(data) :]):
                beginning = _Beginning(data + self._lexicon.pieces[token], token, state)
                joint = so_far * float(p[token])
                if len(beginning.data) >= len(tail):
                    covering.append((joint, beginning))
                    total += joint
                else:
                    heapq.heappush(heap, (-joint, next(order), beginning))
            if not heap or -heap[0][0] <= LEAST * total or expansions == MOST_EXPANSIONS:
                break
            negative, _, beginning = heapq.heappop(heap)
            p, state = self._read(beginning)
            data, so_far, expansions = beginning.data, -negative, expansions + 1
        for joint, beginning in covering:
            if joint > LEAST * total:
                search.cover(joint / total, beginning.data, beginning)
        return expansions

    def _read(self, beginning: _Beginning) -> tuple[NDArray[np.float64], Array]:
        logits, state = self._predictor.advance((beginning.token,), beginning.state)
        return _probabilities(logits), state

    def _after(self, text: str) -> tuple[Array, Array]:
        """Logits and state after a text; what the last one shares with it is not read again."""
        tokens = [self._tokens[0], *(int(token) for token in self._tokenizer.encode(text))]
        same = next((i for i, (a, b) in enumerate(zip(tokens, self._tokens, strict=False)) if a != b), None)
        kept = min(len(tokens), len(self._tokens)) if same is None else same
        del self._tokens[kept:], self._known[kept:]
        for token in tokens[kept:]:
            self._known.append(self._predictor.advance((token,), self._known[-1][1]))
            self._tokens.append(token)
        return self._known[-1]


def _probabilities(logits: Array) -> NDArray[np.float64]:
    return np.asarray(softmax(logits.astype(np.float64)), np.float64)
