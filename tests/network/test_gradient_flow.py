"""Gradient flow: the norms of dL/dh[t] against central differences, and their decay and growth."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Array, Ids, Parameters
from charrnn.network.gradient_flow import gradient_flow
from charrnn.network.losses import log_softmax
from charrnn.network.network import Network

T, B, V, H = 6, 3, 7, 5
NETWORK = Network.from_config(NetworkConfig(V, H, 2, 4))


def loss_of_last_step(parameters: Parameters, inputs: Ids, targets: Ids, state: Array) -> float:
    """Return the mean surprise of the targets (B,) of the last step."""
    scores, _, _ = NETWORK.forward(parameters, inputs, state)
    return float(-log_softmax(scores[-1])[np.arange(B), targets].mean())


@pytest.mark.parametrize("t", range(T - 1))
@pytest.mark.parametrize("layer", [0, 1])
def test_a_norm_is_that_of_the_central_differences(
    layer: int,
    t: int,
    random_weights: Callable[[Network], Parameters],
    random_state: Callable[[Network, int], Array],
) -> None:
    """The states after step t are changed, and the loss is that of the rest of the window, which begins with them.

    The state of layer 0 also feeds layer 1 at step t, which is therefore computed again.
    """
    rng, p, initial = np.random.default_rng(1), random_weights(NETWORK), random_state(NETWORK, B)
    inputs, targets = rng.integers(V, size=(T, B)), rng.integers(V, size=(T, B))
    flow = gradient_flow(NETWORK, p, inputs, targets, initial)
    previous = NETWORK.forward(p, inputs[:t], initial)[1] if t else initial
    _, state, _ = NETWORK.forward(p, inputs[: t + 1], initial)
    differences = np.zeros((B, H))
    for b, h in np.ndindex(B, H):
        losses = []
        for epsilon in (1e-6, -1e-6):
            shifted = state.copy()
            shifted[layer, 0, b, h] += epsilon
            if layer == 0:
                z = shifted[0, 0] @ p["layers.1.Wx"] + p["layers.1.b"] + previous[1, 0] @ p["layers.1.Wh"]
                shifted[1, 0] = np.tanh(z)
            losses.append(loss_of_last_step(p, inputs[t + 1 :], targets[-1], shifted))
        differences[b, h] = (losses[0] - losses[1]) / 2e-6
    assert flow.norms[layer, t] == pytest.approx(np.linalg.norm(differences), rel=1e-5)


@pytest.mark.parametrize(("radius", "vanishes"), [(0.5, True), (1.5, False)])
def test_the_gradient_vanishes_with_small_recurrent_weights_and_explodes_with_large_ones(
    radius: float, vanishes: bool
) -> None:
    network = Network.from_config(NetworkConfig(V, H, 1))
    initial = network.initialize(np.random.default_rng(0), np.float64)
    parameters: Parameters = {name: 0.01 * array for name, array in initial.items()}
    parameters["layers.0.Wh"] = radius * np.eye(H)
    ids = np.random.default_rng(1).integers(V, size=(9, B))
    flow = gradient_flow(network, parameters, ids[:-1], ids[1:], network.initial_state(B, np.float64))
    ratio = flow.norms[0, 0] / flow.norms[0, -1]
    assert ratio == pytest.approx(radius**7, rel=0.05)
    assert (ratio < 1.0) == vanishes


def test_saturation_is_the_share_of_units_near_their_limits() -> None:
    network = Network.from_config(NetworkConfig(V, H, 1))
    parameters: Parameters = {name: np.zeros(shape) for name, shape in network.shapes().items()}
    parameters["layers.0.b"] = np.array([5.0, -5.0, 0.0, 1.0, 0.5])
    ids = np.zeros((4, B), np.int64)
    flow = gradient_flow(network, parameters, ids, ids, network.initial_state(B, np.float64))
    assert flow.saturated.tolist() == [pytest.approx(0.4)]
