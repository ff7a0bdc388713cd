"""The two-sided body: its gradients, and that no layer sees the token that it predicts."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Array, Ids, Parameters
from charrnn.network.gradient_check import GradientCheck
from charrnn.network.network import Network
from charrnn.parallel.serial import serial
from charrnn.text.batches import Windows
from charrnn.training.optimizers import Adam, initial_moments
from charrnn.training.state import TrainingState
from charrnn.training.trainer import Trainer

V, H, B = 7, 5, 2
Weights = Callable[[Network], Parameters]
State = Callable[[Network, int], Array]


def make(layers: int, embedding: int = 0, dropout: float = 0.0, bos_id: int | None = None) -> Network:
    return Network.from_config(NetworkConfig(V, H, layers, embedding, dropout, bos_id=bos_id, body="two_sided"))


@pytest.mark.parametrize("bos_id", [None, 3])
@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize(("layers", "embedding", "dropout"), [(1, 0, 0.0), (1, 4, 0.3), (2, 4, 0.0), (3, 0, 0.3)])
def test_the_gradients_are_the_central_differences(
    layers: int,
    embedding: int,
    dropout: float,
    T: int,
    bos_id: int | None,
    check_window: Callable[..., GradientCheck],
) -> None:
    network = make(layers, embedding, dropout, bos_id)
    ids = np.random.default_rng(1).integers(V, size=(T + 1, B))
    masks = network.dropout_masks(B, np.random.default_rng(3), np.float64)
    assert (masks is not None) == (dropout > 0.0)
    check = check_window(network, ids[:-1], ids[1:], dropout_masks=masks, entries=10)
    assert check.passed, check.suspects


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("embedding", [0, 4])
def test_a_token_changes_all_scores_but_its_own(
    layers: int, embedding: int, random_weights: Weights, random_state: State
) -> None:
    network, T = make(layers, embedding), 6
    parameters, state = random_weights(network), random_state(network, B)
    ids = np.random.default_rng(1).integers(V, size=(T + 1, B))
    scores, _, _ = network.forward(parameters, ids, state)
    assert scores.shape == (T, B, V)
    for place in range(T + 1):
        changed_ids = ids.copy()
        changed_ids[place] = (changed_ids[place] + 1) % V
        changed, _, _ = network.forward(parameters, changed_ids, state)
        difference = np.abs(changed - scores).max(axis=(1, 2))
        for t in range(T):
            assert (difference[t] == 0.0) == (place == t + 1), (place, t)  # scores[t] predict ids[t + 1]


def test_the_visible_part_of_a_window_ends_with_its_last_target() -> None:
    ids: Ids = np.arange(8)[:, None]
    np.testing.assert_array_equal(make(1).body.visible(ids[:-1], ids[1:]), ids)


def test_no_score_depends_on_another_document(random_weights: Weights, random_state: State) -> None:
    network = make(2, 4, bos_id=3)
    parameters, state = random_weights(network), random_state(network, B)
    ids = np.array([[1, 2, 5, 3, 4, 6, 2]]).T.repeat(B, axis=1)  # scores[2] predict the 3, and are not used
    scores, _, _ = network.forward(parameters, ids, state)
    for place, steps_of_the_other_document in ((0, [3, 4, 5]), (2, [3, 4, 5]), (4, [0, 1]), (6, [0, 1])):
        changed_ids = ids.copy()
        changed_ids[place] = 0
        changed, _, _ = network.forward(parameters, changed_ids, state)
        np.testing.assert_array_equal(changed[steps_of_the_other_document], scores[steps_of_the_other_document])
        assert not np.array_equal(changed, scores)


def test_the_weights_are_those_of_two_stacks_and_one_vectorizer_and_head() -> None:
    network = make(2, 4)
    sizes = {name: int(np.prod(shape)) for name, shape in network.shapes().items()}
    assert sum(sizes.values()) == V * 4 + 2 * (4 * H + 3 * H * H + 2 * H) + 2 * H * V + V
    assert network.parameter_count() == sum(sizes.values())
    assert {"forward.layers.1.Wx", "backward.layers.0.Wh", "vectorizer.weight", "head.W"} <= set(sizes)


def test_the_state_is_that_of_the_forward_stack(random_weights: Weights, random_state: State) -> None:
    """Two windows with the state carried have the forward states of one of twice the length."""
    network, T = make(2), 4
    parameters, state = random_weights(network), random_state(network, B)
    ids = np.random.default_rng(1).integers(V, size=(2 * T + 1, B))
    whole, whole_state, _ = network.read(parameters, ids, state)
    _, state, _ = network.read(parameters, ids[: T + 1], state)
    second, state, _ = network.read(parameters, ids[T:], state)
    np.testing.assert_allclose(second[..., :H], whole[T:, :, :H], rtol=0, atol=1e-12)
    np.testing.assert_allclose(state, whole_state, rtol=0, atol=1e-12)


def test_training_learns_tokens_that_only_the_next_token_tells() -> None:
    """In every three tokens, the first is 0 or 1 at random, the second is 2, and the third repeats the first."""
    rng = np.random.default_rng(0)
    first = rng.integers(2, size=2000)
    ids = np.stack([first, np.full_like(first, 2), first + 3], axis=1).reshape(-1)
    network = Network.from_config(NetworkConfig(5, 16, 2, 8, body="two_sided"))
    parameters = network.initialize(rng)
    trainer = Trainer(Windows(ids, 15, 16), serial(network), Adam(), 1.0, "norm")
    state = TrainingState(parameters, initial_moments(Adam(), parameters), network.initial_state(16), rng)
    for _ in range(150):
        trainer.step(state, 0.01)
    tokens = ids[:300][:, None]
    scores, _, _ = network.forward(state.parameters, tokens)
    assert (scores[2:-2, 0].argmax(axis=-1) == tokens[3:-2, 0]).mean() > 0.99
