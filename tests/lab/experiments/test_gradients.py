"""Vanishing and exploding gradients: the norms are those of theory."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.lab.experiments import gradients
from charrnn.lab.protocol import Finding


def norm_after_50(cell: str, radius: float, seed: int) -> float:
    return float(gradients.error_norms(cell, "orthogonal", radius, np.random.default_rng(seed))[50])


@pytest.mark.parametrize("radius", [0.9, 1.1])
def test_linear_recurrence_multiplies_the_error_by_its_radius(radius: float) -> None:
    assert norm_after_50("identity", radius, seed=1) == pytest.approx(radius**50, rel=1e-9)


def test_logistic_recurrence_forgets_first_and_lstm_last() -> None:
    sigmoid, tanh, lstm = (norm_after_50(cell, 1.0, seed=0) for cell in ("sigmoid", "tanh", "lstm"))
    assert sigmoid < 1e-25
    assert sigmoid < tanh < lstm


def test_norm_above_its_bound_is_noticed() -> None:
    bound = 0.9 ** np.arange(gradients.T + 1)
    assert gradients.within_bound("tanh", 0.9, bound)
    assert not gradients.within_bound("tanh", 0.9, 1.01 * bound)
    assert not gradients.within_bound("identity", 0.9, 0.99 * bound)


def test_full_size_passes(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("gradients") if not finding.passed] == []
