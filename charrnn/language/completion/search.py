"""Completion: a text → the likeliest next words, with their exact probabilities.

The probability of a word is that of the text going on with it and ending it there: the product over its tokens,
times the chance that what follows is no part of a word, summed over all ways to cut it into tokens. The words are
found by a best-first search over what may be typed next: a beginning is at least as likely as all words that begin
so, and so the search may stop as soon as no open beginning is likelier than the words found.

Where tokens are longer than characters, what was typed of a word is a condition on them; see `healing`.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from charrnn.language.completion.healing import LEAST, Beginning, Lexicon, covering, decoded, probabilities, split
from charrnn.language.predictor import Predictor, State, advance_each
from charrnn.network.arrays import Array
from charrnn.text.tokenizers import Tokenizer
from charrnn.text.word_boundaries import JOINERS, continuation_end, leading_word_end, trailing_word

MOST_EXPANSIONS = 600
MOST_OF_LONG_TOKENS = 192
"""The same where each step has to look at a vocabulary of words or subwords."""
SMALL_SHARE = 0.1
MOST_KEPT = 256
"""Tokens at the end of what was read to which one can at least go back without reading all of it again."""
AT_ONCE = 16
"""Beginnings that are read side by side."""


@dataclass(frozen=True)
class Completion:
    """A word, what is left of it to type after the text, and the probability that it comes next."""

    word: str
    ending: str
    probability: float


class _Search:
    """One search: the words found so far, and the beginnings to go on with, likeliest first.

    Siblings, which differ in their last token alone, wait behind the likeliest of them.
    """

    def __init__(self, lexicon: Lexicon, typed: str, tail: str, spaced: bool) -> None:
        """`typed` is the part of the word that was read; `tail` what was typed and not read."""
        self._lexicon, self._typed, self._tail, self._spaced = lexicon, typed, tail, spaced
        self._heap: list[tuple[float, int, Beginning, Iterator[tuple[float, Beginning]]]] = []
        self._order = itertools.count()
        self.found: dict[str, float] = {}
        self._least = LEAST

    def likeliest(self, n: int, most: int) -> list[tuple[float, Beginning]]:
        """The likeliest beginnings and their probabilities; none if none can change the n likeliest words any more.

        Where a word can be cut in several ways, those are followed that may add a tenth or more to one of them.
        """
        words = sorted(self.found.values(), reverse=True)
        enough = SMALL_SHARE if self._lexicon.cuts_words else 1.0
        self._least = enough * words[n - 1] if len(words) >= n else LEAST
        taken: list[tuple[float, Beginning]] = []
        while self._heap and len(taken) < most and -self._heap[0][0] > self._least:
            negative, _, beginning, siblings = heapq.heappop(self._heap)
            self._push(siblings)
            taken.append((-negative, beginning))
        return taken

    def cover(self, p: float, data: bytes, beginning: Beginning) -> None:
        """A beginning that has all of `tail` in it, and maybe more."""
        text, rest, end = _word_of(data, bool(self._typed), self._spaced)
        if end is None or (rest and not text[end:]):
            self._push(iter([(p, beginning)]))
        elif end > 0 or self._typed:
            self._count(text[:end], p)

    def branch(self, p: NDArray[np.float64], data: bytes, state: Array) -> None:
        """What may follow a beginning: p (V,) are the probabilities of it with each next token."""
        text, rest = decoded(data)
        if rest:
            self._finish(p, data, state)
            return
        verdicts = self._lexicon.verdicts[self._place(text)]
        likely = p > self._least
        for token in np.flatnonzero((verdicts > 0) & (p > LEAST)):
            piece, _ = decoded(self._lexicon.pieces[token])
            self._count(text + piece[: verdicts[token]], float(p[token]))
        if ended := float(p[verdicts == 0].sum()):
            self._count(text, ended)
        tokens = np.flatnonzero((verdicts == Lexicon.OPEN) & likely)
        self._push(self._siblings(p, tokens[np.argsort(-p[tokens], kind="stable")], data, state))

    def _place(self, text: str) -> int:
        if self._typed or text.strip(" "):
            return Lexicon.INSIDE
        return Lexicon.BEFORE_SPACE if self._spaced and not text else Lexicon.BEFORE

    def _finish(self, p: NDArray[np.float64], data: bytes, state: Array) -> None:
        """The same where a character is not complete, and only a few tokens can go on with it."""
        pieces = self._lexicon.pieces
        text, rest = decoded(data)
        for token in self._lexicon.continuing:
            whole, more = decoded(rest + pieces[token])
            if p[token] <= LEAST or (not whole and len(more) > 3):
                continue
            inside = self._place(text) == Lexicon.INSIDE
            end = continuation_end(whole) if inside else leading_word_end(whole, spaced=False) if whole else None
            if end is None:
                self._push(iter([(float(p[token]), Beginning(data + pieces[token], token, state))]))
            elif inside or end > 0:
                self._count(text + whole[:end], float(p[token]))

    def _siblings(
        self, p: NDArray[np.float64], tokens: NDArray[np.intp], data: bytes, state: Array
    ) -> Iterator[tuple[float, Beginning]]:
        for token in tokens.tolist():
            yield float(p[token]), Beginning(data + self._lexicon.pieces[token], token, state)

    def _count(self, text: str, p: float) -> None:
        ending = text.rstrip(JOINERS)[len(self._tail) :]
        self.found[ending] = self.found.get(ending, 0.0) + p

    def _push(self, siblings: Iterator[tuple[float, Beginning]]) -> None:
        if (first := next(siblings, None)) is not None:
            heapq.heappush(self._heap, (-first[0], next(self._order), first[1], siblings))


@lru_cache(1 << 16)  # the words of a vocabulary come again and again
def _word_of(data: bytes, inside: bool, spaced: bool) -> tuple[str, bytes, int | None]:
    """Bytes as text, what is left of them, and where the word ends that is in them: none, or not yet."""
    text, rest = decoded(data)
    return text, rest, continuation_end(text) if inside else leading_word_end(text, spaced=spaced)


class Completer:
    """Completes texts with one predictor, each read on from what it shares with the one before. Not for two threads.

    `exact` tells whether the last search came to its end before it had taken too many steps.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer, start: int) -> None:
        """`start` is the token that stands before every text."""
        self._predictor, self._tokenizer = predictor, tokenizer
        self._lexicon = Lexicon(tokenizer)
        self._start = start
        self._tokens: list[int] = []
        self._known: list[tuple[Array, State]] = []  # behind each of the last tokens
        self.exact = True

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """The n likeliest words that come next, or that end the word which the text ends in, likeliest first.

        Where the text does not end in white space, the space before the next word is part of the ending.
        """
        typed = trailing_word(text)
        head, tail = split(self._lexicon, text)
        read = "" if self._lexicon.cuts_words else typed
        spaced = tail.startswith(" ") or not (head == "" or head[-1].isspace())
        search = _Search(self._lexicon, read, tail, spaced)
        at_once, most = (AT_ONCE, MOST_OF_LONG_TOKENS) if self._lexicon.cuts_words else (1, MOST_EXPANSIONS)
        all_followed, expansions = self._begin(search, head, tail), 0
        while (likeliest := search.likeliest(n, at_once)) and expansions < most:
            beginnings = [beginning for _, beginning in likeliest]
            tokens, states = [each.token for each in beginnings], [each.state for each in beginnings]
            known = advance_each(self._predictor, tokens, states)
            for (p, beginning), (logits, state) in zip(likeliest, known, strict=True):
                search.branch(p * probabilities(logits), beginning.data, state)
            expansions += len(likeliest)
        self.exact = all_followed and not likeliest
        words = sorted(search.found.items(), key=lambda pair: -pair[1])[:n]
        return [Completion(typed + ending.strip(), ending, p) for ending, p in words]

    def _begin(self, search: _Search, head: str, tail: str) -> bool:
        """Give the search what it begins with; whether that is all there is."""
        known = self._after(head)
        if not tail:
            search.branch(probabilities(known[0]), b"", known[1])
            return True
        found, all_followed = covering(self._predictor, self._lexicon, known, tail)
        for share, beginning in found:
            search.cover(share, beginning.data, beginning)
        return all_followed

    def _after(self, text: str) -> tuple[Array, State]:
        """Logits and state after a text; what the last one shares with it is not read again."""
        tokens = [self._start, *self._tokenizer.encode(text).tolist()]
        same = next((i for i, (a, b) in enumerate(zip(tokens, self._tokens, strict=False)) if a != b), None)
        kept = min(len(tokens), len(self._tokens)) if same is None else same
        dropped = len(self._tokens) - kept
        if dropped >= len(self._known):  # so far back that nothing is known of it any more
            kept, self._tokens, self._known = 0, [], [(np.zeros(0), self._predictor.start())]
        else:
            del self._tokens[kept:], self._known[len(self._known) - dropped :]
        for token in tokens[kept:]:
            self._known.append(self._predictor.advance((token,), self._known[-1][1]))
            self._tokens.append(token)
            if len(self._known) > 2 * MOST_KEPT:
                del self._known[:MOST_KEPT]
        return self._known[-1]
