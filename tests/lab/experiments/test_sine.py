"""Sines: targets follow their inputs, and a shorter training reaches the figures."""

from collections.abc import Callable

import numpy as np

from charrnn.lab.experiments import sine
from charrnn.lab.protocol import Finding


def test_only_the_last_step_of_a_window_has_a_target() -> None:
    windows = np.arange(22.0).reshape(2, 11)
    x, targets = next(sine.last_value_batches(windows, 5, np.random.default_rng(0)))
    assert x.shape == targets.shape == (10, 5, 1)
    assert np.isnan(targets[:-1]).all()
    np.testing.assert_array_equal(targets[-1], x[-1] + 1.0)


def test_every_step_of_a_piece_has_the_next_value_as_target() -> None:
    x, targets = sine.random_pieces(np.arange(50.0), 8, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(targets, x + 1.0)


def test_linear_regression_fits_a_line() -> None:
    windows = np.arange(20.0)[:, None] + np.arange(11.0)
    np.testing.assert_allclose(sine.linear_regression(windows[:15], windows[15:]), windows[15:, -1])


def test_shorter_training_reaches_the_figures(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("sine", 800) if not finding.passed] == []
