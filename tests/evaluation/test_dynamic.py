"""Dynamic evaluation: it learns from what it has read, from nothing else, and leaves the network alone."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.errors import UsageError
from charrnn.evaluation.dynamic import Adaptation, dynamic_log_probabilities
from charrnn.evaluation.evaluate import log_probabilities
from charrnn.language.model import LanguageModel
from charrnn.network import Array, Ids, Network, Parameters, Workspace
from charrnn.text.tokenizers import initial_id

V, WINDOW = 9, 6
EAGER = Adaptation(rate=0.5, window=WINDOW, longest_step=1.0)


def make(embedding: int = 0, start: int | None = None) -> Network:
    return Network(NetworkConfig(V, 8, 2, embedding, dropout=0.3, bos_id=start))


def weights(network: Network, dtype: type = np.float32) -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape).astype(dtype) for name, shape in network.shapes().items()}


def a_text(N: int, seed: int = 1) -> Ids:
    return np.random.default_rng(seed).integers(1, V, size=N).astype(np.uint8)


@pytest.mark.parametrize("N", [1, 5, WINDOW, WINDOW + 1, 4 * WINDOW, 300])
@pytest.mark.parametrize("start", [None, 3])
def test_rate_zero_is_evaluation_as_ever(N: int, start: int | None) -> None:
    network, ids = make(start=start), a_text(N)
    still = Adaptation(rate=0.0, window=WINDOW, decay=0.5)
    logp = dynamic_log_probabilities(network, weights(network), ids, 2, still)
    assert logp.shape == (N,)
    np.testing.assert_allclose(logp, log_probabilities(network, weights(network), ids, 2), rtol=0, atol=1e-5)


@pytest.mark.parametrize("decay", [0.0, 0.25])
def test_each_window_is_read_by_weights_that_were_moved_by_those_before_it(decay: float) -> None:
    network, ids = make(embedding=5), a_text(3 * WINDOW - 2)
    given, workspace = weights(network, np.float64), Workspace(np.float64)
    moved, state = given, network.start(1, np.float64)
    stream, nats = np.concatenate([[0], ids])[:, None], []
    for begin in range(0, len(ids), WINDOW):
        inputs, targets = stream[:-1][begin : begin + WINDOW], stream[1:][begin : begin + WINDOW]
        lost, g, state = network.loss_and_gradients(moved, inputs, targets, state, None, WINDOW, workspace)
        nats.append(lost)
        stepped = {name: w - 0.1 * g[name] for name, w in moved.items()}
        moved = {name: w + decay * (given[name] - w) for name, w in stepped.items()}
    adaptation = Adaptation(0.1, WINDOW, decay, longest_step=1e3)
    logp = dynamic_log_probabilities(network, given, ids, 0, adaptation)
    sums = [-logp[begin : begin + WINDOW].sum() for begin in range(0, len(ids), WINDOW)]
    np.testing.assert_allclose(sums, nats, rtol=1e-12)


@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("k", [1, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW + 2])
def test_nothing_looks_ahead(k: int, embedding: int) -> None:
    network, ids = make(embedding), a_text(5 * WINDOW + 1)
    other = ids.copy()
    other[k:] = a_text(len(ids) - k, seed=2)
    other[k] = ids[k] % (V - 1) + 1
    one, two = (dynamic_log_probabilities(network, weights(network), text, 0, EAGER) for text in (ids, other))
    np.testing.assert_array_equal(one[:k], two[:k])
    assert (one[k:] != two[k:]).all()


def test_the_weights_that_are_given_stay_and_the_same_text_gives_the_same_bits() -> None:
    network, ids = make(embedding=5), a_text(10 * WINDOW)
    given = weights(network)
    for w in given.values():
        w.flags.writeable = False
    one, two = (dynamic_log_probabilities(network, given, ids, 0, EAGER) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    for name, w in weights(network).items():
        np.testing.assert_array_equal(given[name], w)
    assert not np.allclose(one, log_probabilities(network, given, ids, 0), atol=0.1)  # though a copy has moved


def test_a_sentence_that_comes_again_is_learned(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    sentence = "a hundred tall teal boats will be late at dawn.\n"
    ids, before = model.tokenizer.encode(sentence * 40), initial_id(model.tokenizer)
    static = log_probabilities(model.network, model.parameters, ids, before)
    dynamic = dynamic_log_probabilities(model.network, model.parameters, ids, before)
    first = Adaptation().window
    np.testing.assert_allclose(dynamic[:first], static[:first], rtol=0, atol=1e-5)
    assert dynamic.mean() > static.mean() + 0.5
    assert dynamic[-len(sentence) :].mean() > dynamic[len(sentence) : 2 * len(sentence)].mean() + 1.0


def test_the_beginning_of_a_document_counts_nothing_and_teaches_nothing() -> None:
    network, ids = make(start=0), a_text(4 * WINDOW + 3)
    given, marks = weights(network), np.zeros(2 * WINDOW, np.uint8)
    alone = dynamic_log_probabilities(network, given, ids, 0, EAGER)
    after_marks = dynamic_log_probabilities(network, given, np.concatenate([marks, ids]), 5, EAGER)
    assert not after_marks[: len(marks)].any()
    np.testing.assert_array_equal(after_marks[len(marks) :], alone)


def test_a_document_begins_without_the_state_of_the_one_before() -> None:
    network, given = make(start=0), weights(make(start=0))
    slow = Adaptation(rate=1e-9, window=WINDOW)

    def second(first: Ids) -> Array:
        ids = np.concatenate([first, [0], a_text(2 * WINDOW)])
        return dynamic_log_probabilities(network, given, ids, 0, slow)[len(first) + 1 :]

    np.testing.assert_allclose(second(a_text(11, seed=3)), second(a_text(4, seed=4)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("rate", [10.0, 1e30, 1e300])
@pytest.mark.parametrize("longest_step", [0.1, 1e3])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_no_rate_gives_a_log_p_that_is_not_finite(rate: float, longest_step: float, decay: float) -> None:
    network, ids = make(embedding=5), a_text(200 * WINDOW)
    adaptation = Adaptation(rate, WINDOW, decay, longest_step)
    logp = dynamic_log_probabilities(network, weights(network), ids, 0, adaptation)
    assert np.isfinite(logp).all()
    assert (logp <= 0.0).all()


def test_a_gradient_that_is_not_finite_teaches_nothing() -> None:
    network, ids = make(), a_text(4 * WINDOW)
    given = weights(network)
    given["head.W"] *= np.float32(1e30)
    given["layers.0.Wh"] *= np.float32(1e20)  # the gradient overflows on its way through this, and nothing else does:
    for name in ("layers.0.Wx", "layers.0.b"):
        given[name][...] = 0.0  # the layer is silent
    static = log_probabilities(network, given, ids, 0)
    assert np.isfinite(static).all()
    np.testing.assert_allclose(dynamic_log_probabilities(network, given, ids, 0, EAGER), static, rtol=1e-4)


@pytest.mark.parametrize(
    ("rate", "window", "decay", "longest_step", "fault"),
    [
        (-0.1, 20, 0.0, 1.0, "rate"),
        (float("nan"), 20, 0.0, 1.0, "rate"),
        (float("inf"), 20, 0.0, 1.0, "rate"),
        (0.1, 0, 0.0, 1.0, "window"),
        (0.1, 20, 1.5, 1.0, "decay"),
        (0.1, 20, 0.0, 0.0, "longest step"),
        (0.1, 20, 0.0, float("inf"), "longest step"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    rate: float, window: int, decay: float, longest_step: float, fault: str
) -> None:
    with pytest.raises(UsageError, match=f"the {fault} is"):
        Adaptation(rate, window, decay, longest_step)
