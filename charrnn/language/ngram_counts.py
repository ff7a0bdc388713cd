"""Counting of n-grams: ids (N,) → for each order k the n different k-grams, in sorted order, and their counts.

A k-gram is a context, the number of a (k - 1)-gram, and its last token. An array (N,) holds the number of the k-gram
that ends at each token; those of the next order are found range by range of contexts, in which the occurrences are
sorted, or counted in a table of all pairs where that is small. So the memory is bounded: 8 bytes per token, at most
24 bytes per k-gram, and about 200 MB for a range, together about 1 GB with MOST_TOKENS and MOST_GRAMS.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Ids
from charrnn.text.progress import OnShare

Numbers: TypeAlias = NDArray[np.unsignedinteger]
"""Numbers of k-grams, or counts, of the smallest type that holds them."""

MOST_TOKENS, MOST_GRAMS = 50_000_000, 24_000_000
"""Largest number of tokens that are counted, and of k-grams of all orders together."""
LONGEST_KEPT = 4
"""Order up to which more text is worth more than a higher order."""
NO_GRAM = np.uint32(0xFFFFFFFF)
"""Number in place of a k-gram that would reach across the beginning of a text or of a document."""
BLOCK = 1 << 22
"""Tokens, or pairs of a context and a token, that are worked on at a time."""
PAIRS_PER_TOKEN = 8
"""Pairs in a table of all, per token that is counted in it, up to which it is quicker than sorting."""
_NO_PLACES = np.zeros(0, np.uint32)


@dataclass(frozen=True, eq=False)
class GramTable:
    """The n different k-grams of one order, sorted by context and then by last token.

    `tokens` (n,) are the last tokens; those after context c are tokens[followers[c] : followers[c + 1]], with
    `followers` (C + 1,) for C contexts. `counts` (n,) are the numbers of occurrences, `continued` (n,) those of
    different preceding tokens, in which each beginning of a text or document counts as one more.
    """

    tokens: Numbers
    followers: Numbers
    counts: Numbers
    continued: Numbers


class TooManyGramsError(Exception):
    """A text has more than MOST_GRAMS different k-grams."""


@dataclass(frozen=True, eq=False)
class GramCounts:
    """The tables of orders 1, 2, … of a text, the number of its tokens that were counted, and whether orders are left
    out for lack of memory."""

    tables: list[GramTable]
    tokens: int
    orders_left_out: bool


def count_grams(
    ids: Ids, V: int, order: int, bos_id: int | None = None, on_progress: OnShare | None = None
) -> GramCounts:
    """Count the 1-grams to `order`-grams of ids (N,) below V, N ≥ 1.

    The order is lower if no document has that many tokens. Of a text of more than MOST_TOKENS tokens, the head is
    counted. Where there are more than MOST_GRAMS k-grams, orders above LONGEST_KEPT are left out, and if that is not
    enough, half of the text, or more.
    """
    N = min(len(ids), MOST_TOKENS)
    while True:
        try:
            return _Counter(ids[:N], V, order, bos_id, on_progress or _ignore).counts()
        except TooManyGramsError:
            N //= 2


@dataclass(frozen=True, eq=False)
class _Grams:
    """The k-grams of one order as a `GramTable` has them, with the occurrences of `bos_id` among the 1-grams."""

    tokens: Numbers
    followers: Numbers
    counts: Numbers


class _Counter:
    """Counts the k-grams of one text. `_ended` (N,) are the numbers of the k-grams that end at each token."""

    def __init__(self, ids: Ids, V: int, order: int, bos_id: int | None, on_progress: OnShare) -> None:
        self._ids, self._V, self._order, self._bos_id = ids, V, order, bos_id
        self._on_progress, self._counted, self._n_grams = on_progress, 0, V
        self._token_type = np.min_scalar_type(V - 1)
        self._ended = np.asarray(ids).astype(np.uint32)
        self._longer_ended = self._ended

    def counts(self) -> GramCounts:
        """Return the tables of all orders; TooManyGramsError if those up to LONGEST_KEPT have too many k-grams."""
        tables, orders_left_out = list[GramTable](), False
        grams: _Grams | None = self._unigrams()
        while grams is not None:
            k, longer = len(tables) + 1, None
            continued = np.zeros(len(grams.tokens), np.uint32)
            if k < self._order:
                try:
                    longer = self._longer(grams, continued)
                except TooManyGramsError:
                    if k < LONGEST_KEPT:
                        raise
                    orders_left_out = True
            counts = grams.counts
            if k == 1 and self._bos_id is not None:
                counts[self._bos_id] = continued[self._bos_id] = 0
            continued_counts = counts if longer is None else _smallest(continued)
            tables.append(GramTable(grams.tokens, grams.followers, counts, continued_counts))
            grams = longer
        return GramCounts(tables, len(self._ids), orders_left_out)

    def _unigrams(self) -> _Grams:
        counts = np.zeros(self._V, np.int64)
        for block in _blocks(len(self._ids)):
            counts += np.bincount(self._ids[block], minlength=self._V)
        return _Grams(
            np.arange(self._V, dtype=self._token_type), np.array([0, self._V], np.uint32), _smallest(counts)
        )

    def _longer(self, grams: _Grams, continued: Numbers) -> _Grams | None:
        """Return the k-grams that follow the (k - 1)-grams as contexts, None if there are none.

        Their different preceding tokens are added to `continued` of the (k - 1)-grams that they end in.
        """
        self._longer_ended = np.full(len(self._ids), NO_GRAM)
        tokens, counts, followers, n = [], [], [np.zeros(1, np.uint32)], 0
        for begin, end, is_dense in self._ranges(grams.counts):
            keys, occurrences, places = (self._dense if is_dense else self._sparse)(begin, end, n)
            np.add.at(continued, self._ended[places], 1)
            tokens.append((keys % self._V).astype(self._token_type))
            counts.append(occurrences.astype(np.uint32))
            followers.append(np.bincount(keys // self._V, minlength=end - begin).astype(np.uint32))
            n += len(keys)
            self._n_grams += len(keys)
            if self._n_grams > MOST_GRAMS:
                raise TooManyGramsError
        for block in _blocks(len(self._ended)):
            ended = self._ended[block]
            np.add.at(continued, ended[(ended != NO_GRAM) & (self._longer_ended[block] == NO_GRAM)], 1)
        self._ended = self._longer_ended
        if n == 0:
            return None
        ends = np.cumsum(np.concatenate(followers), dtype=np.uint32)
        return _Grams(np.concatenate(tokens), ends, _smallest(np.concatenate(counts)))

    def _ranges(self, occurrences: Numbers) -> Iterator[tuple[int, int, bool]]:
        """Yield ranges [begin, end) of contexts, each with True if it is to be counted in a table of all pairs."""
        C, begin, most_pairs = len(occurrences), 0, max(1, BLOCK // self._V)
        while begin < C:
            cumulative = np.cumsum(occurrences[begin : begin + self._most_sorted], dtype=np.int64)
            sparse = int(cumulative.searchsorted(self._most_sorted, side="right"))  # 0 if the first has too many
            dense = min(most_pairs, len(cumulative))
            is_dense = dense >= sparse and int(cumulative[dense - 1]) * PAIRS_PER_TOKEN >= dense * self._V
            end = begin + (dense if is_dense or sparse == 0 else sparse)
            yield begin, end, is_dense or sparse == 0
            begin = end

    @property
    def _most_sorted(self) -> int:
        """Largest number of places that are sorted at a time: context, token and place must fit into 64 bits."""
        return min(BLOCK, 1 << 21) if self._V > 1 << 20 else BLOCK

    def _places(self, begin: int, end: int) -> Iterator[Ids]:
        """Yield the places of tokens after a context in a range, block by block."""
        for block in _blocks(len(self._ended) - 1):
            self._on_progress(min(1.0, self._counted / (len(self._ids) * max(1, self._order - 1))))
            places = np.flatnonzero(self._ended[block] - np.uint32(begin) < np.uint32(end - begin))
            places += block.start + 1
            yield places if self._bos_id is None else places[self._ids[places] != self._bos_id]

    def _keys(self, places: Ids, begin: int) -> NDArray[np.uint64]:
        """Return (context - begin) · V + token for each place."""
        contexts: NDArray[np.uint64] = (self._ended[places - 1] - np.uint32(begin)).astype(np.uint64)
        contexts *= np.uint64(self._V)
        contexts += self._ids[places].astype(np.uint64)
        return contexts

    def _dense(self, begin: int, end: int, n: int) -> tuple[Ids, Ids, Ids]:
        """Return keys, counts and one place of each k-gram in a range, counted in a table of all pairs.

        They are numbered from n on.
        """
        size = (end - begin) * self._V
        counts, last_places = np.zeros(size, np.int64), np.zeros(size, np.uint32)
        for places in self._places(begin, end):
            keys = self._keys(places, begin).astype(np.intp)
            counts += np.bincount(keys, minlength=size)
            last_places[keys] = places
        numbers = _numbered(counts > 0, n)
        for places in self._places(begin, end):
            self._longer_ended[places] = numbers[self._keys(places, begin).astype(np.intp)]
            self._counted += len(places)
        occurring = np.flatnonzero(counts)
        return occurring, counts[occurring], last_places[occurring]

    def _sparse(self, begin: int, end: int, n: int) -> tuple[Ids, Ids, Ids]:
        """Return keys, counts and one place of each k-gram in a range, whose occurrences are sorted."""
        places = np.concatenate([places.astype(np.uint32) for places in self._places(begin, end)] or [_NO_PLACES])
        bits = np.uint64(max(0, len(places) - 1).bit_length())
        keys = self._keys(places, begin) << bits
        keys |= np.arange(len(places), dtype=np.uint64)
        keys.sort()
        places = places[(keys & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.intp)]
        keys >>= bits
        is_first = np.ones(len(keys), np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
        self._longer_ended[places] = _numbered(is_first, n)
        self._counted += len(places)
        firsts = np.flatnonzero(is_first)
        counts = np.diff(np.append(firsts, len(keys)))
        return keys[firsts].astype(np.int64), counts, places[firsts]


def _blocks(N: int) -> Iterator[slice]:
    """Yield slices of BLOCK items that cover N items."""
    return (slice(begin, min(begin + BLOCK, N)) for begin in range(0, N, BLOCK))


def _numbered(is_new: NDArray[np.bool_], n: int) -> Numbers:
    """Return numbers from n on that grow by one with each true value."""
    numbers = np.cumsum(is_new, dtype=np.uint32)
    numbers += np.uint32(n)
    numbers -= np.uint32(1)
    return numbers


def _smallest(numbers: NDArray[np.integer]) -> Numbers:
    """Return numbers ≥ 0 with the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def _ignore(share: float) -> None:
    """Ignore the share."""
