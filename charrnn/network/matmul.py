"""Thin products: a few rows (B, K) times a square-ish matrix (K, N), many times over with the same matrix.

A BLAS copies both operands into a packed form before it multiplies. For the recurrent product, B rows against
H × H weights at each of T steps, that copy costs up to half of the time. OpenBLAS has kernels that skip it when
M·N·K ≤ 1,000,000 (on AVX-512 cores); a product of that size is had by cutting the matrix into panels of columns
once, and multiplying by all of them in one stacked `matmul`. Measured on one AVX-512 core, 32 × 512 @ 512 × 512:
80 GFLOP/s whole, 110 GFLOP/s in panels. A matrix of many rows, as on the way back through gates, is cut across them
too, and the products of its parts are added.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from charrnn.network.arrays import Array, Workspace

SMALL_PRODUCT = 1_000_000
"""The largest M·N·K of OpenBLAS's unpacked kernels."""

Product: TypeAlias = Callable[[Array], None]


def panel_width(rows: int, inner: int, columns: int) -> int:
    """The widest panel, a divisor of `columns` and a multiple of 16, that is still a small product; 0 if none."""
    fitting = (width for width in range(64, 15, -16) if columns % width == 0)
    return next((width for width in fitting if rows * inner * width <= SMALL_PRODUCT), 0)


def depth_parts(rows: int, inner: int, columns: int) -> int:
    """Into how many parts the rows of a matrix are cut, so that its panels are small products; 1 if into none."""
    return next((n for n in (1, 2, 4, 8) if inner % n == 0 and panel_width(rows, inner // n, columns)), 1)


def prepacked_matmul(matrix: Array, out: Array, name: str, workspace: Workspace) -> Product:
    """Prepare `a @ matrix → out` for many `a` of shape (B, K); matrix (K, N), out (B, N).

    `name` keeps this product's copy of the matrix apart from others in the workspace.
    """
    (K, N), B = matrix.shape, out.shape[0]
    parts = depth_parts(B, K, N) if workspace.panels else 1
    depth = K // parts
    width = (panel_width(B, depth, N) if workspace.panels else 0) or N
    panels = workspace.array(name, parts, N // width, depth, width)
    np.copyto(panels, matrix.reshape(parts, depth, N // width, width).transpose(0, 2, 1, 3))
    out_panels = out.reshape(B, N // width, width).transpose(1, 0, 2)

    def product(a: Array) -> None:
        np.matmul(a, panels[0], out=out_panels)

    if parts == 1:
        return product
    rest = workspace.array(f"{name}.rest", *out.shape)
    rest_panels = rest.reshape(B, N // width, width).transpose(1, 0, 2)

    def sum_of_products(a: Array) -> None:
        np.matmul(a[:, :depth], panels[0], out=out_panels)
        for part in range(1, parts):
            np.matmul(a[:, part * depth : (part + 1) * depth], panels[part], out=rest_panels)
            np.add(out, rest, out=out)

    return sum_of_products
