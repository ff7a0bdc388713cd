"""Statistics of weights and layers, checked by hand."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.inspection.weights import layer_statistics, parameter_statistics, spectral_radius
from charrnn.network import Array, Network, Parameters


def test_the_spectral_radius_is_that_of_the_eigenvalues_and_not_a_norm() -> None:
    turn = 0.5 * np.array([[0.6, -0.8], [0.8, 0.6]])  # eigenvalues 0.3 ± 0.4i
    assert spectral_radius(turn) == pytest.approx(0.5)
    assert spectral_radius(np.array([[0.2, 100.0], [0.0, -0.7]])) == pytest.approx(0.7)


def test_the_figures_of_layers_and_arrays() -> None:
    network = Network.from_config(NetworkConfig(3, 2, layers=2))
    p: Parameters = {name: np.zeros(shape, np.float32) for name, shape in network.shapes().items()}
    p["layers.1.Wh"] = np.array([[3.0, 0.0], [4.0, 0.0]], np.float32)
    h: Array = np.array([[[0.98, 0.0], [0.5, -0.98]], [[0.97, 0.0], [-1.0, -0.99]]])  # (N, L, H)
    below, above = layer_statistics(network, p, h)
    assert (below.spectral_radius, below.largest_singular_value, below.saturated) == (0.0, 0.0, 0.25)
    assert (above.layer, above.saturated) == (1, 0.75)
    assert above.spectral_radius == pytest.approx(3.0)
    assert above.largest_singular_value == pytest.approx(5.0)
    figures = {each.name: each for each in parameter_statistics(p)}
    assert {name: each.shape for name, each in figures.items()} == network.shapes()
    assert sum(each.count for each in figures.values()) == network.parameter_count()
    found = figures["layers.1.Wh"]
    assert (found.mean, found.norm) == (1.75, 5.0)
    assert found.deviation == pytest.approx(np.sqrt((25.0 - 4 * 1.75**2) / 4))
