"""The prefix cache: always the value of reading a sequence anew, with few tokens read and few values kept."""

from collections.abc import Sequence
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.language.prefix_cache import PrefixCache, shared_prefix

sequences = st.lists(st.lists(st.integers(0, 2), max_size=12), max_size=10)


Tokens: TypeAlias = tuple[int, ...]
NONE: Tokens = ()


class Reader:
    """Values that are all tokens so far, and the number of tokens that were read."""

    def __init__(self) -> None:
        self.read = 0

    def advance(self, value: Tokens, token: int) -> Tokens:
        self.read += 1
        return (*value, token)

    def skip(self, value: Tokens, tokens: Sequence[int]) -> Tokens:
        self.read += len(tokens)
        return (*value, *tokens)


@pytest.mark.parametrize("with_skip", [False, True])
@given(sequences=sequences, kept=st.integers(0, 6))
def test_the_value_is_that_of_reading_the_sequence_anew(
    with_skip: bool, sequences: list[list[int]], kept: int
) -> None:
    reader = Reader()
    cache = PrefixCache(NONE, reader.advance, kept, reader.skip if with_skip else None)
    for tokens in sequences:
        assert cache.after(tokens) == tuple(tokens)


@given(sequences=sequences)
def test_only_tokens_that_differ_from_the_last_sequence_are_read(sequences: list[list[int]]) -> None:
    reader = Reader()
    cache = PrefixCache(NONE, reader.advance, kept=100)
    previous: list[int] = []
    for tokens in sequences:
        reader.read = 0
        cache.after(tokens)
        assert reader.read == len(tokens) - shared_prefix(tokens, previous)
        previous = tokens


@given(sequences=sequences)
def test_no_sequence_is_read_more_than_once_in_full(sequences: list[list[int]]) -> None:
    reader = Reader()
    cache = PrefixCache(NONE, reader.advance, kept=2, skip=reader.skip)
    for tokens in sequences:
        reader.read = 0
        cache.after(tokens)
        assert reader.read <= len(tokens)


def test_sorted_sequences_with_a_shared_beginning_are_read_like_a_tree() -> None:
    reader = Reader()
    cache = PrefixCache(NONE, reader.advance, kept=100)
    for tokens in ([1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 6], [1, 2, 6, 7]):
        cache.after(tokens)
    assert reader.read == 7  # 1 2 3 4, then 5, then 6, then 7


def test_a_sequence_that_differs_before_the_kept_values_is_read_again() -> None:
    reader = Reader()
    cache = PrefixCache(NONE, reader.advance, kept=3)
    cache.after(range(20))
    reader.read = 0
    cache.after([*range(19), 99])  # departs at the last token
    assert reader.read == 1
    cache.after([0, 99])
    assert reader.read == 1 + 2


@pytest.mark.parametrize("with_skip", [False, True])
def test_the_number_of_kept_values_is_bounded(with_skip: bool) -> None:
    """Values are dropped by the cache when no one else holds them."""
    alive: set[int] = set()

    class Value:
        def __init__(self, length: int) -> None:
            self.length = length
            alive.add(id(self))

        def __del__(self) -> None:
            alive.discard(id(self))

    cache = PrefixCache(
        Value(0),
        lambda value, _: Value(value.length + 1),
        kept=4,
        skip=(lambda value, tokens: Value(value.length + len(tokens))) if with_skip else None,
    )
    for length in (50, 48, 3, 60):
        assert cache.after([7] * length).length == length
        assert len(alive) <= 2 * 4 + 1  # and the initial value


@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)))
def test_the_shared_prefix_is_the_longest_common_beginning(first: list[int], second: list[int]) -> None:
    n = shared_prefix(first, second)
    assert first[:n] == second[:n]
    assert first[n : n + 1] != second[n : n + 1] or n == len(first) == len(second)
