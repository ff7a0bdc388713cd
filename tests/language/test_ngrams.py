"""N-grams: against the textbook's formulas with dictionaries, and that every distribution is one."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.evaluation.baselines import Loss, best_order, mixed, ngram_losses, xz_loss
from charrnn.language.ngrams import Ngrams


def grams_of(tokens: Sequence[int], k: int, start: int | None) -> list[tuple[int, ...]]:
    """All k-grams of a text that reach across no beginning; those of one token are no beginnings."""
    found = [tuple(tokens[i : i + k]) for i in range(len(tokens) - k + 1)]
    return [gram for gram in found if start not in gram[1:] and gram != (start,)]


def counts_of(tokens: Sequence[int], k: int, order: int, start: int | None) -> Counter[tuple[int, ...]]:
    """How often each came or, below the highest order, after how many different tokens, nothing being one of them."""
    if k == order:
        return Counter(grams_of(tokens, k, start))
    counts: Counter[tuple[int, ...]] = Counter()
    for gram in set(grams_of(tokens, k, start)):
        before: list[int | None] = []
        for i in range(len(tokens) - k + 1):
            if tuple(tokens[i : i + k]) == gram:
                nothing = i == 0 or gram[0] == start
                before.append(None if nothing else tokens[i - 1])
        counts[gram] = len({each for each in before if each is not None}) + before.count(None)
    return counts


def textbook(
    tokens: Sequence[int], V: int, order: int, start: int | None, context: tuple[int, ...], token: int
) -> float:
    """p(token | context) of Chen and Goodman's interpolated modified Kneser-Ney."""
    if start in context:
        context = context[len(context) - 1 - context[::-1].index(start) :]
    p = 0.0 if token == start else 1.0 / (V - (start is not None))
    for k in range(1, order + 1):
        if k - 1 > len(context) or not grams_of(tokens, k, start):
            break
        counts = counts_of(tokens, k, order, start)
        n = [sum(1 for count in counts.values() if count == i) for i in (1, 2, 3, 4)]
        D = [0.5, 1.0, 1.5]
        if all(n[:3]):
            y = n[0] / (n[0] + 2 * n[1])
            D = [1 - 2 * y * n[1] / n[0], 2 - 3 * y * n[2] / n[1], 3 - 4 * y * n[3] / n[2]]
            D = [min(max(d, 0.1), i) for i, d in enumerate(D, 1)]
        before = context[len(context) - k + 1 :]
        followers = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == before}
        total = sum(followers.values())
        if total:
            given = sum(D[min(count, 3) - 1] for count in followers.values())
            own = followers.get(token, 0)
            p = (own - (D[min(own, 3) - 1] if own else 0.0)) / total + given / total * p
    return p


texts = st.lists(st.integers(0, 3), min_size=1, max_size=40)


@settings(deadline=None, max_examples=60)
@given(texts, texts, st.integers(1, 4), st.sampled_from([None, 3]))
def test_it_is_what_the_textbook_says(tokens: list[int], text: list[int], order: int, start: int | None) -> None:
    ngrams = Ngrams.count(np.array(tokens), 4, order, start)
    found = ngrams.log_probabilities(np.array(text), before=0)[-1]
    read = [0]
    for token, logp in zip(text, found, strict=True):
        expected = 1.0 if token == start else textbook(tokens, 4, ngrams.order, start, tuple(read[-order:]), token)
        assert math.exp(logp) == pytest.approx(expected, rel=1e-9)
        read.append(token)


@settings(deadline=None, max_examples=100)
@given(texts, texts, st.integers(1, 6), st.sampled_from([None, 0, 3]))
def test_every_distribution_sums_to_one_and_gives_every_token_a_chance(
    tokens: list[int], context: list[int], order: int, start: int | None
) -> None:
    predictor = Ngrams.count(np.array(tokens), 4, order, start).predictor()
    logits, _ = predictor.advance(context, predictor.start())
    p = np.exp(logits)
    assert p.sum() == pytest.approx(1.0, abs=1e-9)
    assert [token for token in range(4) if p[token] == 0.0] == ([] if start is None else [start])


@settings(deadline=None, max_examples=60)
@given(texts, texts, st.integers(1, 5), st.sampled_from([None, 2]))
def test_step_by_step_is_the_same_as_all_at_once(
    tokens: list[int], text: list[int], order: int, start: int | None
) -> None:
    ngrams = Ngrams.count(np.array(tokens), 4, order, start)
    at_once = ngrams.log_probabilities(np.array(text), before=1)
    for n in range(1, ngrams.order + 1):
        predictor = ngrams.predictor(n)
        logits, state = predictor.advance([1], predictor.start())
        for token, expected in zip(text, at_once[n - 1], strict=True):
            assert token == start or logits[token] == pytest.approx(expected, abs=1e-9)
            logits, state = predictor.advance([token], state)


def test_a_state_is_a_value() -> None:
    predictor = Ngrams.count(np.array([0, 1, 2, 0, 1, 2, 0]), 3, 3).predictor()
    _, state = predictor.advance([0, 1], predictor.start())
    first, _ = predictor.advance([2], state)
    predictor.advance([0, 0, 1], state)
    np.testing.assert_array_equal(predictor.advance([2], state)[0], first)
    assert first.argmax() == 0


def test_nothing_looks_ahead() -> None:
    rng = np.random.default_rng(0)
    ngrams = Ngrams.count(rng.integers(0, 5, 500), 5, 4)
    text = rng.integers(0, 5, 50)
    changed = text.copy()
    changed[30:] = 4 - changed[30:]
    before, after = (ngrams.log_probabilities(each, 0) for each in (text, changed))
    np.testing.assert_array_equal(before[:, :30], after[:, :30])
    assert (before[:, 31:] != after[:, 31:]).any()


def test_no_context_reaches_across_a_beginning() -> None:
    """After <s>, what stood in the document before does not matter, however it was there in the text."""
    start, tokens = 3, np.array([0, 3, 1, 1, 3, 2, 0, 3, 1] * 5)
    predictor = Ngrams.count(tokens, 4, 4, start).predictor()
    here, _ = predictor.advance([0, 2, start], predictor.start())
    there, _ = predictor.advance([1, 1, start], predictor.start())
    np.testing.assert_array_equal(here, there)


def test_an_order_more_helps_where_a_token_depends_on_one_more() -> None:
    """Each token is the sum of the two before it, or of one of ten anything."""
    rng, tokens = np.random.default_rng(1), [0, 1]
    for _ in range(4000):
        tokens.append(int(rng.integers(5)) if rng.random() < 0.1 else (tokens[-1] + tokens[-2]) % 5)
    ids = np.array(tokens)
    losses = ngram_losses(Ngrams.count(ids[:3000], 5, 4), ids[3000:], int(ids[2999]), 1002)
    nats = [each.nats_per_character for each in losses]
    assert nats[0] > 1.5
    assert nats[1] > 1.5
    assert nats[2] < 0.75
    assert best_order(losses) == 3


def test_an_order_beyond_the_text_is_left_out() -> None:
    assert Ngrams.count(np.array([1]), 2, 5).order == 1
    assert Ngrams.count(np.array([0, 1, 0]), 2, 5).order == 3
    assert Ngrams.count(np.array([0, 2, 0, 1, 2, 1]), 3, 5, start=2).order == 3


# --- beside a model -----------------------------------------------------------------------------------------


def test_a_mixture_of_two_that_are_right_in_turn_is_better_than_either() -> None:
    right, wrong = math.log(0.9), math.log(0.1)
    first = np.array([right, right, wrong] * 1000)
    second = np.array([wrong, right, right] * 1000)
    both, weight = mixed(first, second)
    assert both.mean() > max(first.mean(), second.mean()) + 0.05
    assert weight == pytest.approx(0.5, abs=0.05)


def test_a_mixture_finds_out_who_is_right_and_knows_nothing_before_it_is_read() -> None:
    rng = np.random.default_rng(0)
    good, bad = np.log(rng.uniform(0.5, 0.9, 4000)), np.log(rng.uniform(0.1, 0.2, 4000))
    both, weight = mixed(good, bad)
    assert weight > 0.95
    assert both[2000:].mean() > good[2000:].mean() - 0.05
    later = bad.copy()
    later[2000:] = 0.0
    np.testing.assert_array_equal(mixed(good, later)[0][:2000], both[:2000])


def test_xz_has_learned_from_the_training_text() -> None:
    rng = np.random.default_rng(0)
    noise = bytes(rng.integers(97, 123, 20_000).tolist()).decode()
    known, new = xz_loss(noise, noise[:5000], 5000), xz_loss(noise[5000:], noise[:5000], 5000)
    assert known.bits_per_character < 0.1
    assert 4.6 < new.bits_per_character < 5.2


def test_a_loss_is_told_in_nats_and_bits() -> None:
    loss = Loss.of("any", 100 * math.log(8.0), 100)
    assert loss.bits_per_character == pytest.approx(3.0)
    assert loss.nats_per_character == pytest.approx(math.log(8.0))


def test_a_mixture_with_a_poor_model_is_hardly_worse_than_the_good_one() -> None:
    """Not even where the poor one is better now and then: the weight goes where it belongs, and soon."""
    rng = np.random.default_rng(0)
    good, poor = np.log(rng.uniform(0.3, 0.6, 20_000)), np.log(rng.uniform(0.001, 0.1, 20_000))
    both, weight = mixed(poor, good)
    assert weight < 0.02
    assert both.mean() > good.mean() - 0.005
    halves, weight = mixed(np.log(np.tile([0.9, 0.1], 5000)), np.log(np.tile([0.1, 0.9], 5000)))
    assert weight == pytest.approx(0.5, abs=0.05)
    assert halves.mean() == pytest.approx(np.log(0.5), abs=0.01)
