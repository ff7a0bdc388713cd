"""Completion search: a text → the most likely next words, with their exact probabilities.

The probability of a word is that of the text continuing with it and ending it there: the product over its tokens,
times the probability that the next token is not part of a word, summed over all ways to tokenize it. Words are found
by a best-first search over prefixes. A prefix is at least as probable as all words that begin with it, so the search
may stop as soon as no open prefix is more probable than the words found.

Where tokens have several characters, the typed part of a word is a condition on the tokens; see `healing`.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from charrnn.language.completion.healing import (
    LEAST,
    Lexicon,
    Prefix,
    covering_tokens,
    decode_whole,
    probabilities,
    split_at_last_word,
)
from charrnn.language.predictor import Predictor, State, advance_each
from charrnn.language.prefix_cache import PrefixCache
from charrnn.network.arrays import Array
from charrnn.text.tokenizers import Tokenizer, initial_id
from charrnn.text.word_boundaries import JOINERS, continuation_end, leading_word_end, trailing_word

MOST_EXPANSIONS, MOST_EXPANSIONS_OF_LONG_TOKENS = 600, 192
"""Prefixes that a search expands at most; fewer where each step has to look at a vocabulary of words or subwords."""
BATCH = 16
"""Prefixes that are read together where tokens are long."""
SMALL_SHARE = 0.1
LONGEST_KNOWN = 64
"""Bytes of the prefixes whose words are remembered."""
KEPT_VALUES = 256
"""Tokens at the end of the last text whose states are kept for the next one."""


@dataclass(frozen=True)
class Completion:
    """A word, the part of it that remains to be typed after the text, and the probability that it comes next."""

    word: str
    ending: str
    probability: float


class _Search:
    """One search: the words found so far, and the prefixes to expand, most probable first.

    Siblings, prefixes that differ in their last token alone, wait behind the most probable of them.
    """

    def __init__(self, lexicon: Lexicon, typed: str, tail: str, spaced: bool) -> None:
        """`typed` is the part of the word that was read; `tail` the part of the text that was not."""
        self._lexicon, self._typed, self._tail, self._spaced = lexicon, typed, tail, spaced
        self._heap: list[tuple[float, int, Prefix, Iterator[tuple[float, Prefix]]]] = []
        self._order = itertools.count()
        self.endings: dict[str, float] = {}
        self._least = LEAST

    def most_probable(self, n: int, batch: int) -> list[tuple[float, Prefix]]:
        """Return the next prefixes to expand and their probabilities; none if no prefix can change the n best words.

        Where a word has several tokenizations, prefixes are expanded that may add a tenth or more to one of them.
        """
        words = sorted(self.endings.values(), reverse=True)
        factor = SMALL_SHARE if self._lexicon.has_long_tokens else 1.0
        self._least = factor * words[n - 1] if len(words) >= n else LEAST
        prefixes: list[tuple[float, Prefix]] = []
        while self._heap and len(prefixes) < batch and -self._heap[0][0] > self._least:
            negative, _, prefix, siblings = heapq.heappop(self._heap)
            self._push(siblings)
            prefixes.append((-negative, prefix))
        return prefixes

    def add_covering(self, p: float, prefix: Prefix) -> None:
        """Add a prefix that covers the whole tail, and maybe more."""
        word_of = _known_word_of if len(prefix.data) <= LONGEST_KNOWN else _word_of
        text, rest, end = word_of(prefix.data, bool(self._typed), self._spaced)
        if end is None or (rest and not text[end:]):
            self._push(iter([(p, prefix)]))
        elif end > 0 or self._typed:
            self._add_word(text[:end], p)

    def branch(self, p: NDArray[np.float64], data: bytes, state: State) -> None:
        """Add the continuations of a prefix: p (V,) are the probabilities of it with each next token."""
        text, rest = decode_whole(data)
        if rest:
            self._complete_character(p, data, state)
            return
        verdicts = self._lexicon.verdicts[self._place(text)]
        probable = p > self._least
        for token in np.flatnonzero((verdicts > 0) & (p > LEAST)):
            piece, _ = decode_whole(self._lexicon.pieces[token])
            self._add_word(text + piece[: verdicts[token]], float(p[token]))
        if ended := float(p[verdicts == 0].sum()):
            self._add_word(text, ended)
        tokens = np.flatnonzero((verdicts == Lexicon.OPEN) & probable)
        self._push(self._siblings(p, tokens[np.argsort(-p[tokens], kind="stable")], data, state))

    def _place(self, text: str) -> int:
        if self._typed or text.strip(" "):
            return Lexicon.INSIDE
        return Lexicon.BEFORE_SPACE if self._spaced and not text else Lexicon.BEFORE

    def _complete_character(self, p: NDArray[np.float64], data: bytes, state: State) -> None:
        """Add the continuations of a prefix that ends within a character, which few tokens can complete."""
        pieces = self._lexicon.pieces
        text, rest = decode_whole(data)
        for token in self._lexicon.continuation_tokens:
            whole, partial = decode_whole(rest + pieces[token])
            if p[token] <= LEAST or (not whole and len(partial) > 3):
                continue
            inside = self._place(text) == Lexicon.INSIDE
            end = continuation_end(whole) if inside else leading_word_end(whole, spaced=False) if whole else None
            if end is None:
                self._push(iter([(float(p[token]), Prefix(data + pieces[token], token, state))]))
            elif inside or end > 0:
                self._add_word(text + whole[:end], float(p[token]))

    def _siblings(
        self, p: NDArray[np.float64], tokens: NDArray[np.intp], data: bytes, state: State
    ) -> Iterator[tuple[float, Prefix]]:
        for token in tokens.tolist():
            yield float(p[token]), Prefix(data + self._lexicon.pieces[token], token, state)

    def _add_word(self, text: str, p: float) -> None:
        ending = text.rstrip(JOINERS)[len(self._tail) :]
        self.endings[ending] = self.endings.get(ending, 0.0) + p

    def _push(self, siblings: Iterator[tuple[float, Prefix]]) -> None:
        if (first := next(siblings, None)) is not None:
            heapq.heappush(self._heap, (-first[0], next(self._order), first[1], siblings))


def _word_of(data: bytes, inside: bool, spaced: bool) -> tuple[str, bytes, int | None]:
    """Decode bytes to text, remaining bytes, and the end of the word in the text; None if the word may continue."""
    text, rest = decode_whole(data)
    return text, rest, continuation_end(text) if inside else leading_word_end(text, spaced=spaced)


_known_word_of = lru_cache(1 << 16)(_word_of)  # the words of a vocabulary occur again and again


class Completer:
    """Completes texts with one predictor, reading only what a text does not share with the last one.

    `exact` is False if the last search was cut off. Each thread needs its own completer.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer) -> None:
        self._predictor, self._tokenizer = predictor, tokenizer
        self._lexicon = Lexicon(tokenizer)
        initial = predictor.advance((initial_id(tokenizer),), predictor.start())
        self._cache = PrefixCache(
            initial,
            advance=lambda position, token: predictor.advance((token,), position[1]),
            kept=KEPT_VALUES,
            skip=lambda position, tokens: predictor.advance(tokens, position[1]),
        )
        self.exact = True

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """Return the n most likely next words, or endings of the word that the text ends in, most likely first.

        If the text does not end in white space, the space before the next word is part of the ending.
        """
        typed = trailing_word(text)
        long_tokens = self._lexicon.has_long_tokens
        head, tail = split_at_last_word(self._lexicon, text)
        spaced = tail.startswith(" ") or not (head == "" or head[-1].isspace())
        search = _Search(self._lexicon, "" if long_tokens else typed, tail, spaced)
        batch, limit = (BATCH, MOST_EXPANSIONS_OF_LONG_TOKENS) if long_tokens else (1, MOST_EXPANSIONS)
        complete, expansions = self._begin(search, head, tail), 0
        while (entries := search.most_probable(n, batch)) and expansions < limit:
            prefixes = [prefix for _, prefix in entries]
            advanced = advance_each(
                self._predictor, [prefix.token for prefix in prefixes], [prefix.state for prefix in prefixes]
            )
            for (p, prefix), (logits, state) in zip(entries, advanced, strict=True):
                search.branch(p * probabilities(logits), prefix.data, state)
            expansions += len(entries)
        self.exact = complete and not entries
        words = sorted(search.endings.items(), key=lambda pair: -pair[1])[:n]
        return [Completion(typed + ending.strip(), ending, p) for ending, p in words]

    def _begin(self, search: _Search, head: str, tail: str) -> bool:
        """Give the search its first prefixes; return whether they are all there are."""
        logits, state = self._after(head)
        if not tail:
            search.branch(probabilities(logits), b"", state)
            return True
        prefixes, complete = covering_tokens(self._predictor, self._lexicon, (logits, state), tail)
        for share, prefix in prefixes:
            search.add_covering(share, prefix)
        return complete

    def _after(self, text: str) -> tuple[Array, State]:
        """Return logits and state after a text."""
        return self._cache.after(self._tokenizer.encode(text).tolist())
