"""N-grams: a table of counts that predicts, by interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999).

Ids (N,) → for each order k the n different k-grams, numbered in the order of their keys: the number of the context,
which is a (k - 1)-gram, times V, plus the last token. So what may follow a context is a slice. The highest order of a
model counts how often a k-gram came; a lower one, after how many different tokens (Kneser and Ney 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Ids

Numbers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

MOST_TOKENS = 5_000_000
"""A longer text is counted up to here."""
NONE = -1
"""The number of a k-gram that is not in the table."""
_USUAL_DISCOUNTS = (0.5, 1.0, 1.5)
"""Where a text is too short to tell."""


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Discounted counts over the totals of their contexts: `above` (n,), a k-gram's own, and `left` (C,), what the
    discounts of a context left for the order below.
    """

    above: Floats
    left: Floats

    @classmethod
    def of(cls, counts: Numbers, contexts: Numbers, C: int) -> "Smoothed":
        """From the counts (n,) of k-grams and the numbers (n,) of their contexts, of which there are C."""
        discounts = np.take([0.0, *_discounts(counts)], np.minimum(counts, 3))
        totals = np.bincount(contexts, counts, minlength=C)
        given = np.bincount(contexts, discounts, minlength=C)
        left = np.divide(given, totals, out=np.ones(C), where=totals > 0)
        return cls((counts - discounts) / np.maximum(totals, 1.0)[contexts], left)


def _discounts(counts: Numbers) -> tuple[float, float, float]:
    """What is taken from a count of 1, 2, and 3 or more, by how many k-grams there are of each count."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == count)) for count in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return _USUAL_DISCOUNTS
    y = n1 / (n1 + 2 * n2)
    found = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
    d1, d2, d3 = (min(max(d, 0.1), most) for d, most in zip(found, (1.0, 2.0, 3.0), strict=True))
    return d1, d2, d3


@dataclass(frozen=True, eq=False)
class Level:
    """The n different k-grams of one order: their sorted keys (n,), and where the followers of each of the C contexts
    begin (C + 1,). `raw` is from how often each came, `continued` from after how many different tokens.
    """

    V: int
    keys: Numbers
    followers: Numbers
    raw: Smoothed
    continued: Smoothed

    @classmethod
    def of(cls, V: int, keys: Numbers, counts: tuple[Numbers, Numbers], C: int, is_first: bool) -> "Level":
        """From the keys (n,), their raw and continuation counts (n,), and how many contexts there are."""
        contexts = np.zeros(len(keys), np.int64) if is_first else keys // V
        raw, continued = (Smoothed.of(each, contexts, C) for each in counts)
        return cls(V, keys, keys.searchsorted(np.arange(C + 1) * V), raw, continued)

    def find(self, contexts: Numbers, tokens: Numbers) -> Numbers:
        """The number of each k-gram (…), NONE where it is not in the table."""
        keys = contexts * self.V + tokens
        places = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        return np.where((contexts != NONE) & (self.keys[places] == keys), places, NONE)

    def probabilities(self, smoothed: Smoothed, contexts: Numbers, grams: Numbers, below: Floats) -> Floats:
        """p (N,) of the last tokens of k-grams, from those of the order below."""
        above = np.where(grams != NONE, smoothed.above[grams], 0.0)
        return np.where(contexts != NONE, above + smoothed.left[contexts] * below, below)

    def distribution(self, smoothed: Smoothed, context: int, below: Floats) -> Floats:
        """The same for all V tokens after one context."""
        p: Floats = smoothed.left[context] * below
        slots = slice(self.followers[context], self.followers[context + 1])
        p[self.keys[slots] - context * self.V] += smoothed.above[slots]
        return p


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The counts of all n-grams of a text up to an order, over V tokens.

    Below the first order all tokens are alike. `start` is the token that begins a document: no context reaches across
    it, and it is never predicted.

    >>> abab = Ngrams.count(np.array([0, 1] * 50), V=2, order=2)
    >>> np.exp(abab.log_probabilities(np.array([1]), before=0)).round(2).T
    array([[0.5 , 0.98]])
    """

    V: int
    start: int | None
    levels: tuple[Level, ...]

    @property
    def order(self) -> int:
        return len(self.levels)

    @property
    def uniform(self) -> Floats:
        """The distribution (V,) below the first order."""
        p: Floats = np.full(self.V, 1.0)
        if self.start is not None:
            p[self.start] = 0.0
        p /= p.sum()
        return p

    @classmethod
    def count(cls, ids: Ids, V: int, order: int, start: int | None = None) -> "Ngrams":
        """Count a text of ids (N,), N ≥ 1; of fewer orders if no document of it is so long."""
        tokens = np.asarray(ids[:MOST_TOKENS]).astype(np.int64)
        reach, levels, contexts = _reach(tokens, start), list[Level](), 1
        table: _Table | None = _unigrams(tokens, V, start)
        while table is not None:
            k = len(levels) + 1
            longer = _longer(table, tokens, reach > k, V) if k < order and (reach > k).any() else None
            continued = table.counts
            if longer is not None:
                continued = np.bincount(longer.suffixes, minlength=len(table.keys))
                continued += np.bincount(
                    table.ended[reach == k], minlength=len(table.keys)
                )  # with nothing before them
            if k == 1 and start is not None:
                continued[start] = 0
            levels.append(Level.of(V, table.keys, (table.counts, continued), contexts, k == 1))
            contexts, table = len(table.keys), longer
        return cls(V, start, tuple(levels))

    def log_probabilities(self, ids: Ids, before: int) -> Floats:
        """log p (order, N) in nats of each token of ids (N,), read after the token `before`, by each order's model.

        It is 0 for the beginning of a document, which nothing predicts.
        """
        tokens = np.concatenate([[before], np.asarray(ids, np.int64)])
        reach = _reach(tokens, self.start)
        contexts, below = np.zeros(len(tokens), np.int64), self.uniform[tokens]
        logp = np.zeros((self.order, len(tokens)))
        for k, level in enumerate(self.levels, 1):
            grams = np.where(reach >= k, level.find(contexts, tokens), NONE)
            with np.errstate(divide="ignore"):
                logp[k - 1] = np.log(level.probabilities(level.raw, contexts, grams, below))
            below = level.probabilities(level.continued, contexts, grams, below)
            contexts = np.concatenate([[NONE], grams[:-1]])
        logp[:, tokens == self.start] = 0.0
        return logp[:, 1:]

    def predictor(self, order: int | None = None) -> "NgramPredictor":
        """The model of this order, by default the highest, as a predictor."""
        return NgramPredictor(self, order or self.order)


class NgramPredictor:
    """A table of counts as a predictor. A state is the numbers of the 1-gram, 2-gram, … that a text ends in."""

    def __init__(self, ngrams: Ngrams, order: int) -> None:
        self._start = ngrams.start
        self._levels = ngrams.levels[:order]
        self._smoothed = [each.continued for each in self._levels[:-1]] + [self._levels[-1].raw]
        self._lowest = self._levels[0].distribution(self._smoothed[0], 0, ngrams.uniform)

    def start(self) -> tuple[int, ...]:
        return ()

    def advance(self, ids: Sequence[int] | Ids, state: tuple[int, ...]) -> tuple[Floats, tuple[int, ...]]:
        for token in ids:
            state = (int(token),) if token == self._start else self._after(int(token), state)
        p = self._lowest
        for level, smoothed, context in zip(self._levels[1:], self._smoothed[1:], state, strict=False):
            p = level.distribution(smoothed, context, p)
        with np.errstate(divide="ignore"):
            return np.log(p), state

    def _after(self, token: int, state: tuple[int, ...]) -> tuple[int, ...]:
        """The numbers of what a text ends in after one more token: as long as it is in the table, and of use."""
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
    """The k-grams of a text: keys, counts and the numbers of their suffixes (n,); `ended` (N,) at each token."""

    keys: Numbers
    counts: Numbers
    suffixes: Numbers
    ended: Numbers


def _reach(tokens: Numbers, start: int | None) -> Numbers:
    """How many tokens (N,) there are up to each one since the text or its document began."""
    places = np.arange(len(tokens))
    return places - np.maximum.accumulate(np.where(tokens == start, places, 0)) + 1


def _unigrams(tokens: Numbers, V: int, start: int | None) -> _Table:
    counts = np.bincount(tokens, minlength=V)
    if start is not None:
        counts[start] = 0
    return _Table(np.arange(V), counts, np.zeros(V, np.int64), tokens)


def _longer(below: _Table, tokens: Numbers, whole: NDArray[np.bool_], V: int) -> _Table:
    """The k-grams, from the (k - 1)-grams; `whole` (N,) says where k tokens stand in one document."""
    places = np.flatnonzero(whole)
    keys, first, numbers, counts = np.unique(
        below.ended[places - 1] * V + tokens[places], return_index=True, return_inverse=True, return_counts=True
    )
    ended = np.full(len(tokens), NONE)
    ended[places] = numbers
    return _Table(keys, counts, below.ended[places[first]], ended)
