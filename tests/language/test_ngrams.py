"""N-grams: against the textbook's formulas with dictionaries, and as distributions over all tokens."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Ids
from charrnn.text.encoded import EncodedText


def encoded(ids: Sequence[int] | Ids, previous_id: int) -> EncodedText:
    return EncodedText(np.array(ids, np.int64), previous_id, len(ids), 0)


def grams_of(tokens: Sequence[int], k: int, bos_id: int | None) -> list[tuple[int, ...]]:
    """Return all k-grams of a text that do not reach across a document start; `bos_id` is no 1-gram."""
    grams = [tuple(tokens[i : i + k]) for i in range(len(tokens) - k + 1)]
    return [gram for gram in grams if bos_id not in gram[1:] and gram != (bos_id,)]


def counts_of(tokens: Sequence[int], k: int, order: int, bos_id: int | None) -> Counter[tuple[int, ...]]:
    """Return the counts of the k-grams: of occurrences for the highest order, else of different preceding tokens.

    Each occurrence without a preceding token, at the beginning of the text or of a document, counts as one more.
    """
    if k == order:
        return Counter(grams_of(tokens, k, bos_id))
    counts: Counter[tuple[int, ...]] = Counter()
    for gram in set(grams_of(tokens, k, bos_id)):
        places = [i for i in range(len(tokens) - k + 1) if tuple(tokens[i : i + k]) == gram]
        first = [i for i in places if i == 0 or gram[0] == bos_id]
        counts[gram] = len({tokens[i - 1] for i in places if i not in first}) + len(first)
    return counts


def textbook(
    tokens: Sequence[int], V: int, order: int, bos_id: int | None, context: tuple[int, ...], token: int
) -> float:
    """Return p(token | context) of interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999)."""
    if bos_id in context:
        context = context[len(context) - 1 - context[::-1].index(bos_id) :]
    p = 0.0 if token == bos_id else 1.0 / (V - (bos_id is not None))
    for k in range(1, order + 1):
        if k - 1 > len(context) or not grams_of(tokens, k, bos_id):
            break
        counts = counts_of(tokens, k, order, bos_id)
        n = [sum(1 for count in counts.values() if count == i) for i in (1, 2, 3, 4)]
        D = [0.5, 1.0, 1.5]
        if all(n[:3]):
            y = n[0] / (n[0] + 2 * n[1])
            D = [1 - 2 * y * n[1] / n[0], 2 - 3 * y * n[2] / n[1], 3 - 4 * y * n[3] / n[2]]
            D = [min(max(d, 0.1), i) for i, d in enumerate(D, 1)]
        suffix = context[len(context) - k + 1 :]
        followers = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == suffix}
        total = sum(followers.values())
        if total:
            discounted = sum(D[min(count, 3) - 1] for count in followers.values())
            count = followers.get(token, 0)
            p = (count - (D[min(count, 3) - 1] if count else 0.0)) / total + discounted / total * p
    return p


texts = st.lists(st.integers(0, 3), min_size=1, max_size=40)


@settings(deadline=None, max_examples=60)
@given(texts, texts, st.integers(1, 4), st.sampled_from([None, 3]))
def test_the_probabilities_are_those_of_the_textbook(
    tokens: list[int], text: list[int], order: int, bos_id: int | None
) -> None:
    ngrams = Ngrams.count(np.array(tokens), 4, order, bos_id)
    log_p = ngrams.log_probabilities(encoded(text, 0))[-1]
    context = [0]
    for token, token_log_p in zip(text, log_p, strict=True):
        expected = 1.0
        if token != bos_id:
            expected = textbook(tokens, 4, ngrams.order, bos_id, tuple(context[-order:]), token)
        assert math.exp(token_log_p) == pytest.approx(expected, rel=1e-9)
        context.append(token)


@settings(deadline=None, max_examples=100)
@given(texts, texts, st.integers(1, 6), st.sampled_from([None, 0, 3]))
def test_a_distribution_sums_to_one_and_only_a_document_start_has_probability_zero(
    tokens: list[int], context: list[int], order: int, bos_id: int | None
) -> None:
    predictor = Ngrams.count(np.array(tokens), 4, order, bos_id).predictor()
    logits, _ = predictor.advance(context, predictor.start())
    p = np.exp(logits)
    assert p.sum() == pytest.approx(1.0, abs=1e-9)
    assert [token for token in range(4) if p[token] == 0.0] == ([] if bos_id is None else [bos_id])


@settings(deadline=None, max_examples=60)
@given(texts, texts, st.integers(1, 5), st.sampled_from([None, 2]))
def test_the_predictor_gives_the_probabilities_of_the_whole_text_step_by_step(
    tokens: list[int], text: list[int], order: int, bos_id: int | None
) -> None:
    ngrams = Ngrams.count(np.array(tokens), 4, order, bos_id)
    log_p = ngrams.log_probabilities(encoded(text, 1))
    for n in range(1, ngrams.order + 1):
        predictor = ngrams.predictor(n)
        logits, state = predictor.advance([1], predictor.start())
        for token, expected in zip(text, log_p[n - 1], strict=True):
            assert token == bos_id or logits[token] == pytest.approx(expected, abs=1e-9)
            logits, state = predictor.advance([token], state)


def test_a_state_can_be_used_again() -> None:
    predictor = Ngrams.count(np.array([0, 1, 2, 0, 1, 2, 0]), 3, 3).predictor()
    _, state = predictor.advance([0, 1], predictor.start())
    first, _ = predictor.advance([2], state)
    predictor.advance([0, 0, 1], state)
    np.testing.assert_array_equal(predictor.advance([2], state)[0], first)
    assert first.argmax() == 0


def test_a_probability_does_not_depend_on_later_tokens() -> None:
    rng = np.random.default_rng(0)
    ngrams = Ngrams.count(rng.integers(0, 5, 500), 5, 4)
    text = rng.integers(0, 5, 50)
    changed = text.copy()
    changed[30:] = 4 - changed[30:]
    first, second = (ngrams.log_probabilities(encoded(ids, 0)) for ids in (text, changed))
    np.testing.assert_array_equal(first[:, :30], second[:, :30])
    assert (first[:, 31:] != second[:, 31:]).any()


def test_no_context_reaches_across_a_document_start() -> None:
    bos_id, tokens = 3, np.array([0, 3, 1, 1, 3, 2, 0, 3, 1] * 5)
    predictor = Ngrams.count(tokens, 4, 4, bos_id).predictor()
    first, _ = predictor.advance([0, 2, bos_id], predictor.start())
    second, _ = predictor.advance([1, 1, bos_id], predictor.start())
    np.testing.assert_array_equal(first, second)


def test_the_best_order_is_that_of_the_dependence_in_the_text() -> None:
    """Each token is the sum of the two before it, except for one in ten, which is random."""
    rng, tokens = np.random.default_rng(1), [0, 1]
    for _ in range(4000):
        tokens.append(int(rng.integers(5)) if rng.random() < 0.1 else (tokens[-1] + tokens[-2]) % 5)
    ngrams, text = Ngrams.count(np.array(tokens[:3000]), 5, 4), encoded(tokens[3000:], tokens[2999])
    nats = -ngrams.log_probabilities(text).mean(axis=1)
    assert nats[0] > 1.5
    assert nats[1] > 1.5
    assert nats[2] < 0.75
    assert ngrams.best_order(text) == 3


def test_the_order_is_at_most_the_length_of_the_longest_document() -> None:
    assert Ngrams.count(np.array([1]), 2, 5).order == 1
    assert Ngrams.count(np.array([0, 1, 0]), 2, 5).order == 3
    assert Ngrams.count(np.array([0, 2, 0, 1, 2, 1]), 3, 5, bos_id=2).order == 3
