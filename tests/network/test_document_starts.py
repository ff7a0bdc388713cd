"""Document starts: at the token `bos_id` the state is reset, and it is never a target."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Parameters, Workspace
from charrnn.network.gradient_check import check_gradients
from charrnn.network.losses import log_softmax
from charrnn.network.network import Network
from charrnn.parallel.serial import serial
from charrnn.parallel.threads import threaded

BOS, V = 3, 7


def make(layers: int = 2) -> Network:
    return Network.from_config(NetworkConfig(V, 5, layers, 4, bos_id=BOS))


def weights(network: Network) -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in network.shapes().items()}


@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_gradients_are_right_at_document_starts(layers: int, T: int) -> None:
    network = make(layers)
    tokens = np.random.default_rng(4).integers(V, size=(T + 1, 4))
    tokens[0, 1] = tokens[T // 2, 2] = BOS
    inputs, targets = tokens[:-1], tokens[1:]
    state = np.random.default_rng(1).normal(size=network.initial_state(4).shape)

    def loss(arrays: Parameters) -> float:
        return network.loss_and_gradients(arrays, inputs, targets, arrays["state"], n_targets=1).loss

    arrays = weights(network) | {"state": state}
    gradients = network.loss_and_gradients(arrays, inputs, targets, state, n_targets=1).gradients
    check = check_gradients(loss, arrays, gradients.parameters | {"state": gradients.state})
    assert check.passed, check.suspects


def test_a_document_does_not_depend_on_the_previous_one() -> None:
    network = make()
    parameters = weights(network)
    first, second = np.array([[1, 2, BOS, 4, 5]]).T, np.array([[6, 0, BOS, 4, 5]]).T
    logits, state, _ = network.forward(parameters, first)
    other_logits, other_state, _ = network.forward(parameters, second)
    np.testing.assert_array_equal(logits[2:], other_logits[2:])
    np.testing.assert_array_equal(state, other_state)
    assert not np.array_equal(logits[:2], other_logits[:2])


def test_the_loss_is_the_mean_over_all_targets_but_document_starts() -> None:
    network = make()
    parameters = {name: array.astype(np.float32) for name, array in weights(network).items()}
    tokens = np.random.default_rng(2).integers(V, size=(9, 8))
    tokens[3:6, :] = BOS
    inputs, targets, state = tokens[:-1], tokens[1:], network.initial_state(8)
    logits, _, _ = network.forward(parameters, inputs, state)
    log_p = np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]
    expected = -float(log_p[targets != BOS].mean())
    for engine in (serial(network, Workspace()), threaded(network, 2)):
        loss, _, _ = engine(parameters, inputs, targets, state, np.random.default_rng(0))
        assert loss == pytest.approx(expected, rel=1e-5)
