"""Memory: pulses set switches, and a shorter training remembers them."""

from collections.abc import Callable

import numpy as np

from charrnn.lab.experiments import memory
from charrnn.lab.protocol import Finding


def test_position_is_that_of_the_last_pulse() -> None:
    x, positions = memory.pulses(30, 2, np.random.default_rng(0), pulse_rate=0.3)
    assert (x[0] != 0.0).all()
    for t in range(1, 30):
        expected = np.where(x[t] == 0.0, positions[t - 1], x[t] > 0)
        np.testing.assert_array_equal(positions[t], expected)


def test_nearest_distance_is_to_another_state() -> None:
    states = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])
    np.testing.assert_allclose(memory.nearest_distances(states), [5.0, 1.0, 1.0])


def test_shorter_training_reaches_the_figures(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("memory", 1000) if not finding.passed] == []
