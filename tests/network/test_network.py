"""The network: the equations, worked examples, what depends on what, and what adds up to what."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network import Array, Ids, Network, OneHot, Parameters, Workspace, affine, run_stack, unroll
from charrnn.network.cells.elman import Tanh

F64 = np.float64
T, B, V, H = 6, 3, 7, 5


def make(layers: int = 2, embedding: int = 0, dropout: float = 0.0, vocabulary: int = V) -> Network:
    return Network(NetworkConfig(vocabulary, H, layers, embedding, dropout))


def weights(network: Network, seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in network.shapes().items()}


def window(seed: int = 1, steps: int = T, streams: int = B, vocabulary: int = V) -> Ids:
    return np.random.default_rng(seed).integers(vocabulary, size=(steps, streams))


def a_state(network: Network, streams: int = B) -> Array:
    state: Array = np.random.default_rng(2).normal(0.0, 0.5, network.start(streams).shape)
    return state


def logits_of(network: Network, parameters: Parameters, ids: Ids, state: Array) -> tuple[Array, Array]:
    logits, new_state, _ = network.forward(parameters, ids, state, None, Workspace(F64))
    return logits, new_state


def test_the_worked_example_comes_out_to_twelve_digits() -> None:
    x, Wx, b = np.array([[[1.0]], [[2.0]]]), np.array([[0.5, 0.6]]), np.array([0.1, -0.1])
    Wh, W_output, b_output = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[1.0], [2.0]]), np.array([0.1])
    workspace = Workspace(F64)
    z, _ = affine(x, Wx, b, "input", workspace)
    y, last, _ = unroll(Tanh(), Wh, z, np.zeros((1, 1, 2)), "cell", workspace)
    output, _ = affine(y, W_output, b_output, "output", workspace)
    states = [[0.5370495669980352, 0.46211715726000974], [0.8597381843462615, 0.8836664119437349]]
    np.testing.assert_allclose(y[:, 0], states, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.arctanh(y[1, 0]), [1.2923401038778066, 1.3922567763036109], rtol=0, atol=1e-12)
    np.testing.assert_allclose(output[:, 0, 0], [1.5612838815180548, 2.727071008233731], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(last[0], y[1])


def test_one_step_gives_the_published_numbers() -> None:
    N, D, width = 3, 10, 4
    x, Wx = np.linspace(-0.4, 0.7, N * D).reshape(1, N, D), np.linspace(-0.1, 0.9, D * width).reshape(D, width)
    Wh, b = np.linspace(-0.3, 0.7, width * width).reshape(width, width), np.linspace(-0.2, 0.4, width)
    before = np.linspace(-0.2, 0.5, N * width).reshape(1, N, width)
    workspace = Workspace(F64)
    z, _ = affine(x, Wx, b, "input", workspace)
    y, _, _ = unroll(Tanh(), Wh, z, before, "cell", workspace)
    published = [
        [-0.5817208894, -0.5018203226, -0.4123277085, -0.3141009840],
        [0.6685469230, 0.7956237812, 0.8775555281, 0.9279596661],
        [0.9793450054, 0.9914421288, 0.9964669105, 0.9985435332],
    ]
    np.testing.assert_allclose(y[0], published, rtol=0, atol=1e-9)


def test_one_matrix_over_input_and_state_is_the_same_as_two() -> None:
    rng, D = np.random.default_rng(0), 4
    x, Wx, Wh, b = (rng.normal(size=shape) for shape in ((T, B, D), (D, H), (H, H), (H,)))
    workspace = Workspace(F64)
    z, _ = affine(x, Wx, b, "input", workspace)
    y, _, _ = unroll(Tanh(), Wh, z, np.zeros((1, B, H)), "cell", workspace)
    h, W = np.zeros((B, H)), np.vstack([Wx, Wh])
    for t in range(T):
        h = np.tanh(np.hstack([x[t], h]) @ W + b)
        np.testing.assert_allclose(y[t], h, rtol=0, atol=1e-14)


@pytest.mark.parametrize("panels", [False, True])
@pytest.mark.parametrize("embedding", [0, 4])
def test_the_logits_are_those_of_the_equations(embedding: int, panels: bool) -> None:
    network = Network(NetworkConfig(V, 32, 3, embedding, dropout=0.4))
    p, ids, state = weights(network), window(), a_state(network)
    masks = network.dropout_masks(B, np.random.default_rng(3), F64)
    assert masks is not None
    logits, new_state, _ = network.forward(p, ids, state, masks, Workspace(F64, panels=panels))
    h = [layer[0] for layer in state]
    vectors = p["vectorizer.weight"] if embedding else np.eye(V)
    for t in range(T):
        x = vectors[ids[t]]
        for l in range(3):
            h[l] = np.tanh(x @ p[f"layers.{l}.Wx"] + h[l] @ p[f"layers.{l}.Wh"] + p[f"layers.{l}.b"])
            x = h[l] * masks[l]
        np.testing.assert_allclose(logits[t], x @ p["head.W"] + p["head.b"], rtol=0, atol=1e-11)
    np.testing.assert_allclose(new_state[:, 0], h, rtol=0, atol=1e-11)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_later_character_changes_nothing_earlier_and_everything_from_there_on(layers: int) -> None:
    network = make(layers)
    p, ids, state = weights(network), window(), a_state(network)
    before, _ = logits_of(network, p, ids, state)
    for changed in range(T):
        other = ids.copy()
        other[changed] = (other[changed] + 1) % V
        after, _ = logits_of(network, p, other, state)
        np.testing.assert_array_equal(after[:changed], before[:changed])
        assert (np.abs(after[changed:] - before[changed:]).max(axis=(1, 2)) > 1e-6).all()


def test_the_first_character_is_felt_at_the_last_step_and_in_later_windows() -> None:
    network, streams = make(), 1
    p, state = weights(network), network.start(1, F64)
    ids, later = window(streams=streams), window(5, streams=streams)
    other = ids.copy()
    other[0] = (other[0] + 1) % V
    ends = []
    for first in (ids, other):
        carried = state
        for piece in (first, later, later):
            logits, carried = logits_of(network, p, piece, carried)
            ends.append(logits[-1])
    for a, b in zip(ends[:3], ends[3:], strict=True):
        assert np.abs(a - b).max() > 1e-9


def test_two_windows_with_the_state_carried_are_one_of_twice_the_length() -> None:
    network = make(3)
    p, ids, state = weights(network), window(steps=2 * T), a_state(network)
    whole, end = logits_of(network, p, ids, state)
    first, carried = logits_of(network, p, ids[:T], state)
    second, carried = logits_of(network, p, ids[T:], carried)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(carried, end, rtol=0, atol=1e-12)


def test_a_state_that_was_returned_outlives_the_next_window() -> None:
    network, workspace = make(), Workspace(F64)
    p = weights(network)
    _, carried, _ = network.forward(p, window(), a_state(network), None, workspace)
    kept = carried.copy()
    network.forward(p, window(8), network.start(B, F64), None, workspace)
    np.testing.assert_array_equal(carried, kept)


@pytest.mark.parametrize("embedding", [0, 4])
def test_the_gradients_of_shards_sum_to_those_of_the_batch(embedding: int) -> None:
    network, streams = make(embedding=embedding, dropout=0.4), 5
    p, ids, state = weights(network), window(steps=T + 1, streams=streams), a_state(network, streams)
    masks = network.dropout_masks(streams, np.random.default_rng(0), F64)
    assert masks is not None

    def part(s: slice) -> tuple[float, Parameters, Array]:
        x, y = ids[:-1, s], ids[1:, s]
        return network.loss_and_gradients(p, x, y, state[:, :, s], masks[:, s], T * streams, Workspace(F64))

    nats, gradients, new_state = part(slice(0, streams))
    shards = [part(slice(0, 2)), part(slice(2, 3)), part(slice(3, 5))]
    assert sum(shard[0] for shard in shards) == pytest.approx(nats, rel=1e-12)
    assert set(gradients) == set(p)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(sum(shard[1][name] for shard in shards), gradient, rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.concatenate([shard[2] for shard in shards], axis=2), new_state, rtol=0, atol=1e-13)


@pytest.mark.parametrize("vocabulary", [V, 300])
def test_one_hot_is_an_embedding_whose_weight_times_wx_is_the_table(vocabulary: int) -> None:
    embedded, onehot = make(embedding=4, vocabulary=vocabulary), make(vocabulary=vocabulary)
    p = weights(embedded)
    weight, Wx = p["vectorizer.weight"], p["layers.0.Wx"]
    q = {name: array for name, array in p.items() if name != "vectorizer.weight"} | {"layers.0.Wx": weight @ Wx}
    ids, state = window(steps=T + 1, vocabulary=vocabulary), a_state(embedded)
    a = embedded.loss_and_gradients(p, ids[:-1], ids[1:], state, None, T * B, Workspace(F64))
    b = onehot.loss_and_gradients(q, ids[:-1], ids[1:], state, None, T * B, Workspace(F64))
    assert a[0] == pytest.approx(b[0], rel=1e-13)
    dtable = b[1]["layers.0.Wx"]
    np.testing.assert_allclose(a[1]["layers.0.Wx"], weight.T @ dtable, rtol=0, atol=1e-13)
    np.testing.assert_allclose(a[1]["vectorizer.weight"], dtable @ Wx.T, rtol=0, atol=1e-13)
    for name in set(q) - {"layers.0.Wx"}:
        np.testing.assert_allclose(a[1][name], b[1][name], rtol=0, atol=1e-13)
    np.testing.assert_allclose(OneHot(vocabulary).table({}, Wx=q["layers.0.Wx"], b=p["layers.0.b"]),
                               embedded.vectorizer.table({"weight": weight}, Wx, p["layers.0.b"]))  # fmt: skip


def test_the_parameters_of_a_small_network_are_66113() -> None:
    network = Network(NetworkConfig(vocabulary=65, hidden=128, layers=2))
    assert network.parameter_count() == 66_113
    assert sum(np.prod(network.shapes()[name]) for name in ("head.W", "head.b")) == 8_385
    fresh = network.initialize(np.random.default_rng(0))
    assert sum(array.size for array in fresh.values()) == 66_113
    assert {name: array.shape for name, array in fresh.items()} == network.shapes()


def test_dropout_keeps_the_mean_and_is_none_where_there_is_none() -> None:
    network = Network(NetworkConfig(V, 200, 3, dropout=0.3))
    masks = network.dropout_masks(50, np.random.default_rng(0), F64)
    assert masks is not None
    assert masks.shape == (3, 50, 200)
    np.testing.assert_allclose(np.unique(masks), [0.0, 1 / 0.7])
    assert masks.mean() == pytest.approx(1.0, abs=0.02)
    assert (masks == 0.0).mean() == pytest.approx(0.3, abs=0.01)
    assert make().dropout_masks(B, np.random.default_rng(0)) is None


def test_dropout_drops_the_same_units_at_every_step_and_leaves_the_recurrence_alone() -> None:
    network = make(layers=1, dropout=0.5)
    p, state = weights(network), a_state(network)
    z: Array = np.random.default_rng(4).normal(size=(T, B, H))
    masks = network.dropout_masks(B, np.random.default_rng(0), F64)
    assert masks is not None
    plain, end, _ = run_stack(Tanh(), p, z, state, None, Workspace(F64))
    dropped, same_end, _ = run_stack(Tanh(), p, z, state, masks, Workspace(F64))
    np.testing.assert_array_equal(dropped, plain * masks[0])
    np.testing.assert_array_equal(same_end, end)


@pytest.mark.parametrize("embedding", [0, 4])
def test_a_used_workspace_gives_the_same_bits_as_a_fresh_one(embedding: int) -> None:
    network = make(3, embedding, dropout=0.4, vocabulary=30)
    p, state, used = weights(network), a_state(network), Workspace(F64)
    masks = network.dropout_masks(B, np.random.default_rng(0), F64)
    for seed in range(3):
        ids = window(seed, steps=T + 1, vocabulary=30)
        again = network.loss_and_gradients(p, ids[:-1], ids[1:], state, masks, T * B, used)
        fresh = network.loss_and_gradients(p, ids[:-1], ids[1:], state, masks, T * B, Workspace(F64))
        assert again[0] == fresh[0]
        for name, gradient in fresh[1].items():
            np.testing.assert_array_equal(again[1][name], gradient)
        state = fresh[2]


def test_steps_down_the_gradient_learn_a_window_by_heart() -> None:
    network, workspace, ids = make(), Workspace(), window(steps=T + 1)
    p, state = network.initialize(np.random.default_rng(0)), network.start(B)
    losses = []
    for _ in range(300):
        nats, gradients, _ = network.loss_and_gradients(p, ids[:-1], ids[1:], state, None, T * B, workspace)
        losses.append(nats / (T * B))
        for name, gradient in gradients.items():
            assert gradient.dtype == np.float32
            p[name] -= 0.5 * gradient
    assert losses[0] == pytest.approx(np.log(V), abs=0.7)
    assert losses[-1] < 0.3
