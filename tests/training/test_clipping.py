"""Clipping bounds gradients: by norm it keeps their direction, by value it may not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.network.arrays import Parameters
from charrnn.training.clipping import clip_by_norm, clip_by_value, global_norm, no_clipping


def test_by_norm_three_four_becomes_six_and_eight_tenths() -> None:
    gradients: Parameters = {"a": np.array([3.0]), "b": np.array([4.0])}
    assert clip_by_norm(gradients, 1.0) == (5.0, True)
    np.testing.assert_allclose([gradients["a"][0], gradients["b"][0]], [0.6, 0.8])


def test_by_value_three_four_becomes_one_and_one() -> None:
    gradients: Parameters = {"a": np.array([3.0, 4.0])}
    assert clip_by_value(gradients, 1.0) == (5.0, True)
    np.testing.assert_array_equal(gradients["a"], [1.0, 1.0])


def test_the_mean_of_clipped_gradients_is_not_the_clipped_mean() -> None:
    first, second = np.array([10.0, 0.0]), np.array([0.0, 1.0])
    together: Parameters = {"g": (first + second) / 2}
    apart: list[Parameters] = [{"g": first}, {"g": second}]
    clip_by_norm(together, 1.0)
    for each in apart:
        clip_by_norm(each, 1.0)
    np.testing.assert_allclose((apart[0]["g"] + apart[1]["g"]) / 2, [0.5, 0.5])
    np.testing.assert_allclose(together["g"], [0.9950371902, 0.0995037190], rtol=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.floats(1e-3, 1e3))
def test_by_norm_the_direction_stays_and_the_norm_is_bounded(values: list[float], limit: float) -> None:
    before = np.array(values)
    gradients: Parameters = {"a": before[::2].copy(), "b": before[1::2].copy()}
    norm, _ = clip_by_norm(gradients, limit)
    after = np.empty_like(before)
    after[::2], after[1::2] = gradients["a"], gradients["b"]
    assert norm == pytest.approx(np.linalg.norm(before))
    assert global_norm(gradients) <= limit * (1 + 1e-9) or norm <= limit
    np.testing.assert_allclose(after * max(norm, limit), before * limit, rtol=1e-9, atol=1e-12)


def test_a_norm_that_is_not_finite_is_told_and_changes_nothing() -> None:
    gradients: Parameters = {"a": np.array([np.inf, 1.0])}
    assert clip_by_norm(gradients, 1.0) == (np.inf, False)
    np.testing.assert_array_equal(gradients["a"], [np.inf, 1.0])


def test_no_clipping_only_measures() -> None:
    gradients: Parameters = {"a": np.array([30.0, 40.0])}
    assert no_clipping(gradients, 0.0) == (50.0, False)
    np.testing.assert_array_equal(gradients["a"], [30.0, 40.0])
