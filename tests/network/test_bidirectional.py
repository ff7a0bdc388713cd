"""The bidirectional body: what an output depends on, its two halves, padding, and its gradients with dropout."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.network.arrays import Array, Parameters, Workspace, select
from charrnn.network.bidirectional import Bidirectional, add_gradients
from charrnn.network.body import Body
from charrnn.network.cells import CELLS
from charrnn.network.gradient_check import GradientCheck
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Dense, Embedding

F64 = np.float64
Weights = Callable[[Network], Parameters]


def random_vectors(*shape: int) -> Array:
    return np.random.default_rng(1).normal(size=shape)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_an_output_depends_on_later_inputs_if_and_only_if_the_body_is_bidirectional(
    cell: str, layers: int, random_weights: Weights
) -> None:
    for body in (Stack, Bidirectional):
        network = Network(Dense(2), body(4, layers, CELLS[cell]), 3)
        parameters, x = random_weights(network), random_vectors(6, 1, 2) + 3.0  # keeps some rectifiers positive
        changed = x.copy()
        changed[-1] += 1.0
        first_output, changed_output = network.output(parameters, x)[0], network.output(parameters, changed)[0]
        assert bool(np.any(first_output != changed_output)) == (body is Bidirectional)


def test_each_half_is_the_output_of_a_stack_in_its_direction(random_weights: Weights) -> None:
    body, x = Bidirectional(4), random_vectors(5, 2, 3)
    network = Network(Dense(3), body, 2)
    parameters = random_weights(network)
    y, _, _ = network.read(parameters, x)
    stack = Stack(4)
    for direction, inputs, half in (("forward", x, y[..., :4]), ("backward", x[::-1], y[::-1, :, 4:])):
        weights = {f"layers.0.{name}": w for name, w in select(f"layers.0.{direction}", parameters).items()}
        expected, _, _ = stack.forward(weights, Dense(3), inputs, stack.initial_state(2, F64), None, Workspace(F64))
        np.testing.assert_allclose(half, expected, rtol=0, atol=1e-15)


def test_a_second_layer_reads_both_halves_of_the_first(random_weights: Weights) -> None:
    """A change of the last input alone reaches the forward half of the second layer at the first step."""
    network = Network(Dense(3), Bidirectional(4, 2), 2)
    parameters, x = random_weights(network), random_vectors(5, 1, 3)
    changed = x.copy()
    changed[-1] += 1.0
    y, changed_y = (network.read(parameters, inputs)[0] for inputs in (x, changed))
    assert (y[0, 0, :4] != changed_y[0, 0, :4]).all()


def test_two_directions_have_twice_the_weights() -> None:
    def weights(body: Body) -> int:
        return sum(int(np.prod(shape)) for shape in body.shapes(65).values())

    assert weights(Stack(128)) == 24_832
    assert weights(Bidirectional(128)) == 49_664
    assert weights(Bidirectional(128, 2)) == 148_224


def test_a_window_neither_reads_nor_changes_the_state(random_weights: Weights) -> None:
    network = Network(Dense(3), Bidirectional(4, 2), 2)
    parameters, x = random_weights(network), random_vectors(5, 2, 3)
    state = random_vectors(*network.initial_state(2).shape)
    y, new_state, backward = network.read(parameters, x, state)
    np.testing.assert_array_equal(new_state, state)
    np.testing.assert_array_equal(y, network.read(parameters, x)[0])
    np.testing.assert_array_equal(backward(np.ones_like(y)).state, 0.0)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 4), st.booleans(), st.sampled_from(sorted(CELLS)))
def test_padding_before_and_after_a_sequence_changes_no_output(
    random_weights: Weights, steps: int, before: int, after: int, bidirectional: bool, cell: str
) -> None:
    body = (Bidirectional if bidirectional else Stack)(3, 2, CELLS[cell])
    network = Network(Dense(2), body, 2)
    parameters, x = random_weights(network), random_vectors(steps, 1, 2)
    padded = np.full((before + steps + after, 1, 2), np.nan)
    padded[before : before + steps] = x
    output = network.output(parameters, padded)[before : before + steps]
    np.testing.assert_allclose(output, network.output(parameters, x), rtol=0, atol=1e-13)


@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_the_gradients_with_dropout_are_the_central_differences(
    cell: str, layers: int, T: int, check_window: Callable[..., GradientCheck]
) -> None:
    """Of an embedding, whose gradient is the sum of both directions."""
    V, B = 7, 3
    network = Network(Embedding(V, 3), Bidirectional(4, layers, CELLS[cell], dropout=0.4), V)
    rng = np.random.default_rng(T)
    masks = network.dropout_masks(B, rng, F64)
    assert masks is not None
    assert masks.shape == (layers, B, 8)
    check = check_window(
        network, rng.integers(V, size=(T, B)), rng.integers(V, size=(T, B)), dropout_masks=masks, entries=6
    )
    assert check.passed, check.suspects


def test_gradients_of_a_shared_weight_are_added() -> None:
    total = add_gradients({"a": np.array([1.0]), "b": np.array([2.0])}, {"b": np.array([3.0]), "c": np.array([4.0])})
    assert {name: gradient.tolist() for name, gradient in total.items()} == {"a": [1.0], "b": [5.0], "c": [4.0]}
