"""Losses: softmax and cross-entropy against worked numbers, and the loss of a uniform model."""

import math

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Workspace
from charrnn.network.losses import cross_entropy, log_softmax, softmax, target_log_probabilities
from charrnn.network.network import Network

F64 = np.float64
LOGITS = np.array([1.0, 2.0, 3.0, 4.0])
P = [0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879724]
SURPRISE = [3.4401896985611953, 2.4401896985611953, 1.4401896985611953, 0.4401896985611953]


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_softmax_gives_the_worked_numbers_for_any_shift_of_the_logits(shift: float) -> None:
    np.testing.assert_allclose(softmax(LOGITS + shift), P, rtol=0, atol=1e-14)
    np.testing.assert_allclose(log_softmax(LOGITS + shift), -np.array(SURPRISE), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shift", [0.0, 1000.0])
@pytest.mark.parametrize("target", range(4))
def test_cross_entropy_gives_the_worked_numbers(target: int, shift: float) -> None:
    targets, logits = np.array([[target]]), (LOGITS + shift).reshape(1, 1, 4)
    assert target_log_probabilities(logits, targets)[0, 0] == pytest.approx(-SURPRISE[target], abs=1e-12)
    nats, dlogits = cross_entropy(logits, targets, 1, Workspace(F64))
    assert nats == pytest.approx(SURPRISE[target], abs=1e-12)
    np.testing.assert_allclose(dlogits[0, 0], np.array(P) - np.eye(4)[target], rtol=0, atol=1e-12)


def test_the_loss_is_a_sum_and_its_gradient_is_that_of_the_sum_over_n_targets() -> None:
    rng, T, B, V, n_targets = np.random.default_rng(0), 5, 3, 11, 40
    logits, targets = rng.normal(0.0, 3.0, (T, B, V)), rng.integers(V, size=(T, B))
    expected = -np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1).sum()
    expected_gradient = (softmax(logits) - np.eye(V)[targets]) / n_targets
    for workspace in [Workspace(F64)] * 2:
        nats, dlogits = cross_entropy(logits.copy(), targets, n_targets, workspace)
        assert nats == pytest.approx(expected, rel=1e-13)
        np.testing.assert_allclose(dlogits, expected_gradient, rtol=0, atol=1e-15)


def test_a_masked_target_has_log_probability_zero() -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(3, 2, 5)), rng.integers(5, size=(3, 2)).astype(np.uint8)
    mask = np.array([[True, False], [True, True], [False, True]])
    log_p = target_log_probabilities(logits, targets, mask)
    np.testing.assert_array_equal(log_p[~mask], 0.0)
    np.testing.assert_array_equal(log_p[mask], target_log_probabilities(logits, targets)[mask])
    assert (log_p[mask] < 0.0).all()


def test_the_gradient_of_each_row_sums_to_zero() -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(9, size=(4, 2))
    _, dlogits = cross_entropy(rng.normal(0.0, 5.0, (4, 2, 9)), targets, 8, Workspace(F64))
    np.testing.assert_allclose(dlogits.sum(axis=-1), 0.0, rtol=0, atol=1e-16)


@pytest.mark.parametrize("V", [2, 7, 65, 8000])
def test_a_uniform_model_scores_log2_of_v_bits(V: int) -> None:
    network = Network.from_config(NetworkConfig(V, 5, 2))
    parameters = {name: np.zeros(shape, np.float32) for name, shape in network.shapes().items()}
    ids = np.random.default_rng(0).integers(V, size=(7, 3))
    nats = network.loss_and_gradients(parameters, ids[:-1], ids[1:]).loss
    assert nats / 18 / math.log(2.0) == pytest.approx(math.log2(V), rel=1e-6)


def test_a_certain_and_wrong_model_loses_the_margin_without_overflow() -> None:
    logits = np.full((1, 1, 5), -1e4, np.float32)
    logits[..., 0] = 1e4
    nats, dlogits = cross_entropy(logits, np.array([[3]]), 1, Workspace())
    assert nats == 2e4
    np.testing.assert_array_equal(dlogits[0, 0], [1, 0, 0, -1, 0])
