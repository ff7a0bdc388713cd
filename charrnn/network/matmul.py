"""Prepacked matrix products: many products of a few rows (B, K) with the same matrix (K, N).

A BLAS copies both operands into packed form before it multiplies. For the recurrent product, B rows times H × H
weights at each of T steps, that copy takes up to half of the time. OpenBLAS has kernels without the copy for
M·N·K ≤ 1,000,000 (on AVX-512 cores). Column panels of the matrix, cut once per window, give products of that size;
one stacked `matmul` multiplies by all of them. Measured on one AVX-512 core, 32 × 512 @ 512 × 512: 80 GFLOP/s whole,
110 GFLOP/s in panels. A matrix with many rows, such as the transposed Wh of a cell with gates, is also cut across its
rows, and the products of the parts are added.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from charrnn.network.arrays import Array, Workspace

SMALL_PRODUCT = 1_000_000
"""Largest M·N·K of OpenBLAS's kernels without packing."""

Product: TypeAlias = Callable[[Array], None]


def panel_width(rows: int, inner: int, columns: int) -> int:
    """Return the largest panel width for small products: 64, 48, 32 or 16, a divisor of `columns`; 0 if none fits."""
    candidates = (width for width in range(64, 15, -16) if columns % width == 0)
    return next((width for width in candidates if rows * inner * width <= SMALL_PRODUCT), 0)


def row_parts(rows: int, inner: int, columns: int) -> int:
    """Return the number of parts to cut the rows of a matrix into for small products; 1 if cutting does not help."""
    return next((n for n in (1, 2, 4, 8) if inner % n == 0 and panel_width(rows, inner // n, columns)), 1)


def prepacked_matmul(matrix: Array, out: Array, name: str, workspace: Workspace) -> Product:
    """Return a function that writes a @ matrix to `out`, for many `a` of shape (B, K); matrix (K, N), out (B, N).

    The packed copy of the matrix is kept under `name` in the workspace. For B = 1 it is not cut.
    """
    (K, N), B = matrix.shape, out.shape[0]
    cut = workspace.column_panels and B > 1
    parts = row_parts(B, K, N) if cut else 1
    depth = K // parts
    width = (panel_width(B, depth, N) if cut else 0) or N
    panels = workspace.array(name, parts, N // width, depth, width)
    np.copyto(panels, matrix.reshape(parts, depth, N // width, width).transpose(0, 2, 1, 3))
    out_panels = out.reshape(B, N // width, width).transpose(1, 0, 2)

    def product(a: Array) -> None:
        np.matmul(a, panels[0], out=out_panels)

    if parts == 1:
        return product
    partial = workspace.array(f"{name}.partial", *out.shape)
    partial_panels = partial.reshape(B, N // width, width).transpose(1, 0, 2)

    def sum_of_products(a: Array) -> None:
        np.matmul(a[:, :depth], panels[0], out=out_panels)
        for part in range(1, parts):
            np.matmul(a[:, part * depth : (part + 1) * depth], panels[part], out=partial_panels)
            np.add(out, partial, out=out)

    return sum_of_products
