"""Counts of n-grams: the same however the work is divided, and what is left out of a text that is too long."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.language import ngram_counts, ngrams
from charrnn.language.ngram_counts import GramCounts, count_grams
from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Ids
from charrnn.text.encoded import EncodedText

texts = st.lists(st.integers(0, 5), min_size=1, max_size=60)
per_example = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_equal(first: GramCounts, second: GramCounts) -> None:
    assert len(first.tables) == len(second.tables)
    for one, other in zip(first.tables, second.tables, strict=True):
        for name in ("tokens", "followers", "counts", "continued"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def random_text(N: int, V: int) -> Ids:
    return np.random.default_rng(0).integers(0, V, N).astype(np.uint8)


@per_example
@given(texts, st.integers(1, 5), st.sampled_from([None, 5]), st.sampled_from([1, 4, 13]), st.sampled_from([0, 10**9]))
def test_counts_do_not_depend_on_the_ranges_in_which_they_are_made(
    monkeypatch: pytest.MonkeyPatch, tokens: list[int], order: int, bos_id: int | None, block: int, pairs: int
) -> None:
    ids = np.array(tokens, np.uint8)
    whole = count_grams(ids, 6, order, bos_id)
    with monkeypatch.context() as patch:
        patch.setattr(ngram_counts, "BLOCK", block)
        patch.setattr(ngram_counts, "PAIRS_PER_TOKEN", pairs)
        assert_equal(count_grams(ids, 6, order, bos_id), whole)


def test_a_vocabulary_of_millions_is_counted_as_a_small_one() -> None:
    V, ids = 1 << 22, random_text(3000, 50)
    spread = ids.astype(np.uint32) * 80_000
    small, large = Ngrams.count(ids, 50, 4), Ngrams.count(spread, V, 4)
    for one, other in zip(small.levels[1:], large.levels[1:], strict=True):
        np.testing.assert_array_equal(one.tokens.astype(np.uint32) * 80_000, other.tokens)
        np.testing.assert_array_equal(one.raw.counts, other.raw.counts)
        np.testing.assert_array_equal(one.continued.counts, other.continued.counts)


def test_all_of_a_text_is_counted() -> None:
    ids = random_text(300_000, 20)
    ngrams = Ngrams.count(ids, 20, 3)
    assert ngrams.tokens == len(ids)
    assert ngrams.limits(len(ids)) is None
    assert [int(level.raw.counts.sum()) for level in ngrams.levels] == [300_000, 299_999, 299_998]


def test_of_too_many_tokens_the_first_are_counted_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = random_text(2000, 5)
    head = count_grams(ids[:1500], 5, 3)
    monkeypatch.setattr(ngram_counts, "MOST_TOKENS", 1500)
    assert_equal(count_grams(ids, 5, 3), head)
    assert Ngrams.count(ids, 5, 3).limits(2000) == (
        "n-grams are counted on the first 1,500 of 2,000 tokens, for more do not fit into memory"
    )


def test_of_too_many_grams_the_highest_orders_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = random_text(2000, 5)
    lower = count_grams(ids, 5, 5)
    monkeypatch.setattr(ngram_counts, "MOST_GRAMS", 4000)
    counts = count_grams(ids, 5, 8)
    assert_equal(counts, lower)
    assert counts.orders_left_out
    assert (
        Ngrams.count(ids, 5, 8).limits(2000) == "n-grams are counted up to order 5, for more do not fit into memory"
    )


def test_of_far_too_many_grams_a_part_of_the_text_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram_counts, "MOST_GRAMS", 1000)
    ids = random_text(2000, 20)
    counts = count_grams(ids, 20, 8)
    assert (len(counts.tables), counts.tokens) == (5, 250)
    assert sum(len(table.tokens) for table in counts.tables) <= 1000
    assert "up to order 5 and on the first 250 of 2,000 tokens" in str(Ngrams.count(ids, 20, 8).limits(2000))


def test_progress_grows_to_the_end_and_may_abort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram_counts, "BLOCK", 100)
    shares: list[float] = []
    Ngrams.count(random_text(1000, 5), 5, 4, on_progress=shares.append)
    assert len(shares) > 30
    assert shares == sorted(shares)
    assert 0.8 < shares[-1] <= 1.0

    def abort(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ngrams.count(random_text(1000, 5), 5, 4, on_progress=abort)


def test_memory_is_what_the_module_says() -> None:
    ids = random_text(1_000_000, 64)
    tracemalloc.start()
    try:
        counts = count_grams(ids, 64, 5)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(ids) + 24 * sum(len(table.tokens) for table in counts.tables) + (200 << 20)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_a_text_is_read_in_blocks_as_in_one_piece(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Ngrams.count(random_text(500, 4), 4, 5, bos_id=3)
    text = EncodedText(random_text(200, 4)[::-1].copy(), 1, 200, 0)
    whole = counted.log_probabilities(text)
    monkeypatch.setattr(ngrams, "READ_BLOCK", block)
    np.testing.assert_array_equal(counted.log_probabilities(text), whole)
    shares: list[float] = []
    np.testing.assert_allclose(counted.total(text, shares.append), whole.sum(axis=1), rtol=1e-12)
    assert shares[-1] == 1.0
    part = np.concatenate([log_p for _, log_p in counted.blocks(text, 60, 90)], axis=1)
    np.testing.assert_array_equal(part, whole[:, 60:90])
