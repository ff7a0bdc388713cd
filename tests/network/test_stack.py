"""The stack: what an output depends on, how windows join, dropout, and the gradient of the last state."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.network.arrays import Array, Backward, Ids, Parameters, Workspace
from charrnn.network.body import apply_dropout, draw_masks
from charrnn.network.gradient_check import check_gradients
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Dense, OneHot

F64 = np.float64
T, B, V, H = 6, 3, 7, 5
Weights = Callable[[Network], Parameters]
State = Callable[[Network, int], Array]


def make(layers: int = 2, dropout: float = 0.0, bos_id: int | None = None) -> Network:
    return Network(OneHot(V, bos_id), Stack(H, layers, dropout=dropout), V)


def random_ids(steps: int = T, streams: int = B, seed: int = 1) -> Ids:
    return np.random.default_rng(seed).integers(V, size=(steps, streams))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_token_changes_the_scores_at_its_step_and_after_it_alone(
    layers: int, random_weights: Weights, random_state: State
) -> None:
    network = make(layers)
    parameters, ids, state = random_weights(network), random_ids(), random_state(network, B)
    scores, _, _ = network.forward(parameters, ids, state)
    for place in range(T):
        changed_ids = ids.copy()
        changed_ids[place] = (changed_ids[place] + 1) % V
        changed, _, _ = network.forward(parameters, changed_ids, state)
        np.testing.assert_array_equal(changed[:place], scores[:place])
        assert (np.abs(changed[place:] - scores[place:]).max(axis=(1, 2)) > 1e-6).all()


def test_the_first_token_changes_the_last_step_of_later_windows(random_weights: Weights) -> None:
    network = make()
    parameters, first, later = random_weights(network), random_ids(streams=1), random_ids(streams=1, seed=5)
    changed = first.copy()
    changed[0] = (changed[0] + 1) % V
    last_scores = []
    for window in (first, changed):
        state = None
        for ids in (window, later, later):
            scores, state, _ = network.forward(parameters, ids, state)
            last_scores.append(scores[-1])
    for scores, changed_scores in zip(last_scores[:3], last_scores[3:], strict=True):
        assert np.abs(scores - changed_scores).max() > 1e-9


def test_two_windows_with_the_state_carried_equal_one_of_twice_the_length(
    random_weights: Weights, random_state: State
) -> None:
    network = make(3)
    parameters, ids, state = random_weights(network), random_ids(2 * T), random_state(network, B)
    whole, whole_state, _ = network.forward(parameters, ids, state)
    first, state, _ = network.forward(parameters, ids[:T], state)
    second, state, _ = network.forward(parameters, ids[T:], state)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state, whole_state, rtol=0, atol=1e-12)


def test_a_returned_state_is_not_overwritten_by_the_next_window(random_weights: Weights, random_state: State) -> None:
    network, workspace = make(), Workspace(F64)
    parameters = random_weights(network)
    _, state, _ = network.forward(parameters, random_ids(), random_state(network, B), workspace=workspace)
    copy = state.copy()
    network.forward(parameters, random_ids(seed=8), state, workspace=workspace)
    np.testing.assert_array_equal(state, copy)


def test_a_document_does_not_depend_on_the_previous_one(random_weights: Weights) -> None:
    network, bos = make(bos_id=3), 3
    parameters = random_weights(network)
    first, second = np.array([[1, 2, bos, 4, 5]]).T, np.array([[6, 0, bos, 4, 5]]).T
    scores, state, _ = network.forward(parameters, first)
    other_scores, other_state, _ = network.forward(parameters, second)
    np.testing.assert_array_equal(scores[2:], other_scores[2:])
    np.testing.assert_array_equal(state, other_state)
    assert not np.array_equal(scores[:1], other_scores[:1])


def test_dropout_masks_keep_the_mean() -> None:
    masks = Stack(200, 3, dropout=0.3).dropout_masks(50, np.random.default_rng(0), F64)
    assert masks is not None
    assert masks.shape == (3, 50, 200)
    np.testing.assert_allclose(np.unique(masks), [0.0, 1 / 0.7])
    assert masks.mean() == pytest.approx(1.0, abs=0.02)
    assert (masks == 0.0).mean() == pytest.approx(0.3, abs=0.01)


def test_without_dropout_no_mask_is_drawn() -> None:
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert Stack(H).dropout_masks(B, rng) is None
    assert draw_masks((2, B, H), 0.0, rng, F64) is None
    assert rng.bit_generator.state == before


def test_dropout_drops_the_same_units_at_every_step_and_not_in_the_recurrence(
    random_weights: Weights, random_state: State
) -> None:
    network = make(1, dropout=0.5)
    parameters, ids, state = random_weights(network), random_ids(), random_state(network, B)
    masks = network.dropout_masks(B, np.random.default_rng(0), F64)
    assert masks is not None
    y, last, _ = network.read(parameters, ids, state)
    dropped, dropped_last, _ = network.read(parameters, ids, state, dropout_masks=masks)
    np.testing.assert_array_equal(dropped, y * masks[0])
    np.testing.assert_array_equal(dropped_last, last)


def test_outputs_without_a_mask_are_passed_up_as_they_are() -> None:
    y: Array = np.ones((T, B, H))
    up, back = apply_dropout(y, None, "l", Workspace(F64))
    assert up is y
    assert back(y) is y


def test_the_gradient_of_the_last_state_passes_through_layers_and_time(random_weights: Weights) -> None:
    """Of a loss that is a weighted sum of the last states of both layers."""
    stack, D, steps = Stack(2, 2), 2, 3
    parameters = random_weights(Network(Dense(D), stack, 1))
    rng = np.random.default_rng(0)
    x, dlast = rng.normal(size=(steps, 1, D)), rng.normal(size=(2, 1, 1, 2))
    arrays = {name: array for name, array in parameters.items() if name.startswith("layers")}
    arrays |= {"x": x, "state": rng.normal(size=dlast.shape)}

    def read(at: Parameters) -> tuple[Array, Array, Backward]:
        return stack.forward(at, Dense(D), at["x"], at["state"], None, Workspace(F64))

    y, _, backward = read(arrays)
    gradients = backward(np.zeros_like(y), dlast)
    check = check_gradients(
        lambda at: float((read(at)[1] * dlast).sum()),
        arrays,
        {**gradients.parameters, "x": gradients.inputs, "state": gradients.state},
    )
    assert check.passed, check.suspects
