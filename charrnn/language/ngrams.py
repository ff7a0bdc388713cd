"""N-gram models: counts with interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999).

Ids (N,) → for each order k the n different k-grams, numbered in sorted order; see `ngram_counts`. The highest order
of a model counts the occurrences of a k-gram; a lower order counts the different tokens that precede it (Kneser and
Ney 1995).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.language.ngram_counts import GramTable, Numbers, count_grams
from charrnn.network.arrays import Ids
from charrnn.text.encoded import EncodedText
from charrnn.text.progress import OnShare

Indices: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

HIGHEST_ORDER = 8
"""Order up to which the best order is looked for."""
NONE = -1
"""Number of a k-gram that is not in the table."""
READ_BLOCK, CONTEXT_BLOCK = 1 << 17, 1 << 20
"""Tokens of a text that are read, and contexts whose counts are added up, at a time."""
_DEFAULT_DISCOUNTS = (0.5, 1.0, 1.5)
"""Discounts for a text that is too short to estimate them."""


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Discounted counts divided by the totals of their contexts.

    `counts` (n,) are those of the k-grams, `discounts` (4,) what is taken from a count of 0, 1, 2, and 3 or more.
    `totals` (C,) are the sums of the counts after each context, and `left` (C,) the shares that are left to the order
    below: 1 for a context without followers.
    """

    counts: Numbers
    discounts: Floats
    totals: Numbers
    left: Floats

    @classmethod
    def of(cls, counts: Numbers, followers: Numbers) -> "Smoothed":
        """Smooth the counts (n,) of k-grams; those of context c are counts[followers[c] : followers[c + 1]]."""
        C, discounts = len(followers) - 1, np.array([0.0, *_discounts(counts)])
        totals, left = np.zeros(C, np.uint32), np.ones(C)
        for begin in range(0, C, CONTEXT_BLOCK):
            block = slice(begin, begin + CONTEXT_BLOCK)
            edges = followers[begin : begin + CONTEXT_BLOCK + 1].astype(np.int64)
            part = counts[edges[0] : edges[-1]]
            totals[block], n1, n2, n3 = (
                np.diff(np.concatenate([[0], np.cumsum(values, dtype=np.int64)])[edges - edges[0]])
                for values in (part, part == 1, part == 2, part >= 3)
            )
            given = n1 * discounts[1] + n2 * discounts[2] + n3 * discounts[3]
            np.divide(given, totals[block], out=left[block], where=totals[block] > 0)
        return cls(counts, discounts, totals, left)

    def above(self, grams: Indices, contexts: Indices) -> Floats:
        """Return the share (n,) of each k-gram, given its number and that of its context."""
        counts = self.counts[grams]
        return (counts - self.discounts[np.minimum(counts, 3)]) / np.maximum(self.totals[contexts], 1)

    def shares(self, followers: Numbers) -> Floats:
        """Return the shares (n,) of all k-grams, to look them up."""
        counts, totals = self.counts, np.repeat(self.totals, np.diff(followers))
        return (counts - self.discounts[np.minimum(counts, 3)]) / np.maximum(totals, 1)


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
    """The n different k-grams of one order; `tokens` (n,) and `followers` (C + 1,) are those of a `GramTable`.

    `raw` is smoothed from occurrences, `continued` from the number of different preceding tokens.
    """

    tokens: Numbers
    followers: Numbers
    raw: Smoothed
    continued: Smoothed

    @classmethod
    def of(cls, table: GramTable) -> "Level":
        raw = Smoothed.of(table.counts, table.followers)
        is_highest = table.continued is table.counts
        continued = raw if is_highest else Smoothed.of(table.continued, table.followers)
        return cls(table.tokens, table.followers, raw, continued)

    def find(self, contexts: Indices, tokens: Ids) -> Indices:
        """Return the number of each k-gram (n,), NONE where it is not in the table: a bisection of each context."""
        low, end = (self.followers[contexts + shift].astype(np.int64) for shift in (0, 1))
        high, open_ = end.copy(), np.flatnonzero(low < end)
        while open_.size:
            first, last = low[open_], high[open_]
            middle = (first + last) >> 1
            is_less = self.tokens[middle] < tokens[open_]
            low[open_] = first = np.where(is_less, middle + 1, first)
            high[open_] = last = np.where(is_less, last, middle)
            open_ = open_[first < last]
        is_found = low < end
        is_found[is_found] = self.tokens[low[is_found]] == tokens[is_found]
        return np.where(is_found, low, NONE)

    def probabilities(self, smoothed: Smoothed, contexts: Indices, grams: Indices, below: Floats) -> Floats:
        """Return p (N,) of the last tokens of k-grams, from p (N,) of the order below."""
        p, known, found = below.copy(), np.flatnonzero(contexts != NONE), np.flatnonzero(grams != NONE)
        p[known] *= smoothed.left[contexts[known]]
        p[found] += smoothed.above(grams[found], contexts[found])
        return p


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The counts of all n-grams of a text up to an order, over V tokens.

    Below the first order, the distribution is uniform. No context reaches across `bos_id`, the token that begins a
    document, which is never predicted. `tokens` is the number of tokens that were counted; `orders_left_out` is true
    if orders were left out for lack of memory.

    >>> abab = Ngrams.count(np.array([0, 1] * 50), V=2, order=2)
    >>> text = EncodedText(np.array([1]), previous_id=0, characters=1, unknown=0)
    >>> np.exp(abab.log_probabilities(text)).round(2).T
    array([[0.5 , 0.98]])
    """

    V: int
    bos_id: int | None
    levels: tuple[Level, ...]
    tokens: int
    orders_left_out: bool = False

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
    def count(
        cls, ids: Ids, V: int, order: int, bos_id: int | None = None, on_progress: OnShare | None = None
    ) -> "Ngrams":
        """Count a text of ids (N,), N ≥ 1; the order is lower if no document has that many tokens.

        Memory is about 1 GB at most; of a text for which that is too little, not all is counted: see `count_grams`.
        """
        counts = count_grams(ids, V, order, bos_id, on_progress)
        return cls(V, bos_id, tuple(map(Level.of, counts.tables)), counts.tokens, counts.orders_left_out)

    def name(self, order: int, tokens: int) -> str:
        """Return the name of the model of an order, counted on a text of so many tokens or on the head of it."""
        return f"{order}-gram" + (f" of the first {self.tokens:,} tokens" if self.tokens < tokens else "")

    def limits(self, tokens: int) -> str | None:
        """Return what was left out of a text of so many tokens for lack of memory, as a clause; None if nothing."""
        parts = [f"up to order {self.order}"] if self.orders_left_out else []
        parts += [f"on the first {self.tokens:,} of {tokens:,} tokens"] if self.tokens < tokens else []
        return f"n-grams are counted {' and '.join(parts)}, for more do not fit into memory" if parts else None

    def log_probabilities(self, text: EncodedText) -> Floats:
        """Return log p (order, N) in nats of each token of a text, for the model of each order; 0 for `bos_id`."""
        log_p = np.zeros((self.order, len(text.ids)))
        for places, block in self.blocks(text):
            log_p[:, places] = block
        return log_p

    def blocks(self, text: EncodedText, begin: int = 0, end: int | None = None) -> Iterator[tuple[slice, Floats]]:
        """Yield log p (order, n) of the tokens from `begin` to `end` of a text, block by block, and their places."""
        end = len(text.ids) if end is None else end
        for first in range(begin, end, READ_BLOCK):
            last, context = min(first + READ_BLOCK, end), max(0, first - self.order)
            previous_id = text.previous_id if context == 0 else int(text.ids[context - 1])
            tokens = np.concatenate([[previous_id], np.asarray(text.ids[context:last], np.int64)])
            yield slice(first, last), self._log_probabilities(tokens)[:, 1 + first - context :]

    def _log_probabilities(self, tokens: Indices) -> Floats:
        """Return log p (order, n) of tokens (n,), of which the first has no context."""
        lengths = _context_lengths(tokens, self.bos_id)
        contexts, below = np.zeros(len(tokens), np.int64), self.uniform[tokens]
        log_p = np.zeros((self.order, len(tokens)))
        for k, level in enumerate(self.levels, 1):
            grams, places = np.full(len(tokens), NONE), np.flatnonzero((lengths >= k) & (contexts != NONE))
            grams[places] = level.find(contexts[places], tokens[places])
            with np.errstate(divide="ignore"):
                log_p[k - 1] = np.log(level.probabilities(level.raw, contexts, grams, below))
            below = level.probabilities(level.continued, contexts, grams, below)
            contexts = np.concatenate([[NONE], grams[:-1]])
        log_p[:, tokens == self.bos_id] = 0.0
        return log_p

    def best_order(self, text: EncodedText, on_progress: OnShare | None = None) -> int:
        """Return the order, from 1, with the highest probability of a text."""
        return 1 + int(self.total(text, on_progress).argmax())

    def total(self, text: EncodedText, on_progress: OnShare | None = None) -> Floats:
        """Return the log probability (order,) in nats of a whole text, for the model of each order."""
        total = np.zeros(self.order)
        for places, log_p in self.blocks(text):
            total += log_p.sum(axis=1)
            if on_progress is not None:
                on_progress(places.stop / len(text.ids))
        return total

    def predictor(self, order: int | None = None) -> "NgramPredictor":
        """Return the model of this order, by default the highest, as a predictor."""
        return NgramPredictor(self, order or self.order)


class NgramPredictor:
    """An n-gram model as a predictor. A state holds the numbers of the 1-gram, 2-gram, … at the end of a text."""

    def __init__(self, ngrams: Ngrams, order: int) -> None:
        self._bos_id = ngrams.bos_id
        self._levels = ngrams.levels[:order]
        smoothed = [level.continued for level in self._levels[:-1]] + [self._levels[-1].raw]
        self._left = [kind.left for kind in smoothed]
        self._shares = [kind.shares(level.followers) for level, kind in zip(self._levels, smoothed, strict=True)]
        self._lowest = ngrams.uniform
        self._add(self._lowest, 0, 0)

    def start(self) -> tuple[int, ...]:
        return ()

    def advance(self, ids: Sequence[int] | Ids, state: tuple[int, ...]) -> tuple[Floats, tuple[int, ...]]:
        for token in ids:
            state = (int(token),) if token == self._bos_id else self._after(int(token), state)
        p = self._lowest.copy()
        for k, context in zip(range(1, len(self._levels)), state, strict=False):
            self._add(p, k, context)
        with np.errstate(divide="ignore"):
            return np.log(p), state

    def _add(self, p: Floats, k: int, context: int) -> None:
        """Turn p (V,) of the order below into that of all tokens after one context."""
        level = self._levels[k]
        followers = slice(level.followers[context], level.followers[context + 1])
        p *= self._left[k][context]
        p[level.tokens[followers]] += self._shares[k][followers]

    def _after(self, token: int, state: tuple[int, ...]) -> tuple[int, ...]:
        """Return the state after one more token: numbers of the n-grams in the table that later tokens may need."""
        numbers = [token]
        for level, context in zip(self._levels[1:-1], state, strict=False):
            begin, end = level.followers[context : context + 2].tolist()
            place = begin + int(level.tokens[begin:end].searchsorted(token))
            if place == end or level.tokens[place] != token:
                break
            numbers.append(place)
        return tuple(numbers)


def _context_lengths(tokens: Indices, bos_id: int | None) -> Indices:
    """Return the number of tokens (N,) from the beginning of the text or document up to each token, inclusive."""
    places = np.arange(len(tokens))
    return places - np.maximum.accumulate(np.where(tokens == bos_id, places, 0)) + 1
