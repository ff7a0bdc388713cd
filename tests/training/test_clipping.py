"""Gradient clipping: by norm it keeps the direction of the gradient, by value it may not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.network.arrays import Parameters
from charrnn.training.clipping import clip_by_norm, clip_by_value, global_norm, no_clipping


def test_clipping_3_4_by_norm_to_1_gives_06_08() -> None:
    gradients: Parameters = {"a": np.array([3.0]), "b": np.array([4.0])}
    assert clip_by_norm(gradients, 1.0) == (5.0, True)
    np.testing.assert_allclose([gradients["a"][0], gradients["b"][0]], [0.6, 0.8])


def test_clipping_3_4_by_value_to_1_gives_1_1() -> None:
    gradients: Parameters = {"a": np.array([3.0, 4.0])}
    assert clip_by_value(gradients, 1.0) == (5.0, True)
    np.testing.assert_array_equal(gradients["a"], [1.0, 1.0])


def test_clipping_a_mean_differs_from_the_mean_of_clipped_gradients() -> None:
    first, second = np.array([10.0, 0.0]), np.array([0.0, 1.0])
    mean: Parameters = {"g": (first + second) / 2}
    parts: list[Parameters] = [{"g": first}, {"g": second}]
    for gradients in (mean, *parts):
        clip_by_norm(gradients, 1.0)
    np.testing.assert_allclose((parts[0]["g"] + parts[1]["g"]) / 2, [0.5, 0.5])
    np.testing.assert_allclose(mean["g"], [0.9950371902, 0.0995037190], rtol=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.floats(1e-3, 1e3))
def test_clipping_by_norm_keeps_the_direction_and_limits_the_norm(values: list[float], limit: float) -> None:
    original = np.array(values)
    gradients: Parameters = {"a": original[::2].copy(), "b": original[1::2].copy()}
    norm, _ = clip_by_norm(gradients, limit)
    clipped = np.empty_like(original)
    clipped[::2], clipped[1::2] = gradients["a"], gradients["b"]
    assert norm == pytest.approx(np.linalg.norm(original))
    assert global_norm(gradients) <= limit * (1 + 1e-9)
    np.testing.assert_allclose(clipped * max(norm, limit), original * limit, rtol=1e-9, atol=1e-12)


def test_a_norm_that_is_not_finite_is_returned_and_changes_nothing() -> None:
    gradients: Parameters = {"a": np.array([np.inf, 1.0])}
    assert clip_by_norm(gradients, 1.0) == (np.inf, False)
    np.testing.assert_array_equal(gradients["a"], [np.inf, 1.0])


def test_no_clipping_returns_the_norm_and_changes_nothing() -> None:
    gradients: Parameters = {"a": np.array([30.0, 40.0])}
    assert no_clipping(gradients, 0.0) == (50.0, False)
    np.testing.assert_array_equal(gradients["a"], [30.0, 40.0])
