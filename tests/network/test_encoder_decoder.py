"""The encoder-decoder: where the decoder begins, which parts fit together, and the gradient through both."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.network.arrays import Array, Parameters, Workspace, select
from charrnn.network.bidirectional import Bidirectional
from charrnn.network.body import Body
from charrnn.network.cells import CELLS
from charrnn.network.encoder_decoder import EncoderDecoder
from charrnn.network.gradient_check import check_gradients
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Dense

F64 = np.float64
D, N, H = 2, 3, 3
Weights = Callable[[EncoderDecoder], Parameters]


def make(layers: int = 1, cell: str = "tanh") -> EncoderDecoder:
    stack = Stack(H, layers, CELLS[cell])
    return EncoderDecoder(Dense(D), stack, Network(Dense(D), stack, N))


def random_inputs(steps: int, streams: int) -> Array:
    return np.random.default_rng(1).normal(size=(steps, streams, 2, D))


def test_the_decoder_begins_with_the_last_state_of_the_encoder(random_weights: Weights) -> None:
    network = make()
    parameters, inputs = random_weights(network), random_inputs(4, 1)
    inputs[:2, 0, 0] = np.nan  # a source of two steps
    encoder, decoder = select("encoder.layers.0", parameters), select("decoder.layers.0", parameters)
    h = np.zeros(H)
    for step in (2, 3):
        h = np.tanh(inputs[step, 0, 0] @ encoder["Wx"] + h @ encoder["Wh"] + encoder["b"])
    _, state, _ = network.encode(parameters, inputs[:, :, 0])
    np.testing.assert_allclose(state[0, 0, 0], h, atol=1e-15)
    nats, W, b = 0.0, parameters["decoder.head.W"], parameters["decoder.head.b"]
    for step in range(4):
        h = np.tanh(inputs[step, 0, 1] @ decoder["Wx"] + h @ decoder["Wh"] + decoder["b"])
        scores = h @ W + b
        nats += np.log(np.exp(scores).sum()) - scores[1]
    loss = network.loss_and_gradients(parameters, inputs, np.ones((4, 1), np.int64)).loss
    assert loss == pytest.approx(nats, rel=1e-13)


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        (Stack(3), Stack(4)),
        (Stack(3), Stack(3, 2)),
        (Stack(3, 1, CELLS["lstm"]), Stack(3)),
        (Stack(3), Bidirectional(3)),
    ],
)
def test_parts_whose_states_differ_are_refused(encoder: Stack, decoder: Body) -> None:
    with pytest.raises(ValueError, match="encoder and decoder"):
        EncoderDecoder(Dense(D), encoder, Network(Dense(D), decoder, N))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_the_gradients_of_both_parts_are_the_central_differences(
    cell: str, layers: int, random_weights: Weights
) -> None:
    """Including those of the source, which affect the loss through the last state alone."""
    network, T, B, rng = make(layers, cell), 5, 3, np.random.default_rng(0)
    inputs, targets = random_inputs(T, B), rng.integers(N, size=(T, B))
    inputs[:2, 0, 0] = np.nan
    targets[3:, 1] = -1
    padding, workspace = np.isnan(inputs), Workspace(F64)
    arrays = random_weights(network) | {"inputs": np.where(padding, 0.0, inputs)}
    arrays["state"] = rng.normal(size=network.initial_state(B).shape)

    def loss(at: Parameters) -> float:
        x = np.where(padding, np.nan, at["inputs"])
        return network.loss_and_gradients(at, x, targets, at["state"], n_targets=1, workspace=workspace).loss

    _, gradients, _ = network.loss_and_gradients(
        arrays, inputs, targets, arrays["state"], n_targets=1, workspace=Workspace(F64)
    )
    assert gradients.parameters.keys() == network.shapes().keys()
    assert np.abs(gradients.inputs[2:, :, 0]).min() > 0.0 or cell == "relu"
    named = {**gradients.parameters, "inputs": gradients.inputs, "state": gradients.state}
    check = check_gradients(loss, arrays, named, entries=5, rng=rng)
    assert check.passed, check.suspects


def test_initial_weights_have_the_shapes_and_the_names_of_both_parts() -> None:
    network = make(2, "gru")
    parameters = network.initialize(np.random.default_rng(0))
    assert {name: array.shape for name, array in parameters.items()} == network.shapes()
    assert {"encoder.layers.1.Wh", "decoder.layers.0.Wx", "decoder.head.W"} <= parameters.keys()
    assert "encoder.head.W" not in parameters


def test_a_window_returns_the_state_that_it_was_given(random_weights: Weights) -> None:
    network = make()
    state = np.random.default_rng(0).normal(size=network.initial_state(2).shape)
    result = network.loss_and_gradients(random_weights(network), random_inputs(4, 2), np.ones((4, 2), int), state)
    np.testing.assert_array_equal(result.state, state)
