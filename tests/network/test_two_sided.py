"""The cloze network: its gradients, and that no layer sees the blank."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.gradient_check import check_gradients
from charrnn.network.losses import cross_entropy
from charrnn.network.two_sided import ClozeNetwork
from charrnn.parallel.threads import serial, threaded
from charrnn.text.batches import Windows
from charrnn.training.optimizers import Adam, fresh_moments
from charrnn.training.trainer import Trainer, TrainingState

V, H, B = 7, 5, 2
F64 = np.float64


def make(layers: int, embedding: int = 0, dropout: float = 0.0, start: int | None = None) -> ClozeNetwork:
    return ClozeNetwork(NetworkConfig(V, H, layers, embedding, dropout, bos_id=start))


def weights(network: ClozeNetwork) -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in network.shapes().items()}


def window(T: int, seed: int = 1, vocabulary: int = V) -> tuple[Ids, Ids]:
    tokens = np.random.default_rng(seed).integers(vocabulary, size=(T + 1, B))
    return tokens[:-1], tokens[1:]


def a_state(network: ClozeNetwork) -> Array:
    state: Array = np.random.default_rng(2).normal(0.0, 0.5, network.start(B).shape)
    return state


@pytest.mark.parametrize("start", [None, 3])
@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize(("layers", "embedding", "dropout"), [(1, 0, 0.0), (1, 4, 0.3), (2, 4, 0.0), (3, 0, 0.3)])
def test_the_gradients_are_those_of_central_differences(
    layers: int, embedding: int, dropout: float, T: int, start: int | None
) -> None:
    network = make(layers, embedding, dropout, start)
    inputs, targets = window(T)
    masks = network.dropout_masks(B, np.random.default_rng(3), F64)
    arrays = weights(network) | {"state": a_state(network)}

    def loss(at: Parameters) -> float:
        workspace = Workspace(F64)
        logits, _, _ = network.forward(at, inputs, targets, at["state"], masks, workspace)
        return cross_entropy(logits, targets, 1, workspace, network.counted(targets))[0]

    workspace = Workspace(F64)
    for _ in range(2):  # the second time in a workspace that was used
        logits, _, back = network.forward(arrays, inputs, targets, arrays["state"], masks, workspace)
        _, dlogits = cross_entropy(logits, targets, 1, workspace, network.counted(targets))
        gradients, dstate = back(dlogits)
    check = check_gradients(loss, arrays, gradients | {"state": dstate}, entries=60, rng=np.random.default_rng(0))
    assert check.passed, check.suspects


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("embedding", [0, 4])
def test_the_blank_is_not_seen_and_all_else_is(layers: int, embedding: int) -> None:
    network, T = make(layers, embedding), 6
    p = weights(network)
    tokens = np.random.default_rng(1).integers(V, size=(T + 1, B))

    def logits_of(tokens: Ids) -> Array:
        logits, _, _ = network.forward(p, tokens[:-1], tokens[1:], a_state(network), None, Workspace(F64))
        return logits.copy()

    before = logits_of(tokens)
    for place in range(T + 1):
        other = tokens.copy()
        other[place] = (other[place] + 1) % V
        moved = np.abs(logits_of(other) - before).max(axis=(1, 2))
        for t in range(T):
            blank = t + 1  # logits[t] are those of tokens[t + 1]
            assert (moved[t] == 0.0) == (place == blank), (place, t)


def test_nothing_reaches_across_the_beginning_of_a_document_from_either_side() -> None:
    network = make(2, 4, start=3)
    p = weights(network)
    tokens = np.array([[1, 2, 5, 3, 4, 6, 2]]).T.repeat(B, axis=1)

    def logits_of(tokens: Ids) -> Array:
        logits, _, _ = network.forward(p, tokens[:-1], tokens[1:], a_state(network), None, Workspace(F64))
        return logits.copy()

    before = logits_of(tokens)
    for place, unmoved in ((0, (3, 4, 5)), (2, (3, 4, 5)), (4, (0, 1)), (6, (0, 1))):
        other = tokens.copy()
        other[place] = 0
        moved = np.abs(logits_of(other) - before).max(axis=(1, 2))
        assert not moved[list(unmoved)].any()


def test_there_are_two_stacks_and_one_head() -> None:
    sizes = {name: int(np.prod(shape)) for name, shape in make(2, 4).shapes().items()}
    assert sum(sizes.values()) == V * 4 + 2 * (4 * H + 3 * H * H + 2 * H) + 2 * H * V + V
    assert make(2, 4).parameter_count() == sum(sizes.values())
    assert {"forward.layers.1.Wx", "backward.layers.0.Wh", "vectorizer.weight", "head.W"} <= set(sizes)


def test_threads_change_nothing_but_the_last_digits() -> None:
    network = make(2, 4, dropout=0.2)
    parameters = network.initialize(np.random.default_rng(0))
    tokens = np.random.default_rng(1).integers(V, size=(9, 8))
    results = []
    for engine in (serial(network, Workspace), threaded(network, 2, Workspace)):
        loss, gradients, state = engine(
            parameters, tokens[:-1], tokens[1:], network.start(8), np.random.default_rng(5)
        )
        results.append((loss, {name: g.copy() for name, g in gradients.items()}, state.copy()))
    (one, g_one, s_one), (two, g_two, s_two) = results
    assert one == pytest.approx(two, rel=1e-6)
    np.testing.assert_allclose(s_one, s_two, atol=1e-6)
    for name, g in g_one.items():
        np.testing.assert_allclose(g, g_two[name], atol=1e-6, err_msg=name)


def test_it_learns_what_only_the_next_token_tells() -> None:
    """Threes of tokens: 0 or 1 by chance, then 2, then the first again: only what follows tells the first."""
    rng = np.random.default_rng(0)
    first = rng.integers(2, size=2000)
    ids = np.stack([first, np.full_like(first, 2), first + 3], axis=1).reshape(-1)
    network = ClozeNetwork(NetworkConfig(5, 16, 2, 8))
    parameters = network.initialize(rng)
    trainer = Trainer(Windows(ids, 15, 16), serial(network, Workspace), Adam(), 1.0, "norm")
    state = TrainingState(parameters, fresh_moments(Adam(), parameters), network.start(16), rng)
    for _ in range(150):
        trainer.step(state, 0.01)
    tokens = ids[:300][:, None]
    logits, _, _ = network.forward(state.parameters, tokens[:-1], tokens[1:], network.start(1), None, Workspace())
    assert (logits[2:-3, 0].argmax(axis=-1) == tokens[3:-3, 0]).mean() > 0.99
