"""Heads: their losses by hand, their outputs, and targets without a loss."""

import numpy as np
import pytest

from charrnn.network.arrays import Workspace
from charrnn.network.heads import HEADS

F64 = np.float64


@pytest.mark.parametrize(
    ("head", "scores", "target", "expected"),
    [
        ("softmax", [1.0, 2.0, 3.0, 4.0], 0, 3.4401896985611953),
        ("logistic", [0.0, 0.0], [1.0, 0.0], 2 * np.log(2.0)),
        ("logistic", [800.0, -800.0], [1.0, 0.0], 0.0),
        ("logistic", [-800.0], [1.0], 800.0),
        ("linear", [1.0, -2.0], [0.0, 1.0], 5.0),
        ("logistic-squared", [0.0, 0.0], [1.0, 0.0], 0.25),
    ],
)
def test_a_loss_has_the_value_computed_by_hand(
    head: str, scores: list[float], target: int | list[float], expected: float
) -> None:
    z, targets = np.array(scores)[None, None], np.array(target)[None, None]
    loss, dz = HEADS[head].loss(z.copy(), targets, 1, Workspace(F64))
    assert loss == pytest.approx(expected, abs=1e-12)
    if head != "logistic-squared":  # the gradient is output - target
        onehot = np.eye(4)[targets] if head == "softmax" else targets
        np.testing.assert_allclose(dz, HEADS[head].output(z) - onehot, atol=1e-12)


@pytest.mark.parametrize("head", sorted(HEADS))
def test_a_target_that_is_masked_adds_nothing(head: str) -> None:
    rng = np.random.default_rng(0)
    scores, mask = rng.normal(size=(2, 2, 3)), np.array([[True, False], [True, True]])
    targets = rng.integers(3, size=(2, 2)) if head == "softmax" else np.ones((2, 2, 3))
    masked = targets.copy()
    masked[~mask] = -1 if head == "softmax" else np.nan
    loss, dz = HEADS[head].loss(scores.copy(), masked, 3, Workspace(F64), mask)
    losses = [
        HEADS[head].loss(scores[t : t + 1, b : b + 1].copy(), targets[t : t + 1, b : b + 1], 1, Workspace(F64))[0]
        for t, b in np.argwhere(mask)
    ]
    assert loss == pytest.approx(sum(losses), rel=1e-13)
    np.testing.assert_array_equal(dz[0, 1], 0.0)
    assert np.all(dz[mask] != 0.0)


def test_outputs_are_probabilities_or_the_scores_and_leave_the_scores_alone() -> None:
    scores = np.random.default_rng(0).normal(0.0, 3.0, (4, 2, 5))
    copy = scores.copy()
    np.testing.assert_allclose(HEADS["softmax"].output(scores).sum(axis=-1), 1.0, rtol=1e-14)
    for head in ("logistic", "logistic-squared"):
        np.testing.assert_allclose(HEADS[head].output(scores), 1 / (1 + np.exp(-scores)), rtol=1e-12)
    linear = HEADS["linear"].output(scores)
    np.testing.assert_array_equal(linear, scores)
    assert not np.shares_memory(linear, scores)
    np.testing.assert_array_equal(scores, copy)
