"""Token healing: a text that ends within a word → all ways to cover its last word with tokens, and their shares.

A partly typed word is never tokenized: "Sh" alone would become tokens that training never saw before "e". The text is
read up to its last word; the typed part of that word is a condition on the tokens that follow, summed over all ways
to tokenize it (Athiwaratkun et al. 2024).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.predictor import Predictor, State, advance_each
from charrnn.network.arrays import Array
from charrnn.network.losses import log_softmax, softmax
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.word_boundaries import continuation_end, leading_word_end, trailing_word

LEAST = 1e-9
"""Prefixes less probable than this, relative to the most probable one, are dropped."""
LEAST_SHARE = 1e-6
"""Least share of a way to cover the typed part that is returned."""
WIDEST = 16
"""Ways to tokenize the typed part that are followed at a time."""
LONGEST_TAIL = 256
"""Letters of the last word that are a condition on its tokens. Those before them are tokenized as text is."""


@dataclass(frozen=True)
class Prefix:
    """Bytes that may follow a text. `token` is the last of their tokens, not read yet; `state` precedes it."""

    data: bytes
    token: int
    state: State


class Lexicon:
    """The effect of each of the V tokens on a word: for each kind of place, a verdict (V,) per token.

    A verdict is the number of characters of the token after which the word ends, OPEN if the word may continue after
    the token, or NO_WORD. A place is INSIDE a word, BEFORE a word, or BEFORE_SPACE, where a space may come first.
    """

    OPEN, NO_WORD = -1, -2
    INSIDE, BEFORE, BEFORE_SPACE = range(3)

    def __init__(self, tokenizer: Tokenizer) -> None:
        V = tokenizer.vocabulary_size
        self.pieces = [tokenizer.token_bytes(token) for token in range(V)]
        self.verdicts = np.array([self._verdicts(piece) for piece in self.pieces], np.int64).T  # (3, V)
        if tokenizer.eos_id is not None:
            self.verdicts[self.INSIDE, tokenizer.eos_id] = 0
        self.continuation_tokens = [
            token for token, piece in enumerate(self.pieces) if piece and piece[0] & 0xC0 == 0x80
        ]
        self.has_long_tokens = any(len(decode_whole(piece)[0]) > 1 for piece in self.pieces)
        self._by_first_byte: dict[int, list[int]] = {}
        for token, piece in enumerate(self.pieces):
            if piece:
                self._by_first_byte.setdefault(piece[0], []).append(token)

    def _verdicts(self, piece: bytes) -> tuple[int, int, int]:
        text, rest = decode_whole(piece)
        if not piece or (not text and not 0xC2 <= rest[0] < 0xF5):
            return self.NO_WORD, self.NO_WORD, self.NO_WORD
        inside = continuation_end(text)
        before = [leading_word_end(text, spaced=spaced) if text else None for spaced in (False, True)]
        ends = [self.OPEN if end is None else end or self.NO_WORD for end in before]
        return self.OPEN if inside is None else inside, ends[0], ends[1]

    def compatible(self, typed: bytes) -> Iterator[int]:
        """Yield the tokens that begin with `typed`, which is not empty, or that `typed` begins with."""
        for token in self._by_first_byte.get(typed[0], ()):
            piece = self.pieces[token]
            if piece.startswith(typed) or typed.startswith(piece):
                yield token


def probabilities(logits: Array) -> NDArray[np.float64]:
    """Return p (V,) of logits (V,), in float64."""
    return np.asarray(softmax(logits.astype(np.float64)), np.float64)


def decode_whole(data: bytes) -> tuple[str, bytes]:
    """Return the complete characters of UTF-8 bytes, and the bytes after them: none, or a part of a character."""
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8"), data[error.start :]


def split_at_last_word(lexicon: Lexicon, text: str) -> tuple[str, str]:
    """Split a text into a head to read and a tail: its last word, with the space before it.

    The tail is empty for tokenizers without tokens of several characters. Of a longer word, it is the LONGEST_TAIL
    last letters, so that a text without spaces costs no more than another.
    """
    if not lexicon.has_long_tokens:
        return text, ""
    letters = len(trailing_word(text))
    head = text[:-LONGEST_TAIL] if letters > LONGEST_TAIL else text[: len(text) - letters].removesuffix(" ")
    return head, text[len(head) :]


def covering_tokens(
    predictor: Predictor, lexicon: Lexicon, position: tuple[Array, State], tail: str
) -> tuple[list[tuple[float, Prefix]], bool]:
    """Return the prefixes that cover the tail, with their shares of the probability, and whether none was dropped.

    `position` has the logits and state before the tail, which is not empty. The WIDEST most probable prefixes that
    end at each place are read on together, from left to right, so that the work is bounded.
    """
    typed, (logits, state) = tail.encode("utf-8", "surrogatepass"), position
    ending_at: list[list[tuple[float, Prefix]]] = [
        [] for _ in range(len(typed) + 1)
    ]  # the last: at the end or beyond

    def branch(log_p: float, data: bytes, logits: Array, state: State) -> None:
        token_log_p = log_softmax(logits.astype(np.float64))
        for token in lexicon.compatible(typed[len(data) :]):
            longer = data + lexicon.pieces[token]
            entry = log_p + float(token_log_p[token]), Prefix(longer, token, state)
            ending_at[min(len(longer), len(typed))].append(entry)

    branch(0.0, b"", logits, state)
    complete = True
    for place in range(1, len(typed)):
        kept, is_all = _most_probable(ending_at[place])
        ending_at[place].clear()
        complete = complete and is_all
        if kept:
            prefixes = [prefix for _, prefix in kept]
            advanced = advance_each(
                predictor, [prefix.token for prefix in prefixes], [prefix.state for prefix in prefixes]
            )
            for (log_p, prefix), (logits, state) in zip(kept, advanced, strict=True):
                branch(log_p, prefix.data, logits, state)
    shares = softmax(np.array([log_p for log_p, _ in ending_at[-1]]))
    covering = zip(shares.tolist(), (prefix for _, prefix in ending_at[-1]), strict=True)
    return [(share, prefix) for share, prefix in covering if share > LEAST_SHARE], complete


def _most_probable(entries: list[tuple[float, Prefix]]) -> tuple[list[tuple[float, Prefix]], bool]:
    """Return the WIDEST most probable prefixes, and whether only negligible ones were dropped."""
    if not entries:
        return [], True
    least = max(log_p for log_p, _ in entries) + math.log(LEAST)
    entries = sorted((entry for entry in entries if entry[0] > least), key=lambda entry: -entry[0])
    return entries[:WIDEST], len(entries) <= WIDEST
