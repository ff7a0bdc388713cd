"""The affine map y = x @ W + b over all time steps at once: x (T, B, D) → y (T, B, N)."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from charrnn.network.arrays import Array, Workspace

Back: TypeAlias = Callable[[Array], tuple[Array, Array, Array]]


def affine(x: Array, W: Array, b: Array, name: str, workspace: Workspace) -> tuple[Array, Back]:
    """y and the way back: `back(dy) → dx (T, B, D), dW (D, N), db (N)`."""
    (T, B, D), N = x.shape, W.shape[1]
    rows = x.reshape(T * B, D)
    y = workspace.array(f"{name}.y", T, B, N)
    flat = y.reshape(T * B, N)
    np.matmul(rows, W, out=flat)
    flat += b

    def back(dy: Array) -> tuple[Array, Array, Array]:
        flat = dy.reshape(T * B, N)
        dx = workspace.array(f"{name}.dx", T, B, D)
        np.matmul(flat, W.T, out=dx.reshape(T * B, D))
        dW = np.matmul(rows.T, flat, out=workspace.array(f"{name}.dW", D, N))
        db = np.sum(flat, axis=0, out=workspace.array(f"{name}.db", N))
        return dx, dW, db

    return y, back
