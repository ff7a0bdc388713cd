"""Initial weights: the measured mean and deviation of each initializer, and what the network makes of them."""

import math

import numpy as np
import pytest

from charrnn.config import INITIALIZERS, NetworkConfig
from charrnn.network import Network
from charrnn.network.initializers import RECURRENT, glorot, identity, orthogonal, positive_definite, uniform

SHAPES = [(200, 200), (50, 400), (400, 50)]


def fresh() -> np.random.Generator:
    return np.random.default_rng(0)


def test_every_initializer_of_the_configuration_exists() -> None:
    assert set(RECURRENT) == set(INITIALIZERS)


@pytest.mark.parametrize("shape", SHAPES)
def test_uniform_is_within_one_over_root_n_of_the_rows(shape: tuple[int, int]) -> None:
    values, bound = uniform(shape, fresh()), 1 / math.sqrt(shape[0])
    assert np.abs(values).max() == pytest.approx(bound, rel=1e-3)
    assert values.mean() == pytest.approx(0.0, abs=0.02 * bound)
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_glorot_has_variance_two_over_rows_and_columns(shape: tuple[int, int]) -> None:
    values = glorot(shape, fresh())
    assert values.mean() == pytest.approx(0.0, abs=0.02 * values.std())
    assert values.var() == pytest.approx(2 / sum(shape), rel=0.03)
    assert np.abs(values).max() <= math.sqrt(6 / sum(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal_entries_have_the_deviation_of_a_row_of_length_one(shape: tuple[int, int]) -> None:
    values = orthogonal(shape, fresh())
    assert values.mean() == pytest.approx(0.0, abs=0.03 * values.std())
    assert values.std() == pytest.approx(1 / math.sqrt(shape[0]), rel=0.02)


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_a_square_orthogonal_matrix_times_its_transpose_is_the_identity(n: int) -> None:
    Q = orthogonal((n, n), fresh())
    np.testing.assert_allclose(Q @ Q.T, np.eye(n), rtol=0, atol=1e-13)


def test_orthogonal_matrices_differ_and_point_either_way() -> None:
    rng = fresh()
    signs = [np.sign(np.linalg.det(orthogonal((3, 3), rng))) for _ in range(40)]
    assert set(signs) == {-1.0, 1.0}
    assert {np.sign(orthogonal((1, 1), rng)[0, 0]) for _ in range(40)} == {-1.0, 1.0}


@pytest.mark.parametrize("columns", [1, 4, 7, 8, 14, 17, 28])
def test_a_matrix_that_is_not_square_is_orthogonal_in_blocks_as_wide_as_it_has_rows(columns: int) -> None:
    rows = 7
    W, one = orthogonal((rows, columns), fresh()), identity((rows, columns), fresh())
    assert W.shape == one.shape == (rows, columns)
    for start in range(0, columns, rows):
        block = W[:, start : start + rows]
        np.testing.assert_allclose(block.T @ block, np.eye(block.shape[1]), rtol=0, atol=1e-13)
        np.testing.assert_array_equal(one[:, start : start + rows], np.eye(rows)[:, : block.shape[1]])


def test_a_hundred_steps_through_an_orthogonal_matrix_neither_grow_nor_fade() -> None:
    rng = fresh()
    Q, delta = orthogonal((128, 128), rng), rng.standard_normal(128)
    delta /= np.linalg.norm(delta)
    for _ in range(100):
        delta = delta @ Q.T
    assert np.linalg.norm(delta) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name: str) -> None:
    network = Network(NetworkConfig(11, 8, 2, embedding=4, initializer=name))
    a, b, c = (network.initialize(np.random.default_rng(seed)) for seed in (0, 0, 1))
    for key in a:
        np.testing.assert_array_equal(a[key], b[key])
    assert not np.array_equal(a["head.W"], c["head.W"])
    assert np.array_equal(a["layers.0.Wh"], c["layers.0.Wh"]) == (name == "identity")


def test_a_positive_definite_start_has_eigenvalues_from_zero_to_one() -> None:
    W = positive_definite((60, 120), fresh())
    for block in (W[:, :60], W[:, 60:]):
        np.testing.assert_allclose(block, block.T, atol=1e-15)
        eigenvalues = np.linalg.eigvalsh(block)
        assert eigenvalues[-1] == pytest.approx(1.0)
        assert 0.0 < eigenvalues[0] < eigenvalues[-2] < 1.0
    assert not np.array_equal(W[:, :60], W[:, 60:])


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_network_starts_with_nine_tenths_of_the_recurrent_initializer(name: str) -> None:
    H = 128
    network = Network(NetworkConfig(65, H, 2, embedding=64, initializer=name))
    p = network.initialize(fresh(), np.float64)
    deviation = {"uniform": 1 / math.sqrt(3 * H)}.get(name, 1 / math.sqrt(H))
    for l in range(2):
        if name == "positive-definite":
            assert np.linalg.eigvalsh(p[f"layers.{l}.Wh"])[-1] == pytest.approx(0.9)
        else:
            assert p[f"layers.{l}.Wh"].std() == pytest.approx(0.9 * deviation, rel=0.03)
        assert not p[f"layers.{l}.b"].any()
    if name in ("orthogonal", "identity"):
        np.testing.assert_allclose(np.linalg.svd(p["layers.1.Wh"], compute_uv=False), 0.9, rtol=0, atol=1e-12)
    assert p["vectorizer.weight"].std() == pytest.approx(1.0, rel=0.05)
    assert p["layers.0.Wx"].var() == pytest.approx(2 / (64 + H), rel=0.05)
    assert p["head.W"].var() == pytest.approx(2 / (H + 65), rel=0.05)
    assert not p["head.b"].any()
    assert {array.dtype for array in network.initialize(fresh()).values()} == {np.dtype(np.float32)}
