"""The network: its equations, shards, targets, sizes and names, and the ownership of its results."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.bidirectional import Bidirectional
from charrnn.network.body import Body
from charrnn.network.cells import CELLS
from charrnn.network.heads import HEADS
from charrnn.network.network import Network, count_targets
from charrnn.network.stack import Stack
from charrnn.network.two_sided import TwoSided
from charrnn.network.vectorizers import Embedding, OneHot

F64 = np.float64
T, B, V, H = 6, 3, 7, 5
Weights = Callable[[Network], Parameters]
State = Callable[[Network, int], Array]


def make(layers: int = 2, embedding: int = 0, dropout: float = 0.0) -> Network:
    return Network.from_config(NetworkConfig(V, H, layers, embedding, dropout))


def random_ids(steps: int = T, streams: int = B, seed: int = 1) -> Ids:
    return np.random.default_rng(seed).integers(V, size=(steps, streams))


@pytest.mark.parametrize("column_panels", [False, True])
@pytest.mark.parametrize("embedding", [0, 4])
def test_the_scores_are_those_of_the_equations(
    embedding: int, column_panels: bool, random_weights: Weights, random_state: State
) -> None:
    network = Network.from_config(NetworkConfig(V, 32, 3, embedding, dropout=0.4))
    p, ids, state = random_weights(network), random_ids(), random_state(network, B)
    masks = network.dropout_masks(B, np.random.default_rng(3), F64)
    assert masks is not None
    workspace = Workspace(F64, column_panels=column_panels)
    scores, new_state, _ = network.forward(p, ids, state, dropout_masks=masks, workspace=workspace)
    h = [layer[0] for layer in state]
    vectors = p["vectorizer.weight"] if embedding else np.eye(V)
    for t in range(T):
        x = vectors[ids[t]]
        for l in range(3):
            h[l] = np.tanh(x @ p[f"layers.{l}.Wx"] + h[l] @ p[f"layers.{l}.Wh"] + p[f"layers.{l}.b"])
            x = h[l] * masks[l]
        np.testing.assert_allclose(scores[t], x @ p["head.W"] + p["head.b"], rtol=0, atol=1e-11)
    np.testing.assert_allclose(new_state[:, 0], h, rtol=0, atol=1e-11)


def test_the_gradients_of_shards_sum_to_those_of_the_batch(random_weights: Weights, random_state: State) -> None:
    for embedding in (0, 4):
        network, streams = make(embedding=embedding, dropout=0.4), 5
        parameters, ids, state = random_weights(network), random_ids(T + 1, streams), random_state(network, streams)
        masks = network.dropout_masks(streams, np.random.default_rng(0), F64)
        assert masks is not None
        batch, *shards = (
            network.loss_and_gradients(
                parameters,
                ids[:-1, shard],
                ids[1:, shard],
                state[:, :, shard],
                dropout_masks=masks[:, shard],
                n_targets=T * streams,
            )
            for shard in (slice(0, streams), slice(0, 2), slice(2, 3), slice(3, 5))
        )
        assert sum(shard.loss for shard in shards) == pytest.approx(batch.loss, rel=1e-12)
        assert batch.gradients.parameters.keys() == parameters.keys()
        for name, gradient in batch.gradients.parameters.items():
            total = sum(shard.gradients.parameters[name] for shard in shards)
            np.testing.assert_allclose(total, gradient, rtol=0, atol=1e-13)
        states = np.concatenate([shard.state for shard in shards], axis=2)
        np.testing.assert_allclose(states, batch.state, rtol=0, atol=1e-13)


def test_the_gradients_are_by_default_those_of_the_mean_over_the_targets_with_a_loss(random_weights: Weights) -> None:
    network = Network(OneHot(V, 3), Stack(H), V)
    parameters, ids = random_weights(network), random_ids(T + 1)
    ids[2], ids[4, 0] = 3, 3
    mean = network.loss_and_gradients(parameters, ids[:-1], ids[1:])
    total = network.loss_and_gradients(parameters, ids[:-1], ids[1:], n_targets=1)
    n_targets = int((ids[1:] != 3).sum())
    assert mean.loss == pytest.approx(total.loss, rel=1e-13)
    for name, gradient in mean.gradients.parameters.items():
        np.testing.assert_allclose(gradient * n_targets, total.gradients.parameters[name], rtol=1e-12, atol=1e-14)


def test_the_loss_mask_excludes_missing_targets_and_document_starts() -> None:
    plain, documents = Network(OneHot(V), Stack(H), V), Network(OneHot(V, 3), Stack(H), V)
    ids = np.array([[0, -1], [3, 1]])
    np.testing.assert_array_equal(plain.loss_mask(ids), [[True, False], [True, True]])
    np.testing.assert_array_equal(documents.loss_mask(ids), [[True, False], [False, True]])
    assert plain.loss_mask(np.abs(ids)) is None
    assert plain.loss_mask(ids.astype(np.uint8)) is None  # unsigned ids are all there
    numbers = np.zeros((2, 2, 3))
    assert plain.loss_mask(numbers) is None
    numbers[1, 0] = np.nan
    np.testing.assert_array_equal(plain.loss_mask(numbers), [[True, True], [False, True]])


def test_targets_are_counted_per_step_and_stream_and_are_at_least_one() -> None:
    targets = np.zeros((4, 3, 2))
    assert count_targets(targets, None) == 12
    assert count_targets(targets, np.eye(4, 3, dtype=np.bool_)) == 3
    assert count_targets(targets, np.zeros((4, 3), np.bool_)) == 1


def test_a_small_network_has_66113_parameters() -> None:
    network = Network.from_config(NetworkConfig(vocabulary=65, hidden=128, layers=2))
    assert network.parameter_count() == 66_113
    assert sum(np.prod(network.shapes()[name]) for name in ("head.W", "head.b")) == 8_385
    parameters = network.initialize(np.random.default_rng(0))
    assert sum(array.size for array in parameters.values()) == 66_113
    assert {name: array.shape for name, array in parameters.items()} == network.shapes()


def test_tensor_names_are_those_of_the_files() -> None:
    layers = [f"layers.{l}.{name}" for l in range(2) for name in ("Wx", "Wh", "b")]
    assert list(make(embedding=4).shapes()) == ["vectorizer.weight", *layers, "head.W", "head.b"]
    assert list(make().shapes()) == [*layers, "head.W", "head.b"]


@pytest.mark.parametrize(
    "body", [Stack(4, 2, CELLS["gru"]), Bidirectional(4, 2, CELLS["gru"]), TwoSided(4, 2, CELLS["gru"])]
)
def test_without_a_workspace_the_caller_owns_the_results(body: Body, random_weights: Weights) -> None:
    """Neither a second call nor its way back changes an array that the first call returned."""
    network = Network(Embedding(V, 3), body, V)
    parameters, ids, other_ids = random_weights(network), random_ids(T + 1), random_ids(T + 1, seed=2)
    scores, state, backward = network.forward(parameters, ids)
    gradients = backward(np.ones_like(scores)).parameters
    results = [scores, state, *gradients.values()]
    copies = [array.copy() for array in results]
    other_scores, other_state, backward = network.forward(parameters, other_ids)
    other_gradients = backward(np.ones_like(other_scores)).parameters
    for array, copy in zip(results, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for array, other in zip(results, [other_scores, other_state, *other_gradients.values()], strict=True):
        assert not np.shares_memory(array, other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_a_workspace_results_have_the_type_of_the_weights(dtype: type[np.floating]) -> None:
    network = make(embedding=4, dropout=0.2)
    parameters, ids = network.initialize(np.random.default_rng(0), dtype), random_ids(T + 1)
    result = network.loss_and_gradients(parameters, ids[:-1], ids[1:])
    arrays = [*result.gradients.parameters.values(), result.gradients.state, result.state]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_the_output_is_that_of_the_head_from_the_initial_state(random_weights: Weights) -> None:
    network = make(dropout=0.5)
    parameters, ids = random_weights(network), random_ids()
    scores, _, _ = network.forward(parameters, ids, network.initial_state(B, F64))
    np.testing.assert_array_equal(network.output(parameters, ids), HEADS["softmax"].output(scores))


def test_gradient_descent_memorizes_a_window() -> None:
    network, workspace, ids = make(), Workspace(), random_ids(T + 1)
    parameters, state = network.initialize(np.random.default_rng(0)), network.initial_state(B)
    losses = []
    for _ in range(300):
        loss, gradients, _ = network.loss_and_gradients(parameters, ids[:-1], ids[1:], state, workspace=workspace)
        losses.append(loss / (T * B))
        for name, gradient in gradients.parameters.items():
            assert gradient.dtype == np.float32
            parameters[name] -= 0.5 * gradient
    assert losses[0] == pytest.approx(np.log(V), abs=0.7)
    assert losses[-1] < 0.3
