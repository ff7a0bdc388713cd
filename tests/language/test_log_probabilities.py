"""Token log probabilities: every token is counted once, in one stream or in segments, on any number of threads."""

import math

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.language import log_probabilities
from charrnn.language.log_probabilities import (
    MOST_SEGMENTS,
    SHORTEST_SEGMENT,
    TWO_SIDED_SEGMENT,
    WARM_UP,
    WINDOW,
    all_segments,
    read_batches,
    sample_segments,
    token_log_probabilities,
)
from charrnn.network.arrays import Ids, Parameters
from charrnn.network.losses import log_softmax
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText

V = 7
EDGES = (
    1,
    2,
    WINDOW - 1,
    WINDOW,
    WINDOW + 1,
    WARM_UP,
    SHORTEST_SEGMENT,
    2 * SHORTEST_SEGMENT - 1,
    2 * SHORTEST_SEGMENT,
)


def encoded(ids: Ids) -> EncodedText:
    return EncodedText(ids, 0, len(ids), 0)


def make(body: str = "stack", bos_id: int | None = None, hidden: int = 8) -> tuple[Network, Parameters]:
    """Return a network and weights of float64 with which it forgets soon, as trained ones do."""
    network = Network.from_config(NetworkConfig(V, hidden, 2, 4, bos_id=bos_id, body=body))
    return network, network.initialize(np.random.default_rng(0), np.float64)


@pytest.mark.parametrize("N", [*EDGES, 2 * SHORTEST_SEGMENT + 1, 3 * SHORTEST_SEGMENT + 77])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("body", ["stack", "two_sided"])
def test_every_token_is_counted_once(N: int, threads: int, body: str) -> None:
    """By a uniform model, of which every token has log p = -log V."""
    network = Network.from_config(NetworkConfig(V, 2, 1, body=body))
    zeros = {name: np.zeros(shape, np.float32) for name, shape in network.shapes().items()}
    text = encoded(np.ones(N, np.uint8))
    log_p = token_log_probabilities(network, zeros, text, in_segments=True, threads=threads)
    np.testing.assert_allclose(log_p, np.full(N, -math.log(V)), rtol=1e-6)
    places = [places for _, places in read_batches(network, zeros, text, all_segments(network, N, threads), threads)]
    np.testing.assert_array_equal(np.sort(np.concatenate(places)), np.arange(N))


def test_one_stream_gives_the_log_probabilities_of_the_network() -> None:
    network, parameters = make()
    ids = np.random.default_rng(1).integers(V, size=3 * WINDOW + 5).astype(np.uint8)
    log_p = token_log_probabilities(network, parameters, EncodedText(ids, 4, len(ids), 0))
    scores, _, _ = network.forward(parameters, np.concatenate([[4], ids[:-1]])[:, None])
    expected = log_softmax(scores[:, 0])[np.arange(len(ids)), ids]
    np.testing.assert_allclose(log_p, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("bos_id", [None, 3])
def test_segments_give_the_log_probabilities_of_one_stream(threads: int, bos_id: int | None) -> None:
    network, parameters = make(bos_id=bos_id)
    text = encoded(np.random.default_rng(1).integers(V, size=5 * SHORTEST_SEGMENT + 123))
    one_stream = token_log_probabilities(network, parameters, text, threads=threads)
    in_segments = token_log_probabilities(network, parameters, text, in_segments=True, threads=threads)
    np.testing.assert_allclose(in_segments, one_stream, rtol=0, atol=1e-9)


def test_two_sided_segments_give_the_log_probabilities_of_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    network, parameters = make("two_sided", bos_id=5)
    ids = np.random.default_rng(1).integers(V, size=900)
    scores, _, _ = network.forward(parameters, np.concatenate([[0], ids])[:, None])
    expected = np.where(ids == 5, 0.0, log_softmax(scores[:, 0])[np.arange(len(ids)), ids])
    whole = token_log_probabilities(network, parameters, encoded(ids))
    np.testing.assert_allclose(whole, expected, rtol=0, atol=1e-12)
    monkeypatch.setattr(log_probabilities, "TWO_SIDED_SEGMENT", 100)
    for threads in (1, 2):
        segments = token_log_probabilities(network, parameters, encoded(ids), threads=threads)
        np.testing.assert_allclose(segments, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("body", ["stack", "two_sided"])
def test_threads_change_the_result_by_rounding_alone(body: str) -> None:
    network, parameters = make(body)
    text = encoded(np.random.default_rng(1).integers(V, size=4 * SHORTEST_SEGMENT))
    one, two, three = (
        token_log_probabilities(network, parameters, text, in_segments=True, threads=threads) for threads in (1, 2, 3)
    )
    np.testing.assert_allclose(two, one, rtol=0, atol=1e-12)
    np.testing.assert_allclose(three, one, rtol=0, atol=1e-12)


def test_a_document_start_has_log_probability_zero() -> None:
    network, parameters = make(bos_id=3)
    log_p = token_log_probabilities(network, parameters, encoded(np.array([1, 2, 3, 4, 3, 3, 5])))
    assert (log_p == 0.0).tolist() == [False, False, True, False, True, True, False]


def test_the_result_has_the_type_of_the_weights() -> None:
    network, parameters = make()
    float32 = {name: array.astype(np.float32) for name, array in parameters.items()}
    text = encoded(np.array([1, 2, 3]))
    assert token_log_probabilities(network, parameters, text).dtype == np.float64
    assert token_log_probabilities(network, float32, text).dtype == np.float32


def test_an_empty_text_has_no_log_probabilities() -> None:
    network, parameters = make()
    assert token_log_probabilities(network, parameters, encoded(np.zeros(0, np.uint8))).shape == (0,)


@pytest.mark.parametrize("body", ["stack", "two_sided"])
@pytest.mark.parametrize("N", [1, 3000, 100_000])
def test_a_sample_is_spread_over_the_text_and_does_not_depend_on_the_threads(N: int, body: str) -> None:
    network, _ = make(body)
    covered = []
    for threads in (1, 3):
        segments = sample_segments(network, N, 20_000, threads)
        places = np.sort(np.concatenate([place for segment in segments for place in segment.of(np.arange(N))]))
        assert len(places) == len(set(places.tolist()))
        covered.append(places)
    np.testing.assert_array_equal(covered[0], covered[1])
    if N == 100_000:
        length = SHORTEST_SEGMENT if body == "stack" else TWO_SIDED_SEGMENT
        assert len(covered[0]) == 20_000 // length * length
        assert covered[0][0] == 0
        assert covered[0][-1] == N - 1


def test_a_long_text_is_read_in_batches_of_bounded_size() -> None:
    network, _ = make()
    for segments in sample_segments(network, 10_000_000, 1_000_000, 2):
        assert len(segments.begins) <= MOST_SEGMENTS
