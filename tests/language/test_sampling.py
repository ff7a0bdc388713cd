"""Sampling: the distribution after temperature, top-k and top-p, draws from it, and sequences of tokens."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import UsageError
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.network.arrays import Array, Ids
from charrnn.network.losses import softmax

logit_lists = st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=30)


def float32(logits: list[float]) -> Array:
    return np.array(logits, np.float32)


@given(logit_lists)
def test_at_temperature_one_the_distribution_is_the_softmax(values: list[float]) -> None:
    logits = float32(values)
    np.testing.assert_allclose(Sampling().probabilities(logits), softmax(logits), rtol=1e-4, atol=1e-7)


def test_temperature_divides_the_logits() -> None:
    halved, doubled = (Sampling(t).probabilities(float32([1, 2, 3, 4])) for t in (0.5, 2.0))
    np.testing.assert_allclose(halved, [0.0021440088, 0.0158422012, 0.1170589132, 0.8649548768], rtol=1e-6)
    np.testing.assert_allclose(doubled, [0.1015363241, 0.1674050973, 0.2760043447, 0.4550542339], rtol=1e-6)


@given(logit_lists)
def test_temperature_zero_takes_the_most_probable_token(values: list[float]) -> None:
    logits = float32(values)
    assert Sampling(0.0).choose(logits, np.random.default_rng(0)) == int(np.argmax(logits))


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=30, unique=True), st.integers(1, 30))
def test_top_k_keeps_the_k_most_probable_tokens_in_proportion(values: list[int], k: int) -> None:
    logits = float32([value / 5 for value in values])
    p, full = Sampling(top_k=k).probabilities(logits), softmax(logits)
    kept = p > 0
    assert kept.sum() == min(k, len(values))
    assert full[kept].min() > full[~kept].max(initial=0.0)
    np.testing.assert_allclose(p[kept], full[kept] / full[kept].sum(), rtol=1e-4)


@given(logit_lists, st.floats(0.01, 1.0))
def test_top_p_keeps_the_fewest_most_probable_tokens_whose_sum_reaches_it(values: list[float], top_p: float) -> None:
    full = Sampling().probabilities(float32(values))
    kept = Sampling(top_p=top_p).probabilities(float32(values)) > 0
    assert full[kept].sum() >= top_p - 1e-9
    assert full[kept].sum() - full[kept].min() < top_p + 1e-9
    assert full[kept].min() >= full[~kept].max(initial=0.0)


def test_tokens_are_drawn_with_their_probabilities() -> None:
    logits, rng, n = float32([0.0, 1.0, 2.0, 0.5]), np.random.default_rng(1), 20_000
    counts = np.bincount([Sampling(0.8).choose(logits, rng) for _ in range(n)], minlength=4)
    expected = Sampling(0.8).probabilities(logits) * n
    assert ((counts - expected) ** 2 / expected).sum() < 20.0


def test_a_token_with_logit_minus_infinity_is_never_drawn() -> None:
    logits, rng = float32([-np.inf, 1.0, -np.inf, 0.0, -np.inf]), np.random.default_rng(0)
    for sampling in (Sampling(), Sampling(100.0), Sampling(0.0), Sampling(top_k=4), Sampling(top_p=0.999)):
        assert {sampling.choose(logits, rng) for _ in range(100)} <= {1, 3}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("temperature", 1e-9),
        ("top_k", -1),
        ("top_p", 0.0),
        ("top_p", 1.1),
    ],
)
def test_an_invalid_setting_is_refused_by_its_name(option: str, value: float) -> None:
    with pytest.raises(UsageError, match=option):
        Sampling(**{option: value})  # type: ignore[arg-type]


class Recorder:
    """A predictor that prefers token 0, then 1, and records the ids and states that it reads."""

    def __init__(self) -> None:
        self.read: list[tuple[list[int], int]] = []

    def start(self) -> int:
        return 0

    def advance(self, ids: Sequence[int] | Ids, state: int) -> tuple[Array, int]:
        self.read.append(([int(token) for token in ids], state))
        return np.array([9.0, 5.0, 1.0], np.float32), state + len(ids)


def test_the_prompt_and_every_sampled_token_are_read_once_and_excluded_tokens_are_never_sampled() -> None:
    recorder = Recorder()
    tokens = sample_tokens(recorder, np.array([2, 0]), Sampling(0.0), np.random.default_rng(0), never=[0])
    assert list(itertools.islice(tokens, 3)) == [1, 1, 1]
    assert recorder.read == [([2, 0], 0), ([1], 2), ([1], 3)]


def test_a_prompt_is_read_from_the_state_that_is_given() -> None:
    recorder = Recorder()
    next(sample_tokens(recorder, [2], Sampling(0.0), np.random.default_rng(0), state=7))
    assert recorder.read == [([2], 7)]
