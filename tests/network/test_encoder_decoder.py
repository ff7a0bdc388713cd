"""Networks over sequences: directions, padding, heads, and the forms of use that they are for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.network import (
    CELLS,
    HEADS,
    Array,
    EncoderDecoder,
    Network,
    Parameters,
    RecurrentLayers,
    SequenceNetwork,
    Workspace,
    run_stack,
    unroll,
)
from charrnn.network.arrays import within
from charrnn.network.encoder_decoder import counted_targets, without_padding


def weights(network: SequenceNetwork | EncoderDecoder, seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in network.shapes().items()}


def noise(*shape: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("L", [1, 2, 3])
def test_an_output_depends_on_the_future_if_and_only_if_there_are_two_directions(cell: str, L: int) -> None:
    for both in (False, True):
        network = SequenceNetwork(RecurrentLayers(2, 4, L, cell, both), 3)
        parameters, x = weights(network), noise(6, 1, 2)
        x += 3.0  # so that rectifiers let something pass
        moved = x.copy()
        moved[-1] += 1.0
        before, after = network.output(parameters, x)[0], network.output(parameters, moved)[0]
        assert bool(np.any(before != after)) == both


def test_each_half_is_the_layer_that_it_would_be_alone() -> None:
    layers, x = RecurrentLayers(3, 4, bidirectional=True), noise(5, 2, 3)
    parameters = weights(SequenceNetwork(layers, 2))
    y = layers.read(parameters, x, layers.start(2, np.float64), Workspace(np.float64))[0].copy()
    alone = RecurrentLayers(3, 4)
    for direction, read, half in (("forward", x, y[..., :4]), ("backward", x[::-1], y[::-1, :, 4:])):
        own = {f"layers.0.{n}": w for n, w in within(f"layers.0.{direction}", parameters).items()}
        expected, _, _ = alone.read(own, read, alone.start(2, np.float64), Workspace(np.float64))
        np.testing.assert_allclose(half, expected, rtol=0, atol=1e-15)


def test_two_directions_have_twice_the_weights() -> None:
    def count(*layers: RecurrentLayers) -> list[int]:
        return [sum(int(np.prod(shape)) for shape in each.shapes().values()) for each in layers]

    one, both, deep = (
        RecurrentLayers(65, 128),
        RecurrentLayers(65, 128, bidirectional=True),
        RecurrentLayers(65, 128, 2, bidirectional=True),
    )
    assert count(one, both, deep) == [24_832, 49_664, 148_224]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 4), st.booleans(), st.sampled_from(sorted(CELLS)))
def test_padding_before_and_behind_a_sequence_changes_nothing(
    steps: int, before: int, behind: int, both: bool, cell: str
) -> None:
    network = SequenceNetwork(RecurrentLayers(2, 3, 2, cell, both), 2)
    parameters, x = weights(network), noise(steps, 1, 2)
    padded = np.full((before + steps + behind, 1, 2), np.nan)
    padded[before : before + steps] = x
    found = network.output(parameters, padded)[before : before + steps]
    np.testing.assert_allclose(found, network.output(parameters, x), rtol=0, atol=1e-13)


def test_padding_is_told_from_zeros() -> None:
    x = np.array([[np.nan, 0.0], [0.0, 0.0], [1.0, np.nan]])[:, :, None]
    cleared, begins, ends = without_padding(x)
    assert begins is not None
    assert ends is not None
    np.testing.assert_array_equal(begins, [[False, False], [True, False], [False, False]])
    np.testing.assert_array_equal(ends, [[False, False], [False, True], [False, False]])
    assert np.isfinite(cleared).all()
    assert without_padding(np.zeros((2, 2, 1)))[1:] == (None, None)


def test_only_targets_that_are_there_are_counted() -> None:
    counted = counted_targets(np.array([[0, -1], [2, 1]]))
    assert counted is not None
    np.testing.assert_array_equal(counted, [[True, False], [True, True]])
    numbers = np.zeros((2, 2, 3))
    assert counted_targets(numbers) is None
    numbers[1, 0] = np.nan
    counted = counted_targets(numbers)
    assert counted is not None
    np.testing.assert_array_equal(counted, [[True, True], [False, True]])


@pytest.mark.parametrize(
    ("head", "scores", "target", "expected"),
    [
        ("softmax", [1.0, 2.0, 3.0, 4.0], 0, 3.4401896985611953),
        ("logistic", [0.0, 0.0], [1.0, 0.0], 2 * np.log(2.0)),
        ("logistic", [800.0, -800.0], [1.0, 0.0], 0.0),
        ("logistic", [-800.0], [1.0], 800.0),
        ("linear", [1.0, -2.0], [0.0, 1.0], 5.0),
        ("logistic-squared", [0.0, 0.0], [1.0, 0.0], 0.25),
    ],
)
def test_a_loss_is_what_it_is_by_hand(
    head: str, scores: list[float], target: int | list[float], expected: float
) -> None:
    z, targets = np.array(scores)[None, None], np.array(target)[None, None]
    loss, dz = HEADS[head].loss(z.copy(), targets, 1, Workspace(np.float64))
    assert loss == pytest.approx(expected, abs=1e-12)
    if head != "logistic-squared":  # the gradient is output - target
        onehot = np.eye(4)[targets] if head == "softmax" else targets
        np.testing.assert_allclose(dz, HEADS[head].output(z) - onehot, atol=1e-12)


def test_a_target_that_is_not_counted_adds_nothing() -> None:
    for head in ("logistic", "linear", "logistic-squared"):
        scores, targets = noise(2, 2, 3), np.ones((2, 2, 3))
        targets[0, 1] = np.nan
        loss, dz = HEADS[head].loss(scores.copy(), targets, 3, Workspace(np.float64), counted_targets(targets))
        assert np.isfinite(loss)
        np.testing.assert_array_equal(dz[0, 1], 0.0)
        assert np.all(dz[1] != 0.0)


def test_the_layers_are_those_of_the_language_model() -> None:
    """The same weights over one-hot vectors and over ids give the same logits."""
    from charrnn.config import NetworkConfig

    model = Network(NetworkConfig(5, 4, 2))
    parameters = model.initialize(np.random.default_rng(0), np.float64)
    ids = np.random.default_rng(1).integers(5, size=(6, 3))
    logits, state, _ = model.forward(parameters, ids, model.start(3, np.float64), None, Workspace(np.float64))
    network = SequenceNetwork(RecurrentLayers(5, 4, 2), 5)
    scores, same, _ = network.forward(parameters, np.eye(5)[ids], network.start(3, np.float64), Workspace(np.float64))
    np.testing.assert_allclose(scores, logits, atol=1e-14)
    np.testing.assert_allclose(same, state, atol=1e-14)


def test_a_decoder_begins_where_the_encoder_ended() -> None:
    layers = RecurrentLayers(2, 3)
    network = EncoderDecoder(layers, SequenceNetwork(layers, 2))
    parameters, inputs = weights(network), noise(4, 1, 2, 2)
    inputs[:2, 0, 0] = np.nan  # a source of two steps
    state, _ = network.encode(parameters, inputs[:, :, 0], Workspace(np.float64))
    h = np.zeros(3)
    for step in (2, 3):
        own = within("encoder.layers.0", parameters)
        h = np.tanh(inputs[step, 0, 0] @ own["Wx"] + h @ own["Wh"] + own["b"])
    np.testing.assert_allclose(state[0, 0, 0], h, atol=1e-15)


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        (RecurrentLayers(2, 3), RecurrentLayers(2, 4)),
        (RecurrentLayers(2, 3), RecurrentLayers(2, 3, 2)),
        (RecurrentLayers(2, 3, 1, "lstm"), RecurrentLayers(2, 3)),
        (RecurrentLayers(2, 3, bidirectional=True), RecurrentLayers(2, 3, bidirectional=True)),
    ],
)
def test_states_that_do_not_fit_are_refused(encoder: RecurrentLayers, decoder: RecurrentLayers) -> None:
    with pytest.raises(ValueError, match="encoder and decoder"):
        EncoderDecoder(encoder, SequenceNetwork(decoder, 2))


def test_the_gradient_of_the_last_state_goes_back_through_stack_and_time() -> None:
    """dL/dx of L = the sum of the last state of both layers, by central differences."""
    layers = RecurrentLayers(1, 2, 2)
    parameters = weights(SequenceNetwork(layers, 1))

    def last(x: Array) -> float:
        _, state, _ = layers.read(parameters, x, layers.start(1, np.float64), Workspace(np.float64))
        return float(state.sum())

    x = noise(3, 1, 1)
    y, state, back = layers.read(parameters, x, layers.start(1, np.float64), Workspace(np.float64))
    _, _, dx = back(np.zeros_like(y), np.ones_like(state))
    for t in range(3):
        moved = np.zeros_like(x)
        moved[t] = 1e-6
        assert dx[t, 0, 0] == pytest.approx((last(x + moved) - last(x - moved)) / 2e-6, abs=1e-8)


def test_no_dropout_and_no_state_of_the_last_step_is_the_stack_as_before() -> None:
    cell, z = CELLS["tanh"], noise(4, 2, 3)
    parameters = {"layers.0.Wh": noise(3, 3)}
    one, _, back_stack = run_stack(cell, parameters, z.copy(), np.zeros((1, 1, 2, 3)), None, Workspace(np.float64))
    other, _, back_layer = unroll(
        cell, parameters["layers.0.Wh"], z.copy(), np.zeros((1, 2, 3)), "l", Workspace(np.float64)
    )
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(back_stack(np.ones_like(one))[0], back_layer(np.ones_like(other))[0])
