"""Gradient flow: the norms of dL/dh[t] against central differences, and what must vanish and explode."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network import Array, Network, Parameters, Workspace, log_softmax
from charrnn.network.gradient_flow import gradient_flow

T, B, V, H = 6, 3, 7, 5
NETWORK = Network(NetworkConfig(V, H, layers=2, embedding=4))


def weights(seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in NETWORK.shapes().items()}


def last_loss(parameters: Parameters, inputs: Array, target: Array, state: Array) -> float:
    """The mean surprise of the last step's targets."""
    logits, _, _ = NETWORK.forward(parameters, inputs, state, None, Workspace(np.float64))  # type: ignore[arg-type]
    return float(-log_softmax(logits[-1])[np.arange(B), target].mean())


@pytest.mark.parametrize("t", range(T - 1))
@pytest.mark.parametrize("layer", [0, 1])
def test_a_norm_is_that_of_the_central_differences(layer: int, t: int) -> None:
    rng, p = np.random.default_rng(1), weights()
    inputs, targets = rng.integers(V, size=(T, B)), rng.integers(V, size=(T, B))
    start = rng.normal(0.0, 0.5, NETWORK.start(B).shape)
    flow = gradient_flow(NETWORK, p, inputs, targets, start, Workspace(np.float64))
    # the states after step t are where the rest of the window starts from; that of layer 0 also feeds layer 1 at t,
    # so that its gradient has a second way, which the rest of the window does not see
    _, state, _ = NETWORK.forward(p, inputs[: t + 1], start, None, Workspace(np.float64))
    numerical = np.zeros((B, H))
    for b in range(B):
        for h in range(H):
            sides = []
            for epsilon in (1e-6, -1e-6):
                moved = state.copy()
                moved[layer, 0, b, h] += epsilon
                if layer == 0:
                    _, before, _ = (
                        NETWORK.forward(p, inputs[:t], start, None, Workspace(np.float64))
                        if t
                        else (None, start, None)
                    )
                    z = moved[0, 0] @ p["layers.1.Wx"] + p["layers.1.b"] + before[1, 0] @ p["layers.1.Wh"]
                    moved[1, 0] = np.tanh(z)
                sides.append(last_loss(p, inputs[t + 1 :], targets[-1], moved))  # type: ignore[arg-type]
            numerical[b, h] = (sides[0] - sides[1]) / 2e-6
    assert flow.norms[layer, t] == pytest.approx(np.linalg.norm(numerical), rel=1e-5)


@pytest.mark.parametrize(("radius", "vanishes"), [(0.5, True), (1.5, False)])
def test_small_recurrent_weights_make_it_vanish_and_large_ones_explode(radius: float, vanishes: bool) -> None:
    network = Network(NetworkConfig(V, H, layers=1))
    p: Parameters = {
        name: 0.01 * array for name, array in network.initialize(np.random.default_rng(0), np.float64).items()
    }
    p["layers.0.Wh"] = radius * np.eye(H)
    ids = np.random.default_rng(1).integers(V, size=(9, B))
    flow = gradient_flow(network, p, ids[:-1], ids[1:], network.start(B, np.float64), Workspace(np.float64))
    ratio = flow.norms[0, 0] / flow.norms[0, -1]
    assert ratio == pytest.approx(radius**7, rel=0.05)
    assert (ratio < 1.0) == vanishes


def test_saturation_counts_the_units_at_their_ends() -> None:
    network = Network(NetworkConfig(V, H, layers=1))
    p: Parameters = {name: np.zeros(shape) for name, shape in network.shapes().items()}
    p["layers.0.b"] = np.array([5.0, -5.0, 0.0, 1.0, 0.5])
    ids = np.zeros((4, B), np.int64)
    flow = gradient_flow(network, p, ids, ids, network.start(B, np.float64), Workspace(np.float64))
    assert flow.saturated.tolist() == [pytest.approx(0.4)]
