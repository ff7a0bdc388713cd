"""Gradient engines: serial and threaded are one function, to the last digits that summing leaves."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network import Network, Workspace
from charrnn.parallel.threads import GradientEngine, serial, shard_count, shard_slices, threaded

NETWORK = Network(NetworkConfig(vocabulary=11, hidden=16, layers=2, embedding=6, dropout=0.3))
T, B = 9, 7


def gradient(engine: GradientEngine, seed: int = 0) -> tuple[float, dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    parameters = NETWORK.initialize(rng)
    ids = rng.integers(0, 11, (T + 1, B))
    state = NETWORK.start(B) + rng.standard_normal(NETWORK.start(B).shape).astype(np.float32)
    loss, gradients, carried = engine(parameters, ids[:-1], ids[1:], state, rng)
    return loss, {name: g.copy() for name, g in gradients.items()}, carried.copy()


@pytest.mark.parametrize("threads", [1, 2, 3, 7, 9])
def test_threads_change_nothing_but_rounding(threads: int) -> None:
    loss, gradients, carried = gradient(serial(NETWORK, Workspace))
    loss_2, gradients_2, carried_2 = gradient(threaded(NETWORK, threads, Workspace))
    assert loss_2 == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(carried_2, carried, rtol=1e-4, atol=1e-6)
    assert gradients_2.keys() == gradients.keys() == NETWORK.shapes().keys()
    for name, g in gradients.items():
        np.testing.assert_allclose(gradients_2[name], g, rtol=1e-3, atol=1e-6, err_msg=name)


def test_the_same_shards_give_the_same_bits() -> None:
    engine = threaded(NETWORK, 3, Workspace)
    first, second = gradient(engine), gradient(engine)
    assert first[0] == second[0]
    for name in first[1]:
        np.testing.assert_array_equal(first[1][name], second[1][name], err_msg=name)


def test_a_loss_that_overflows_is_returned_and_not_warned_of() -> None:
    parameters = NETWORK.initialize(np.random.default_rng(0))
    parameters["head.W"][...] = np.inf
    ids = np.zeros((T + 1, B), np.uint8)
    for threads in (1, 2):
        engine = threaded(NETWORK, threads, Workspace)
        loss, _, _ = engine(parameters, ids[:-1], ids[1:], NETWORK.start(B), np.random.default_rng(0))
        assert not np.isfinite(loss)


@pytest.mark.parametrize(("streams", "shards"), [(1, 1), (7, 3), (8, 2), (3, 9)])
def test_shards_cover_every_stream_once_and_none_is_empty(streams: int, shards: int) -> None:
    covered = [list(range(streams))[each] for each in shard_slices(streams, shards)]
    assert sum(covered, []) == list(range(streams))  # noqa: RUF017
    assert all(covered)
    assert max(map(len, covered)) - min(map(len, covered)) <= 1


def test_a_thread_gets_at_least_four_streams() -> None:
    assert [shard_count(8, B) for B in (1, 3, 8, 31, 64)] == [1, 1, 2, 7, 8]
