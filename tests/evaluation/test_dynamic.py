"""Dynamic evaluation: weights adapt to the tokens already scored, and to nothing else."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.errors import ModelError, UsageError
from charrnn.evaluation.dynamic import Adaptation, dynamic_log_probabilities
from charrnn.language.log_probabilities import token_log_probabilities
from charrnn.language.model import LanguageModel
from charrnn.network import Array, Ids, Network, Parameters
from charrnn.text.encoded import EncodedText, encode_text

V, WINDOW = 9, 6
EAGER = Adaptation(rate=0.5, window=WINDOW, longest_step=1.0)


def make(embedding: int = 0, bos_id: int | None = None) -> Network:
    return Network.from_config(NetworkConfig(V, 8, 2, embedding, dropout=0.3, bos_id=bos_id))


def encoded(ids: Ids, previous_id: int = 0) -> EncodedText:
    return EncodedText(ids.astype(np.uint8), previous_id, len(ids), 0)


def weights(network: Network, dtype: type = np.float32) -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape).astype(dtype) for name, shape in network.shapes().items()}


def random_ids(N: int, seed: int = 1) -> Ids:
    return np.random.default_rng(seed).integers(1, V, size=N).astype(np.uint8)


@pytest.mark.parametrize("N", [1, 5, WINDOW, WINDOW + 1, 4 * WINDOW, 300])
@pytest.mark.parametrize("bos_id", [None, 3])
def test_rate_zero_equals_static_evaluation(N: int, bos_id: int | None) -> None:
    network, ids = make(bos_id=bos_id), random_ids(N)
    still = Adaptation(rate=0.0, window=WINDOW, decay=0.5)
    log_p = dynamic_log_probabilities(network, weights(network), encoded(ids, 2), still)
    assert log_p.shape == (N,)
    np.testing.assert_allclose(
        log_p, token_log_probabilities(network, weights(network), encoded(ids, 2)), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("decay", [0.0, 0.25])
def test_each_window_is_scored_by_weights_adapted_to_the_windows_before_it(decay: float) -> None:
    network, ids = make(embedding=5), random_ids(3 * WINDOW - 2)
    given = weights(network, np.float64)
    moved, state = given, network.initial_state(1, np.float64)
    stream, nats = np.concatenate([[0], ids])[:, None], []
    for begin in range(0, len(ids), WINDOW):
        inputs, targets = stream[:-1][begin : begin + WINDOW], stream[1:][begin : begin + WINDOW]
        loss, gradients, state = network.loss_and_gradients(moved, inputs, targets, state, n_targets=WINDOW)
        nats.append(loss)
        stepped = {name: w - 0.1 * gradients.parameters[name] for name, w in moved.items()}
        moved = {name: w + decay * (given[name] - w) for name, w in stepped.items()}
    adaptation = Adaptation(0.1, WINDOW, decay, longest_step=1e3)
    log_p = dynamic_log_probabilities(network, given, encoded(ids, 0), adaptation)
    sums = [-log_p[begin : begin + WINDOW].sum() for begin in range(0, len(ids), WINDOW)]
    np.testing.assert_allclose(sums, nats, rtol=1e-12)


@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("k", [1, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW + 2])
def test_no_token_depends_on_later_tokens(k: int, embedding: int) -> None:
    network, ids = make(embedding), random_ids(5 * WINDOW + 1)
    other = ids.copy()
    other[k:] = random_ids(len(ids) - k, seed=2)
    other[k] = ids[k] % (V - 1) + 1
    one, two = (
        dynamic_log_probabilities(network, weights(network), encoded(text, 0), EAGER) for text in (ids, other)
    )
    np.testing.assert_array_equal(one[:k], two[:k])
    assert (one[k:] != two[k:]).all()


def test_the_given_weights_are_not_changed_and_results_are_reproducible() -> None:
    network, ids = make(embedding=5), random_ids(10 * WINDOW)
    given = weights(network)
    for w in given.values():
        w.flags.writeable = False
    one, two = (dynamic_log_probabilities(network, given, encoded(ids, 0), EAGER) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    for name, w in weights(network).items():
        np.testing.assert_array_equal(given[name], w)
    assert not np.allclose(
        one, token_log_probabilities(network, given, encoded(ids, 0)), atol=0.1
    )  # a copy has moved


def test_a_repeated_sentence_becomes_more_likely(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    sentence = "a hundred tall teal boats will be late at dawn.\n"
    text = encode_text(sentence * 40, model.tokenizer)
    static = model.token_log_probabilities(text)
    dynamic = dynamic_log_probabilities(model.network, model.parameters, text)
    first = Adaptation().window
    np.testing.assert_allclose(dynamic[:first], static[:first], rtol=0, atol=1e-5)
    assert dynamic.mean() > static.mean() + 0.5
    assert dynamic[-len(sentence) :].mean() > dynamic[len(sentence) : 2 * len(sentence)].mean() + 1.0


def test_bos_tokens_neither_count_nor_teach() -> None:
    network, ids = make(bos_id=0), random_ids(4 * WINDOW + 3)
    given, marks = weights(network), np.zeros(2 * WINDOW, np.uint8)
    alone = dynamic_log_probabilities(network, given, encoded(ids, 0), EAGER)
    after_marks = dynamic_log_probabilities(network, given, encoded(np.concatenate([marks, ids]), 5), EAGER)
    assert not after_marks[: len(marks)].any()
    np.testing.assert_array_equal(after_marks[len(marks) :], alone)


def test_a_document_begins_without_the_state_of_the_previous_one() -> None:
    network, given = make(bos_id=0), weights(make(bos_id=0))
    slow = Adaptation(rate=1e-9, window=WINDOW)

    def second(first: Ids) -> Array:
        ids = np.concatenate([first, [0], random_ids(2 * WINDOW)])
        return dynamic_log_probabilities(network, given, encoded(ids, 0), slow)[len(first) + 1 :]

    np.testing.assert_allclose(second(random_ids(11, seed=3)), second(random_ids(4, seed=4)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("rate", [10.0, 1e30, 1e300])
@pytest.mark.parametrize("longest_step", [0.1, 1e3])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_log_p_is_finite_at_any_rate(rate: float, longest_step: float, decay: float) -> None:
    network, ids = make(embedding=5), random_ids(200 * WINDOW)
    adaptation = Adaptation(rate, WINDOW, decay, longest_step)
    log_p = dynamic_log_probabilities(network, weights(network), encoded(ids, 0), adaptation)
    assert np.isfinite(log_p).all()
    assert (log_p <= 0.0).all()


def test_a_gradient_that_is_not_finite_is_not_applied() -> None:
    network, ids = make(), random_ids(4 * WINDOW)
    given = weights(network)
    given["head.W"] *= np.float32(1e30)
    given["layers.0.Wh"] *= np.float32(1e20)  # the gradient overflows on its way through this, and nothing else does:
    for name in ("layers.0.Wx", "layers.0.b"):
        given[name][...] = 0.0  # the layer is silent
    static = token_log_probabilities(network, given, encoded(ids, 0))
    assert np.isfinite(static).all()
    np.testing.assert_allclose(dynamic_log_probabilities(network, given, encoded(ids, 0), EAGER), static, rtol=1e-4)


@pytest.mark.parametrize(
    ("rate", "window", "decay", "longest_step", "fault"),
    [
        (-0.1, 20, 0.0, 1.0, "rate"),
        (float("nan"), 20, 0.0, 1.0, "rate"),
        (float("inf"), 20, 0.0, 1.0, "rate"),
        (0.1, 0, 0.0, 1.0, "window"),
        (0.1, 20, 1.5, 1.0, "decay"),
        (0.1, 20, 0.0, 0.0, "longest_step"),
        (0.1, 20, 0.0, float("inf"), "longest_step"),
    ],
)
def test_invalid_settings_are_refused(
    rate: float, window: int, decay: float, longest_step: float, fault: str
) -> None:
    with pytest.raises(UsageError, match=f"^`{fault}` must be"):
        Adaptation(rate, window, decay, longest_step)


@pytest.mark.parametrize("cell", ["identity", "relu"])
def test_a_state_that_grows_with_the_adapted_weights_begins_anew(cell: str) -> None:
    """The adapted weights of an unbounded cell once made all log probabilities nan, from some token on."""
    network = Network.from_config(NetworkConfig(V, 8, 2, 4, cell=cell))
    hasty = Adaptation(rate=10.0, window=WINDOW, longest_step=20.0)
    log_p = dynamic_log_probabilities(network, weights(network), encoded(random_ids(3000)), hasty)
    assert np.isfinite(log_p).all()
    assert np.abs(log_p).max() > 1e4  # so it did grow


def test_the_first_tokens_of_a_window_that_begins_anew_keep_their_predictions() -> None:
    network = Network.from_config(NetworkConfig(V, 4, 1, 0, cell="identity"))
    parameters = weights(network)
    parameters["layers.0.Wh"] = (np.eye(4) * 1e3).astype(np.float32)
    ids, still = random_ids(40), Adaptation(rate=0.0, window=40)
    static = token_log_probabilities(network, parameters, encoded(ids))
    finite = int(np.isfinite(static).argmin())
    assert 5 < finite < 20
    tail = token_log_probabilities(network, parameters, encoded(ids[finite : finite + 5], int(ids[finite - 1])))
    with pytest.raises(ModelError, match="predictions of the text's model are not finite"):
        dynamic_log_probabilities(network, parameters, encoded(ids), still, name="the text's model")
    short = encoded(ids[: finite + 5])
    log_p = dynamic_log_probabilities(network, parameters, short, still)
    np.testing.assert_array_equal(log_p[:finite], static[:finite])
    np.testing.assert_allclose(log_p[finite:], tail, rtol=1e-5)
