"""The adding problem: some cells solve it, tanh does not."""

import numpy as np
import pytest

from charrnn.lab.experiments import adding
from charrnn.lab.experiments.adding import Setup


@pytest.mark.parametrize(
    ("setup", "lowest", "highest"),
    [
        (Setup("gru", "orthogonal", 0.01), 0.0, 0.2),
        (Setup("relu", "identity", 0.001, 0.1), 0.0, 0.2),
        (Setup("tanh", "orthogonal", 0.002), 0.5, 1.5),
    ],
)
def test_test_error_as_a_share_of_the_baseline(setup: Setup, lowest: float, highest: float) -> None:
    _, error = adding.train_and_test(setup, 100, 1500, np.random.default_rng(0))
    assert lowest < error / adding.BASELINE < highest


def test_constant_output_of_one_has_the_baseline_error() -> None:
    _, targets = adding.sequences(50, 20_000, np.random.default_rng(0))
    assert np.square(1.0 - targets[-1]).mean() == pytest.approx(adding.BASELINE, abs=0.005)
    assert np.isnan(targets[:-1]).all()


def test_target_is_the_sum_of_the_marked_numbers() -> None:
    x, targets = adding.sequences(50, 20, np.random.default_rng(0))
    np.testing.assert_array_equal(x[..., 1].sum(axis=0), 2.0)
    np.testing.assert_allclose((x[..., 0] * x[..., 1]).sum(axis=0), targets[-1, :, 0], rtol=1e-6)
