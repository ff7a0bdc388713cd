"""Products: panels give what the whole gives, gathering and summing are transposes, nothing is allocated twice."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import NetworkConfig
from charrnn.network import Array, Ids, Network, Workspace
from charrnn.network.matmul import SMALL_PRODUCT, depth_parts, panel_width, prepacked_matmul
from charrnn.network.vectorizers import Embedding, gather, sum_by_id

sizes = st.integers(1, 70) | st.sampled_from([16, 32, 48, 64, 96, 112, 128, 192])


def product_of(a: Array, matrix: Array, *, panels: bool) -> Array:
    workspace = Workspace(a.dtype, panels=panels)
    out = np.full((len(a), matrix.shape[1]), np.nan, a.dtype)
    product = prepacked_matmul(matrix, out, "test", workspace)
    product(np.zeros_like(a))
    product(a)
    return out


@settings(deadline=None)
@given(
    B=st.integers(1, 40), K=sizes, N=sizes, transposed=st.booleans(), double=st.booleans(), seed=st.integers(0, 99)
)
def test_a_product_in_panels_is_the_product(
    B: int, K: int, N: int, transposed: bool, double: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    dtype: type[np.floating[Any]] = np.float64 if double else np.float32
    a: Array = rng.standard_normal((B, K)).astype(dtype)
    matrix: Array = rng.standard_normal((N, K) if transposed else (K, N)).astype(dtype)
    matrix = matrix.T if transposed else matrix
    tolerance = float(100 * K * np.finfo(dtype).eps)
    for panels in (False, True):
        np.testing.assert_allclose(product_of(a, matrix, panels=panels), a @ matrix, rtol=0, atol=tolerance)


@settings(deadline=None)
@given(rows=st.integers(1, 512), inner=st.integers(1, 2048), columns=st.integers(1, 2048))
def test_a_panel_divides_the_columns_and_is_a_small_product(rows: int, inner: int, columns: int) -> None:
    width = panel_width(rows, inner, columns)
    if width:
        assert columns % width == width % 16 == 0
        assert rows * inner * width <= SMALL_PRODUCT
    else:
        assert columns % 16 or rows * inner * 16 > SMALL_PRODUCT


@pytest.mark.parametrize(("B", "H", "width"), [(32, 512, 32), (16, 512, 64), (64, 1024, 0), (3, 5, 0), (3, 32, 32)])
def test_panels_are_as_wide_as_they_may_be(B: int, H: int, width: int) -> None:
    assert panel_width(B, H, H) == width


@pytest.mark.parametrize(
    ("B", "K", "N", "parts"), [(32, 512, 512, 1), (32, 2048, 512, 2), (32, 4096, 1024, 4), (3, 5, 7, 1)]
)
def test_a_matrix_of_many_rows_is_cut_across_them(B: int, K: int, N: int, parts: int) -> None:
    assert depth_parts(B, K, N) == parts
    rng = np.random.default_rng(0)
    a, matrix = rng.standard_normal((B, K)), rng.standard_normal((K, N))
    np.testing.assert_allclose(product_of(a, matrix, panels=True), a @ matrix, rtol=0, atol=1e-10)


ids_and_sizes = st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**32 - 1))


@pytest.mark.parametrize("V", [1, 7, 256, 257, 1000])
@settings(deadline=None, max_examples=40)
@given(sizes=ids_and_sizes, few=st.booleans())
def test_summing_by_id_is_the_transpose_of_gathering(V: int, sizes: tuple[int, int, int, int], few: bool) -> None:
    T, B, N, seed = sizes
    rng, workspace = np.random.default_rng(seed), Workspace(np.float64)
    ids = rng.choice(rng.permutation(V)[:3], (T, B)) if few else rng.integers(V, size=(T, B))
    table, dz = rng.standard_normal((V, N)), rng.standard_normal((T, B, N))
    for _ in range(2):
        forward = np.vdot(gather(table, ids, workspace), dz)
        assert np.vdot(table, sum_by_id(dz, ids, V, workspace)) == pytest.approx(forward, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_small_and_large_vocabularies_are_summed_alike(dtype: type[np.integer[Any]]) -> None:
    rng, workspace = np.random.default_rng(0), Workspace(np.float64)
    ids: Ids = rng.integers(200, size=(50, 20)).astype(dtype)
    dz = rng.standard_normal((50, 20, 3))
    expected = np.zeros((300, 3))
    np.add.at(expected, ids, dz)
    small, large = sum_by_id(dz, ids, 200, workspace), sum_by_id(dz, ids, 300, workspace)
    np.testing.assert_allclose(small, expected[:200], rtol=0, atol=1e-12)
    np.testing.assert_allclose(large, expected, rtol=0, atol=1e-12)


def test_an_embedding_projects_the_same_from_a_few_rows_as_from_all() -> None:
    rng, V, E, N = np.random.default_rng(0), 40, 4, 6
    weight, Wx, b = (rng.standard_normal(shape) for shape in ((V, E), (E, N), (N,)))
    ids = rng.integers(V, size=(30, 2))  # 60 places, more than V; 20 of them fewer than V
    dz = rng.standard_normal((30, 2, N))
    dz[10:] = 0.0
    z, back = Embedding(V, E).project({"weight": weight}, Wx, b, ids, Workspace(np.float64))
    few, few_back = Embedding(V, E).project({"weight": weight}, Wx, b, ids[:10], Workspace(np.float64))
    np.testing.assert_allclose(z[:10], few, rtol=0, atol=1e-13)
    whole, part = back(dz), few_back(dz[:10])
    assert set(whole) == set(part) == {"weight", "Wx", "b"}
    for name, gradient in whole.items():
        np.testing.assert_allclose(gradient, part[name], rtol=0, atol=1e-13)


def test_an_array_of_the_workspace_is_the_same_one_until_its_shape_changes() -> None:
    workspace = Workspace()
    first = workspace.array("a", 2, 3)
    first[...] = 7.0
    assert workspace.array("a", 2, 3) is first
    assert (workspace.array("a", 3, 2).shape, workspace.array("b", 2, 3).shape) == ((3, 2), (2, 3))
    assert workspace.array("b", 2, 3) is not first
    assert first.dtype == np.float32
    assert (first == 7.0).all()


@pytest.mark.parametrize("panels", [False, True])
@pytest.mark.parametrize("embedding", [0, 24])
def test_the_second_window_allocates_less_than_one_array_of_activations(embedding: int, panels: bool) -> None:
    T, B, H, V = 40, 16, 64, 30
    network = Network(NetworkConfig(V, H, 3, embedding, dropout=0.3))
    rng, workspace = np.random.default_rng(0), Workspace(panels=panels)
    p, state, ids = network.initialize(rng), network.start(B), rng.integers(V, size=(T + 1, B))
    masks = network.dropout_masks(B, rng)

    def step() -> None:
        network.loss_and_gradients(p, ids[:-1], ids[1:], state, masks, T * B, workspace)

    step()
    tracemalloc.start()
    try:
        for _ in range(2):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            step()
            after, peak = tracemalloc.get_traced_memory()
            assert peak - before < T * B * H * 4 / 2
            assert after - before < 2000
    finally:
        tracemalloc.stop()
