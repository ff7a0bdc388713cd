"""N-gram models: counts with interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999).

Ids (N,) → for each order k the n different k-grams, numbered in the order of their keys. The key of a k-gram is the
number of its context, a (k - 1)-gram, times V, plus its last token, so that the followers of a context are a slice.
The highest order of a model counts the occurrences of a k-gram; a lower order counts the different tokens that
precede it (Kneser and Ney 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Ids
from charrnn.text.encoded import EncodedText

Numbers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

HIGHEST_ORDER = 8
"""Order up to which the best order is looked for."""
MOST_TOKENS = 5_000_000
"""Tokens of a text that are counted at most."""
NONE = -1
"""Number of a k-gram that is not in the table."""
_DEFAULT_DISCOUNTS = (0.5, 1.0, 1.5)
"""Discounts for a text that is too short to estimate them."""


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Discounted counts divided by the totals of their contexts.

    `above` (n,) is the share of each k-gram; `left` (C,) is the share of each context that its discounts leave to the
    order below.
    """

    above: Floats
    left: Floats

    @classmethod
    def of(cls, counts: Numbers, contexts: Numbers, C: int) -> "Smoothed":
        """Smooth the counts (n,) of k-grams with context numbers (n,), for C contexts."""
        discounts = np.take([0.0, *_discounts(counts)], np.minimum(counts, 3))
        totals = np.bincount(contexts, counts, minlength=C)
        given = np.bincount(contexts, discounts, minlength=C)
        left = np.divide(given, totals, out=np.ones(C), where=totals > 0)
        return cls((counts - discounts) / np.maximum(totals, 1.0)[contexts], left)


def _discounts(counts: Numbers) -> tuple[float, float, float]:
    """Return the discounts of counts 1, 2, and 3 or more, from the number of k-grams with each count."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == count)) for count in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return _DEFAULT_DISCOUNTS
    y = n1 / (n1 + 2 * n2)
    estimates = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
    d1, d2, d3 = (min(max(d, 0.1), limit) for d, limit in zip(estimates, (1.0, 2.0, 3.0), strict=True))
    return d1, d2, d3


@dataclass(frozen=True, eq=False)
class Level:
    """The n different k-grams of one order.

    `keys` (n,) are sorted; `followers` (C + 1,) holds where the followers of each of C contexts begin. `raw` is
    smoothed from occurrences, `continued` from the number of different preceding tokens.
    """

    V: int
    keys: Numbers
    followers: Numbers
    raw: Smoothed
    continued: Smoothed

    @classmethod
    def of(cls, V: int, keys: Numbers, counts: tuple[Numbers, Numbers], C: int, is_first: bool) -> "Level":
        """Build the level from keys (n,), their raw and continuation counts (n,), and the number of contexts C."""
        contexts = np.zeros(len(keys), np.int64) if is_first else keys // V
        raw, continued = (Smoothed.of(kind, contexts, C) for kind in counts)
        return cls(V, keys, keys.searchsorted(np.arange(C + 1) * V), raw, continued)

    def find(self, contexts: Numbers, tokens: Numbers) -> Numbers:
        """Return the number of each k-gram (…), NONE where it is not in the table."""
        keys = contexts * self.V + tokens
        places = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        return np.where((contexts != NONE) & (self.keys[places] == keys), places, NONE)

    def probabilities(self, smoothed: Smoothed, contexts: Numbers, grams: Numbers, below: Floats) -> Floats:
        """Return p (N,) of the last tokens of k-grams, from p (N,) of the order below."""
        above = np.where(grams != NONE, smoothed.above[grams], 0.0)
        return np.where(contexts != NONE, above + smoothed.left[contexts] * below, below)

    def distribution(self, smoothed: Smoothed, context: int, below: Floats) -> Floats:
        """Return p (V,) of all tokens after one context, from p (V,) of the order below."""
        p: Floats = smoothed.left[context] * below
        slots = slice(self.followers[context], self.followers[context + 1])
        p[self.keys[slots] - context * self.V] += smoothed.above[slots]
        return p


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The counts of all n-grams of a text up to an order, over V tokens.

    Below the first order, the distribution is uniform. No context reaches across `bos_id`, the token that begins a
    document, which is never predicted.

    >>> abab = Ngrams.count(np.array([0, 1] * 50), V=2, order=2)
    >>> text = EncodedText(np.array([1]), previous_id=0, characters=1, unknown=0)
    >>> np.exp(abab.log_probabilities(text)).round(2).T
    array([[0.5 , 0.98]])
    """

    V: int
    bos_id: int | None
    levels: tuple[Level, ...]

    @property
    def order(self) -> int:
        return len(self.levels)

    @property
    def uniform(self) -> Floats:
        """The distribution (V,) below the first order."""
        p: Floats = np.full(self.V, 1.0)
        if self.bos_id is not None:
            p[self.bos_id] = 0.0
        p /= p.sum()
        return p

    @classmethod
    def count(cls, ids: Ids, V: int, order: int, bos_id: int | None = None) -> "Ngrams":
        """Count a text of ids (N,), N ≥ 1; the order is lower if no document has that many tokens."""
        tokens = np.asarray(ids[:MOST_TOKENS]).astype(np.int64)
        lengths, levels, contexts = _context_lengths(tokens, bos_id), list[Level](), 1
        table: _Table | None = _unigrams(tokens, V, bos_id)
        while table is not None:
            k = len(levels) + 1
            longer = _longer(table, tokens, lengths > k, V) if k < order and (lengths > k).any() else None
            continued = table.counts
            if longer is not None:
                continued = np.bincount(longer.suffixes, minlength=len(table.keys))
                continued += np.bincount(
                    table.ended[lengths == k], minlength=len(table.keys)
                )  # those with no preceding token
            if k == 1 and bos_id is not None:
                continued[bos_id] = 0
            levels.append(Level.of(V, table.keys, (table.counts, continued), contexts, k == 1))
            contexts, table = len(table.keys), longer
        return cls(V, bos_id, tuple(levels))

    def log_probabilities(self, text: EncodedText) -> Floats:
        """Return log p (order, N) in nats of each token of a text, for the model of each order; 0 for `bos_id`."""
        tokens = np.concatenate([[text.previous_id], np.asarray(text.ids, np.int64)])
        lengths = _context_lengths(tokens, self.bos_id)
        contexts, below = np.zeros(len(tokens), np.int64), self.uniform[tokens]
        log_p = np.zeros((self.order, len(tokens)))
        for k, level in enumerate(self.levels, 1):
            grams = np.where(lengths >= k, level.find(contexts, tokens), NONE)
            with np.errstate(divide="ignore"):
                log_p[k - 1] = np.log(level.probabilities(level.raw, contexts, grams, below))
            below = level.probabilities(level.continued, contexts, grams, below)
            contexts = np.concatenate([[NONE], grams[:-1]])
        log_p[:, tokens == self.bos_id] = 0.0
        return log_p[:, 1:]

    def best_order(self, text: EncodedText) -> int:
        """Return the order, from 1, with the highest probability of a text."""
        return 1 + int(self.log_probabilities(text).sum(axis=1).argmax())

    def predictor(self, order: int | None = None) -> "NgramPredictor":
        """Return the model of this order, by default the highest, as a predictor."""
        return NgramPredictor(self, order or self.order)


class NgramPredictor:
    """An n-gram model as a predictor. A state holds the numbers of the 1-gram, 2-gram, … at the end of a text."""

    def __init__(self, ngrams: Ngrams, order: int) -> None:
        self._bos_id = ngrams.bos_id
        self._levels = ngrams.levels[:order]
        self._smoothed = [level.continued for level in self._levels[:-1]] + [self._levels[-1].raw]
        self._lowest = self._levels[0].distribution(self._smoothed[0], 0, ngrams.uniform)

    def start(self) -> tuple[int, ...]:
        return ()

    def advance(self, ids: Sequence[int] | Ids, state: tuple[int, ...]) -> tuple[Floats, tuple[int, ...]]:
        for token in ids:
            state = (int(token),) if token == self._bos_id else self._after(int(token), state)
        p = self._lowest
        for level, smoothed, context in zip(self._levels[1:], self._smoothed[1:], state, strict=False):
            p = level.distribution(smoothed, context, p)
        with np.errstate(divide="ignore"):
            return np.log(p), state

    def _after(self, token: int, state: tuple[int, ...]) -> tuple[int, ...]:
        """Return the state after one more token: numbers of the n-grams in the table that later tokens may need."""
        numbers = [token]
        for level, context in zip(self._levels[1:-1], state, strict=False):
            key = context * level.V + token
            place = int(level.keys.searchsorted(key))
            if place == len(level.keys) or level.keys[place] != key:
                break
            numbers.append(place)
        return tuple(numbers)


@dataclass(frozen=True, eq=False)
class _Table:
    """The k-grams of a text: keys, counts and suffix numbers (n,); `ended` (N,) is the k-gram that ends at a token."""

    keys: Numbers
    counts: Numbers
    suffixes: Numbers
    ended: Numbers


def _context_lengths(tokens: Numbers, bos_id: int | None) -> Numbers:
    """Return the number of tokens (N,) from the beginning of the text or document up to each token, inclusive."""
    places = np.arange(len(tokens))
    return places - np.maximum.accumulate(np.where(tokens == bos_id, places, 0)) + 1


def _unigrams(tokens: Numbers, V: int, bos_id: int | None) -> _Table:
    counts = np.bincount(tokens, minlength=V)
    if bos_id is not None:
        counts[bos_id] = 0
    return _Table(np.arange(V), counts, np.zeros(V, np.int64), tokens)


def _longer(below: _Table, tokens: Numbers, whole: NDArray[np.bool_], V: int) -> _Table:
    """Return the k-grams from the (k - 1)-grams; `whole` (N,) marks tokens that end k tokens of one document."""
    places = np.flatnonzero(whole)
    keys, first, numbers, counts = np.unique(
        below.ended[places - 1] * V + tokens[places], return_index=True, return_inverse=True, return_counts=True
    )
    ended = np.full(len(tokens), NONE)
    ended[places] = numbers
    return _Table(keys, counts, below.ended[places[first]], ended)
