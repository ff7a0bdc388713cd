"""The serial engine: the mean loss and its gradient, the dropout masks, and losses that overflow."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Ids, Workspace
from charrnn.network.losses import log_softmax
from charrnn.network.network import Network
from charrnn.parallel.serial import serial

T, B, V, BOS = 9, 7, 11, 3


def random_ids() -> Ids:
    return np.random.default_rng(2).integers(V, size=(T + 1, B))


def test_the_loss_is_the_mean_over_all_targets_but_document_starts() -> None:
    network = Network.from_config(NetworkConfig(V, 5, 2, 4, bos_id=BOS))
    parameters, ids = network.initialize(np.random.default_rng(0)), random_ids()
    ids[3:6] = BOS
    inputs, targets, state = ids[:-1], ids[1:], network.initial_state(B)
    scores, _, _ = network.forward(parameters, inputs, state)
    log_p = np.take_along_axis(log_softmax(scores), targets[..., None], axis=-1)[..., 0]
    loss, _, _ = serial(network)(parameters, inputs, targets, state, np.random.default_rng(0))
    assert loss == pytest.approx(-float(log_p[targets != BOS].mean()), rel=1e-5)


def test_a_window_gives_the_result_of_the_network_with_the_masks_of_the_generator() -> None:
    network = Network.from_config(NetworkConfig(V, 16, 2, 6, dropout=0.3))
    parameters, ids, state = network.initialize(np.random.default_rng(0)), random_ids(), network.initial_state(B)
    result = serial(network)(parameters, ids[:-1], ids[1:], state, np.random.default_rng(5))
    masks = network.dropout_masks(B, np.random.default_rng(5))
    expected = network.loss_and_gradients(parameters, ids[:-1], ids[1:], state, dropout_masks=masks)
    assert result.loss == expected.loss / (T * B)
    np.testing.assert_array_equal(result.state, expected.state)
    assert result.gradients.keys() == network.shapes().keys()
    for name, gradient in expected.gradients.parameters.items():
        np.testing.assert_array_equal(result.gradients[name], gradient)
    again = serial(network)(parameters, ids[:-1], ids[1:], state, np.random.default_rng(6))
    assert again.loss != result.loss


def test_the_workspace_of_the_caller_sets_the_type() -> None:
    network = Network.from_config(NetworkConfig(V, 5))
    parameters, ids = network.initialize(np.random.default_rng(0), np.float64), random_ids()
    engine = serial(network, Workspace(np.float64))
    result = engine(parameters, ids[:-1], ids[1:], network.initial_state(B, np.float64), np.random.default_rng(0))
    assert {gradient.dtype for gradient in result.gradients.values()} == {np.dtype(np.float64)}


def test_a_loss_that_overflows_is_returned_without_a_warning() -> None:
    network = Network.from_config(NetworkConfig(V, 5))
    parameters, ids = network.initialize(np.random.default_rng(0)), random_ids().astype(np.uint8)
    parameters["head.W"][...] = np.inf
    loss, _, _ = serial(network)(parameters, ids[:-1], ids[1:], network.initial_state(B), np.random.default_rng(0))
    assert not np.isfinite(loss)
