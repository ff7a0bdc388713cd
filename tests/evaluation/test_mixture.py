"""Mixtures of two models."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charrnn.evaluation.mixture import BLOCK, WEIGHTS, mixed


@given(st.integers(1, 5 * BLOCK), st.integers(0, 1000))
def test_a_mixture_is_little_worse_than_the_better_model(N: int, seed: int) -> None:
    """The excess is about log(WEIGHTS), one block at weight 1/2, and the distance to the nearest candidate."""
    rng = np.random.default_rng(seed)
    first, second = np.log(rng.uniform(0.01, 1.0, (2, N)))
    log_p, weight = mixed(first, second)
    assert 0.0 < weight < 1.0
    nearest = -np.log1p(-1.0 / (1.0 + np.exp(8.0)))  # per token: the outermost candidates are not exactly 0 and 1
    assert -log_p.sum() <= -max(first.sum(), second.sum()) + np.log(WEIGHTS) + N * nearest + BLOCK * np.log(2.0)


@given(st.integers(1, 3 * BLOCK), st.integers(0, 1000))
def test_a_token_does_not_change_the_probabilities_before_it(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = np.log(rng.uniform(0.01, 1.0, (2, 4 * BLOCK)))
    changed = first.copy()
    changed[k:] = np.log(rng.uniform(0.01, 1.0, len(changed) - k))
    np.testing.assert_array_equal(mixed(first, second)[0][:k], mixed(changed, second)[0][:k])


def test_the_weight_approaches_the_better_model() -> None:
    better, worse = np.full(20 * BLOCK, np.log(0.9)), np.full(20 * BLOCK, np.log(0.1))
    assert mixed(better, worse)[1] > 0.99
    assert mixed(worse, better)[1] < 0.01


def test_a_mixture_of_models_that_are_right_in_turn_is_better_than_either() -> None:
    """Of three tokens, each model is wrong about another one, and both are right about the third."""
    right, wrong = np.log(0.9), np.log(0.1)
    first, second = np.array([right, right, wrong] * 1000), np.array([wrong, right, right] * 1000)
    log_p, weight = mixed(first, second)
    assert log_p.mean() > max(first.mean(), second.mean()) + 0.05
    assert abs(weight - 0.5) < 0.05
