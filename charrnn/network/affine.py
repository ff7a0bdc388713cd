"""The affine map y = x @ W + b over all time steps at once: x (T, B, D) → y (T, B, N)."""

import numpy as np

from charrnn.network.arrays import Array, Backward, Gradients, Parameters, Workspace


def affine(parameters: Parameters, W: str, b: str, x: Array, workspace: Workspace) -> tuple[Array, Backward]:
    """Return y and its backward function, which gives dx (T, B, D), dW (D, N) and db (N,).

    `W` and `b` are the names of the weights; their gradients are returned under the same names.
    """
    weight, (T, B, D) = parameters[W], x.shape
    rows, N = x.reshape(T * B, D), weight.shape[1]
    y = workspace.array(f"{W}.y", T, B, N)
    flat_y = y.reshape(T * B, N)
    np.matmul(rows, weight, out=flat_y)
    flat_y += parameters[b]

    def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
        del dlast  # an affine map has no state
        flat_dy = dy.reshape(T * B, N)
        dx = workspace.array(f"{W}.dx", T, B, D)
        np.matmul(flat_dy, weight.T, out=dx.reshape(T * B, D))
        dW = np.matmul(rows.T, flat_dy, out=workspace.array(f"{W}.dW", D, N))
        db = np.sum(flat_dy, axis=0, out=workspace.array(f"{b}.db", N))
        return Gradients(dx, {W: dW, b: db})

    return y, backward
