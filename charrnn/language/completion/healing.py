"""Healing: a text that ends within a token → all ways in which tokens can go on with it, and how likely each is.

A word that is half typed is never made into tokens: "Sh" alone would be pieces that training never saw before "e".
The text is read up to the word, and what was typed of it is a condition on the tokens that follow, summed over all
ways of cutting it (Athiwaratkun et al. 2024).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.predictor import Predictor, State, advance_each
from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.word_boundaries import continuation_end, leading_word_end, trailing_word

LEAST = 1e-9
"""Beginnings that are less likely, beside the likeliest, are not followed."""
LEAST_SHARE = 1e-6
"""The least share of those that have what was typed in them."""
WIDEST = 16
"""Ways of cutting what was typed that are followed at a time."""


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
        self.pieces = [tokenizer.token_bytes(token) for token in range(V)]
        self.verdicts = np.array([self._verdicts(piece) for piece in self.pieces], np.int64).T  # (3, V)
        if tokenizer.eos_id is not None:
            self.verdicts[self.INSIDE, tokenizer.eos_id] = 0
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
        inside = continuation_end(text)
        before = [leading_word_end(text, spaced=spaced) if text else None for spaced in (False, True)]
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


def log_total(logits: Array) -> float:
    """log Σ exp of logits (V,): what makes a log probability of each of them."""
    top = logits.max()
    return float(top) + math.log(float(np.exp(logits - top).sum(dtype=np.float64)))


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
    head = text[: len(text) - len(trailing_word(text))].removesuffix(" ")
    return head, text[len(head) :]


def covering(
    predictor: Predictor, lexicon: Lexicon, known: tuple[Array, State], tail: str
) -> tuple[list[tuple[float, Beginning]], bool]:
    """All beginnings that have the tail in them, each with its share of their sum; whether all ways were followed.

    `known` are logits and state before the tail, which is not empty. From left to right, the WIDEST likeliest ways to
    each place within it are read on, side by side, so that there is an end to it, and something is always found.
    """
    typed, (logits, state) = tail.encode("utf-8", "surrogatepass"), known
    places = range(len(typed) + 1)  # the last: to the end, or beyond
    ways: list[list[tuple[float, Beginning]]] = [[] for _ in places]

    def branch(nats: float, data: bytes, logits: Array, state: Array) -> None:
        nats -= log_total(logits)
        for token in lexicon.compatible(typed[len(data) :]):
            longer = data + lexicon.pieces[token]
            ways[min(len(longer), len(typed))].append((nats + float(logits[token]), Beginning(longer, token, state)))

    branch(0.0, b"", logits, state)
    complete = True
    for place in range(1, len(typed)):
        likely, all_of_them = _likeliest(ways[place])
        complete = complete and all_of_them
        if likely:
            beginnings = [beginning for _, beginning in likely]
            after = advance_each(predictor, [each.token for each in beginnings], [each.state for each in beginnings])
            for (nats, beginning), (logits, state) in zip(likely, after, strict=True):
                branch(nats, beginning.data, logits, state)
    shares = softmax(np.array([nats for nats, _ in ways[-1]]))
    found = zip(shares.tolist(), (beginning for _, beginning in ways[-1]), strict=True)
    return [(share, beginning) for share, beginning in found if share > LEAST_SHARE], complete


def _likeliest(ways: list[tuple[float, Beginning]]) -> tuple[list[tuple[float, Beginning]], bool]:
    """The likeliest WIDEST ways to a place, and whether they are all but those that hardly count."""
    if not ways:
        return [], True
    least = max(nats for nats, _ in ways) + math.log(LEAST)
    ways = sorted((way for way in ways if way[0] > least), key=lambda way: -way[0])
    return ways[:WIDEST], len(ways) <= WIDEST
