"""Initial weights. Each initializer takes a shape and a random generator, its only source of randomness."""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import Array, Parameters


def uniform(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Draw from U(-1/√n, 1/√n) with n rows: the deviation of a sum of n terms stays below one."""
    bound = 1.0 / np.sqrt(shape[0])
    return rng.uniform(-bound, bound, shape)


def glorot(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Draw from U(-a, a) with a = √(6 / (rows + columns)) (Glorot and Bengio 2010)."""
    bound = np.sqrt(6.0 / (shape[0] + shape[1]))
    return rng.uniform(-bound, bound, shape)


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Draw a random orthogonal matrix (Saxe et al. 2014); several side by side if columns exceed rows.

    All singular values of each square block are 1, so that it keeps the norm of a gradient.
    """
    rows, columns = shape
    blocks = []
    for begin in range(0, columns, rows):
        q, r = np.linalg.qr(rng.standard_normal((rows, rows)))
        blocks.append((q * np.sign(np.diag(r)))[:, : columns - begin])
    return np.hstack(blocks)


def identity(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return the identity, or several side by side (Le, Jaitly and Hinton 2015). Draws nothing."""
    del rng
    rows, columns = shape
    return np.hstack([np.eye(rows)] * -(-columns // rows))[:, :columns]


def positive_definite(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Draw a positive definite matrix with largest eigenvalue 1, or several side by side.

    The initializer of the np-RNN, for rectifiers (Talathi and Vartak 2015).
    """
    rows, columns = shape
    blocks = []
    for begin in range(0, columns, rows):
        R = rng.standard_normal((rows, rows))
        A = R.T @ R / rows + np.eye(rows)
        blocks.append((A / np.linalg.eigvalsh(A)[-1])[:, : columns - begin])
    return np.hstack(blocks)


RECURRENT: dict[str, Callable[[tuple[int, int], np.random.Generator], Array]] = {
    "uniform": uniform,
    "glorot": glorot,
    "orthogonal": orthogonal,
    "identity": identity,
    "positive-definite": positive_definite,
}
"""Initializers of Wh, by their name in the configuration."""


def initial_weights(
    shapes: dict[str, tuple[int, ...]],
    recurrent: str,
    gain: float,
    bias: Array,
    rng: np.random.Generator,
    dtype: DTypeLike,
) -> Parameters:
    """Draw the initial weights of a network from the shapes of its parameters by tensor name, in their order.

    Wh is `gain` times the initializer named `recurrent`; `bias` (G·H,) is the b of every layer; head.b is zero; an
    embedding is N(0, 1); every other matrix is Glorot.
    """
    parameters: Parameters = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            values: Array = np.zeros(shape) if name.endswith("head.b") else bias
        elif name.endswith(".Wh"):
            values = gain * RECURRENT[recurrent]((shape[0], shape[1]), rng)
        elif name.endswith("vectorizer.weight"):
            values = rng.standard_normal(shape)
        else:
            values = glorot((shape[0], shape[1]), rng)
        parameters[name] = values.astype(dtype)
    return parameters
