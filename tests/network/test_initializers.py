"""Initial weights: the measured mean and deviation of each initializer, and the initial weights of a network."""

import math

import numpy as np
import pytest

from charrnn.config import INITIALIZERS, NetworkConfig
from charrnn.network.initializers import RECURRENT, glorot, identity, orthogonal, positive_definite, uniform
from charrnn.network.network import Network

SHAPES = [(200, 200), (50, 400), (400, 50)]


def new_rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_every_initializer_of_the_configuration_exists() -> None:
    assert set(RECURRENT) == set(INITIALIZERS)


@pytest.mark.parametrize("shape", SHAPES)
def test_uniform_entries_are_below_one_over_the_root_of_the_rows(shape: tuple[int, int]) -> None:
    values, bound = uniform(shape, new_rng()), 1 / math.sqrt(shape[0])
    assert np.abs(values).max() == pytest.approx(bound, rel=1e-3)
    assert values.mean() == pytest.approx(0.0, abs=0.02 * bound)
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_glorot_entries_have_variance_two_over_rows_plus_columns(shape: tuple[int, int]) -> None:
    values = glorot(shape, new_rng())
    assert values.mean() == pytest.approx(0.0, abs=0.02 * values.std())
    assert values.var() == pytest.approx(2 / sum(shape), rel=0.03)
    assert np.abs(values).max() <= math.sqrt(6 / sum(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal_entries_have_the_deviation_of_rows_of_length_one(shape: tuple[int, int]) -> None:
    values = orthogonal(shape, new_rng())
    assert values.mean() == pytest.approx(0.0, abs=0.03 * values.std())
    assert values.std() == pytest.approx(1 / math.sqrt(shape[0]), rel=0.02)


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_a_square_orthogonal_matrix_times_its_transpose_is_the_identity(n: int) -> None:
    Q = orthogonal((n, n), new_rng())
    np.testing.assert_allclose(Q @ Q.T, np.eye(n), rtol=0, atol=1e-13)


def test_orthogonal_matrices_have_determinants_of_both_signs() -> None:
    rng = new_rng()
    signs = [np.sign(np.linalg.det(orthogonal((3, 3), rng))) for _ in range(40)]
    assert set(signs) == {-1.0, 1.0}
    assert {np.sign(orthogonal((1, 1), rng)[0, 0]) for _ in range(40)} == {-1.0, 1.0}


@pytest.mark.parametrize("columns", [1, 4, 7, 8, 14, 17, 28])
def test_a_wide_matrix_is_made_of_square_blocks_side_by_side(columns: int) -> None:
    rows = 7
    W, identities = orthogonal((rows, columns), new_rng()), identity((rows, columns), new_rng())
    assert W.shape == identities.shape == (rows, columns)
    for begin in range(0, columns, rows):
        block = W[:, begin : begin + rows]
        np.testing.assert_allclose(block.T @ block, np.eye(block.shape[1]), rtol=0, atol=1e-13)
        np.testing.assert_array_equal(identities[:, begin : begin + rows], np.eye(rows)[:, : block.shape[1]])


def test_a_hundred_steps_through_an_orthogonal_matrix_keep_the_norm() -> None:
    rng = new_rng()
    Q, delta = orthogonal((128, 128), rng), rng.standard_normal(128)
    delta /= np.linalg.norm(delta)
    for _ in range(100):
        delta = delta @ Q.T
    assert np.linalg.norm(delta) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_are_reproducible_from_the_seed(name: str) -> None:
    network = Network.from_config(NetworkConfig(11, 8, 2, embedding=4, initializer=name))
    first, same, different = (network.initialize(np.random.default_rng(seed)) for seed in (0, 0, 1))
    for tensor in first:
        np.testing.assert_array_equal(first[tensor], same[tensor])
    assert not np.array_equal(first["head.W"], different["head.W"])
    assert np.array_equal(first["layers.0.Wh"], different["layers.0.Wh"]) == (name == "identity")


def test_a_positive_definite_matrix_has_eigenvalues_from_zero_to_one() -> None:
    W = positive_definite((60, 120), new_rng())
    for block in (W[:, :60], W[:, 60:]):
        np.testing.assert_allclose(block, block.T, atol=1e-15)
        eigenvalues = np.linalg.eigvalsh(block)
        assert eigenvalues[-1] == pytest.approx(1.0)
        assert 0.0 < eigenvalues[0] < eigenvalues[-2] < 1.0
    assert not np.array_equal(W[:, :60], W[:, 60:])


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_language_model_scales_the_recurrent_initializer_by_nine_tenths(name: str) -> None:
    H = 128
    network = Network.from_config(NetworkConfig(65, H, 2, embedding=64, initializer=name))
    p = network.initialize(new_rng(), np.float64)
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
    assert {array.dtype for array in network.initialize(new_rng()).values()} == {np.dtype(np.float32)}
