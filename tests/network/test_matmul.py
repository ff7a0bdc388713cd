"""Prepacked products: a product in panels equals the whole product, and panels are small products."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.network.arrays import Array, Workspace
from charrnn.network.matmul import SMALL_PRODUCT, panel_width, prepacked_matmul, row_parts

sizes = st.integers(1, 70) | st.sampled_from([16, 32, 48, 64, 96, 112, 128, 192])


def multiply(a: Array, matrix: Array, *, column_panels: bool) -> Array:
    workspace = Workspace(a.dtype, column_panels=column_panels)
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
    for column_panels in (False, True):
        product = multiply(a, matrix, column_panels=column_panels)
        np.testing.assert_allclose(product, a @ matrix, rtol=0, atol=tolerance)


@settings(deadline=None)
@given(rows=st.integers(1, 512), inner=st.integers(1, 2048), columns=st.integers(1, 2048))
def test_a_panel_divides_the_columns_and_gives_a_small_product(rows: int, inner: int, columns: int) -> None:
    width = panel_width(rows, inner, columns)
    if width:
        assert columns % width == width % 16 == 0
        assert rows * inner * width <= SMALL_PRODUCT
    else:
        assert columns % 16 or rows * inner * 16 > SMALL_PRODUCT


@pytest.mark.parametrize(("B", "H", "width"), [(32, 512, 32), (16, 512, 64), (64, 1024, 0), (3, 5, 0), (3, 32, 32)])
def test_panels_have_the_largest_possible_width(B: int, H: int, width: int) -> None:
    assert panel_width(B, H, H) == width


@pytest.mark.parametrize(
    ("B", "K", "N", "parts"), [(32, 512, 512, 1), (32, 2048, 512, 2), (32, 4096, 1024, 4), (3, 5, 7, 1)]
)
def test_a_matrix_of_many_rows_is_cut_across_its_rows(B: int, K: int, N: int, parts: int) -> None:
    assert row_parts(B, K, N) == parts
    rng = np.random.default_rng(0)
    a, matrix = rng.standard_normal((B, K)), rng.standard_normal((K, N))
    np.testing.assert_allclose(multiply(a, matrix, column_panels=True), a @ matrix, rtol=0, atol=1e-10)


def test_the_matrix_is_packed_when_the_product_is_prepared() -> None:
    """A later change of the matrix does not reach the product."""
    rng = np.random.default_rng(0)
    a, matrix, out = rng.standard_normal((4, 64)), rng.standard_normal((64, 64)), np.empty((4, 64))
    for column_panels in (False, True):
        product = prepacked_matmul(matrix, out, "test", Workspace(np.float64, column_panels=column_panels))
        expected = a @ matrix
        matrix *= 2.0
        product(a)
        np.testing.assert_allclose(out, expected, rtol=0, atol=1e-12)
