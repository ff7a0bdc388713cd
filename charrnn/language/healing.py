"""Healing: a text that ends within a token → all ways in which tokens can go on with it, and how likely each is.

A word that is half typed is never made into tokens: "Sh" alone would be pieces that training never saw before "e".
The text is read up to the word, and what was typed of it is a condition on the tokens that follow, summed over all
ways of cutting it (Athiwaratkun et al. 2024).
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.predictor import Predictor, State
from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.words import end_inside, word_at_end, word_in

LEAST = 1e-9
"""Beginnings that are less likely are not followed."""
LEAST_SHARE = 1e-6
"""The same of those that have what was typed in them."""


@dataclass(frozen=True)
class Beginning:
    """What may come next: bytes behind the text that was read, of which `token` is the last and not read yet."""

    data: bytes
    token: int
    state: Array


class Lexicon:
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
        self.cuts_words = any(len(decoded(piece)[0]) > 1 for piece in self.pieces)
        self._by_first: dict[int, list[int]] = {}
        for token, piece in enumerate(self.pieces):
            if piece:
                self._by_first.setdefault(piece[0], []).append(token)

    def _verdicts(self, piece: bytes) -> tuple[int, int, int]:
        text, rest = decoded(piece)
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


def probabilities(logits: Array) -> NDArray[np.float64]:
    """p (V,) of logits (V,), in float64."""
    return np.asarray(softmax(logits.astype(np.float64)), np.float64)


def decoded(data: bytes) -> tuple[str, bytes]:
    """The whole characters of UTF-8 bytes, and the bytes behind them, which are none or a part of one."""
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8"), data[error.start :]


def split(lexicon: Lexicon, text: str) -> tuple[str, str]:
    """A text, cut into what can be read and the word at its end, if tokens are longer than characters."""
    if not lexicon.cuts_words:
        return text, ""
    head = text[: len(text) - len(word_at_end(text))].removesuffix(" ")
    return head, text[len(head) :]


def covering(
    predictor: Predictor, lexicon: Lexicon, known: tuple[Array, State], tail: str, most: int
) -> tuple[list[tuple[float, Beginning]], int]:
    """All beginnings that have the tail in them, each with its share of their sum, and the steps it took.

    `known` are logits and state before the tail, which is not empty; `most` bounds the steps.
    """
    typed, (logits, state) = tail.encode("utf-8", "surrogatepass"), known
    found: list[tuple[float, Beginning]] = []
    heap: list[tuple[float, int, Beginning]] = []
    order, p = itertools.count(), probabilities(logits)
    data, so_far, total, steps = b"", 1.0, 0.0, 0
    while True:
        for token in lexicon.compatible(typed[len(data) :]):
            beginning = Beginning(data + lexicon.pieces[token], token, state)
            joint = so_far * float(p[token])
            if len(beginning.data) >= len(typed):
                found.append((joint, beginning))
                total += joint
            else:
                heapq.heappush(heap, (-joint, next(order), beginning))
        if not heap or -heap[0][0] <= LEAST * total or steps == most:
            break
        negative, _, beginning = heapq.heappop(heap)
        logits, state = predictor.advance((beginning.token,), beginning.state)
        p, data, so_far, steps = probabilities(logits), beginning.data, -negative, steps + 1
    return [(joint / total, beginning) for joint, beginning in found if joint > LEAST_SHARE * total], steps
