"""The threaded engine: the results of the serial one up to rounding, and reproducible bits."""

import itertools

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network.network import Network
from charrnn.parallel.serial import GradientEngine, WindowGradient, serial
from charrnn.parallel.threads import FEWEST_STREAMS, shard_count, shard_slices, threaded

T, B, V = 9, 7, 11
NETWORKS = {
    "stack": Network.from_config(NetworkConfig(V, 16, 2, 6, 0.3)),
    "documents": Network.from_config(NetworkConfig(V, 16, 2, 6, 0.3, "lstm", bos_id=3)),
    "two-sided": Network.from_config(NetworkConfig(V, 16, 2, 6, 0.3, body="two_sided")),
}


def compute(engine: GradientEngine, network: Network) -> WindowGradient:
    """Return a copy of the gradient of one window, always the same window."""
    rng = np.random.default_rng(0)
    parameters = network.initialize(rng)
    ids = rng.integers(0, V, (T + 1, B))
    state = rng.standard_normal(network.initial_state(B).shape).astype(np.float32)
    loss, gradients, new_state = engine(parameters, ids[:-1], ids[1:], state, rng)
    return WindowGradient(loss, {name: g.copy() for name, g in gradients.items()}, new_state.copy())


@pytest.mark.parametrize("threads", [1, 2, 3, 7, 9])
@pytest.mark.parametrize("kind", NETWORKS)
def test_the_result_is_that_of_the_serial_engine_up_to_rounding(kind: str, threads: int) -> None:
    """With dropout, whose masks are drawn for the whole batch, and also where targets have no loss."""
    network = NETWORKS[kind]
    expected, result = compute(serial(network), network), compute(threaded(network, threads), network)
    assert result.loss == pytest.approx(expected.loss, rel=1e-5)
    np.testing.assert_allclose(result.state, expected.state, rtol=1e-4, atol=1e-6)
    assert result.gradients.keys() == expected.gradients.keys() == network.shapes().keys()
    for name, gradient in expected.gradients.items():
        np.testing.assert_allclose(result.gradients[name], gradient, rtol=1e-3, atol=1e-6, err_msg=name)


def test_the_same_number_of_threads_gives_the_same_bits() -> None:
    network = NETWORKS["stack"]
    engine = threaded(network, 3)
    first = compute(engine, network)
    for same in (compute(engine, network), compute(threaded(network, 3), network)):
        assert first.loss == same.loss
        np.testing.assert_array_equal(first.state, same.state)
        for name, gradient in first.gradients.items():
            np.testing.assert_array_equal(gradient, same.gradients[name], err_msg=name)


def test_a_loss_that_overflows_is_returned_without_a_warning() -> None:
    network = NETWORKS["stack"]
    parameters, ids = network.initialize(np.random.default_rng(0)), np.zeros((T + 1, B), np.uint8)
    parameters["head.W"][...] = np.inf
    loss, _, _ = threaded(network, 2)(
        parameters, ids[:-1], ids[1:], network.initial_state(B), np.random.default_rng(0)
    )
    assert not np.isfinite(loss)


@pytest.mark.parametrize(("streams", "shards"), [(1, 1), (7, 3), (8, 2), (3, 9)])
def test_shards_cover_every_stream_once_and_none_is_empty(streams: int, shards: int) -> None:
    covered = [list(range(streams))[shard] for shard in shard_slices(streams, shards)]
    assert list(itertools.chain.from_iterable(covered)) == list(range(streams))
    assert len(covered) == min(streams, shards)
    assert max(map(len, covered)) - min(map(len, covered)) <= 1
    assert all(covered)


def test_a_thread_gets_at_least_four_streams() -> None:
    assert FEWEST_STREAMS == 4
    assert [shard_count(8, streams) for streams in (1, 3, 8, 31, 64)] == [1, 1, 2, 7, 8]
