"""The observed cell: it computes the same as the cell within, and records states and gradient norms."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Parameters
from charrnn.network.cells import CELLS
from charrnn.network.network import Network
from charrnn.network.observed_cell import ObservedCell

T, B, V, H = 6, 3, 7, 5


@pytest.mark.parametrize("cell", CELLS)
def test_an_observed_network_has_the_bits_of_the_plain_one(
    cell: str, random_weights: Callable[[Network], Parameters]
) -> None:
    network = Network.from_config(NetworkConfig(V, H, 2, 4, cell=cell))
    parameters, ids = random_weights(network), np.random.default_rng(0).integers(V, size=(T + 1, B))
    observed = ObservedCell(CELLS[cell])
    plain = network.loss_and_gradients(parameters, ids[:-1], ids[1:])
    result = network.with_cell(observed).loss_and_gradients(parameters, ids[:-1], ids[1:])
    assert result.loss == plain.loss
    np.testing.assert_array_equal(result.state, plain.state)
    for name, gradient in plain.gradients.parameters.items():
        np.testing.assert_array_equal(result.gradients.parameters[name], gradient)
    assert network.with_cell(observed).shapes() == network.shapes()
    np.testing.assert_array_equal(observed.bias(H), CELLS[cell].bias(H))
    assert [h.shape for h in observed.h] == [(T, B, H)] * 2
    assert [norms.shape for norms in observed.gradient_norms] == [(T,)] * 2


def test_states_are_recorded_from_the_first_layer_and_gradients_from_the_last(
    random_weights: Callable[[Network], Parameters],
) -> None:
    """The gradient of the last step of the top layer is that of the head."""
    network = Network.from_config(NetworkConfig(V, H, 2))
    parameters, ids = random_weights(network), np.random.default_rng(0).integers(V, size=(T, B))
    observed = ObservedCell(CELLS["tanh"])
    y, state, backward = network.with_cell(observed).read(parameters, ids)
    np.testing.assert_array_equal(observed.h[1], y)
    np.testing.assert_array_equal(observed.h[0][-1], state[0, 0])
    dy = np.random.default_rng(1).normal(size=y.shape)
    backward(dy.copy())
    top, bottom = observed.gradient_norms
    assert top[-1] == pytest.approx(np.linalg.norm(dy[-1]))
    assert bottom[-1] != pytest.approx(top[-1])
