"""Initial weights. Each takes a shape and a generator; randomness is never drawn from anywhere else."""

from collections.abc import Callable

import numpy as np

from charrnn.network.arrays import Array


def uniform(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """U(-1/√n, 1/√n) with n the number of rows: the deviation of a sum of n terms stays below one."""
    bound = 1.0 / np.sqrt(shape[0])
    return rng.uniform(-bound, bound, shape)


def glorot(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """U(-a, a) with a = √(6 / (rows + columns)) (Glorot and Bengio 2010)."""
    bound = np.sqrt(6.0 / (shape[0] + shape[1]))
    return rng.uniform(-bound, bound, shape)


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """A random orthogonal matrix, or several side by side if there are more columns than rows (Saxe et al. 2014).

    The singular values of each square are 1, so that a gradient neither grows nor fades through it.
    """
    rows, columns = shape
    blocks = []
    for start in range(0, columns, rows):
        q, r = np.linalg.qr(rng.standard_normal((rows, rows)))
        blocks.append((q * np.sign(np.diag(r)))[:, : columns - start])
    return np.hstack(blocks)


def identity(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """The identity, or several side by side (Le, Jaitly and Hinton 2015). Draws nothing."""
    del rng
    rows, columns = shape
    return np.hstack([np.eye(rows)] * -(-columns // rows))[:, :columns]


def positive_definite(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """A positive definite matrix whose largest eigenvalue is 1 and all others are below, or several side by side: the
    start of the np-RNN, for rectifiers (Talathi and Vartak 2015)."""
    rows, columns = shape
    blocks = []
    for start in range(0, columns, rows):
        R = rng.standard_normal((rows, rows))
        A = R.T @ R / rows + np.eye(rows)
        blocks.append((A / np.linalg.eigvalsh(A)[-1])[:, : columns - start])
    return np.hstack(blocks)


RECURRENT: dict[str, Callable[[tuple[int, int], np.random.Generator], Array]] = {
    "uniform": uniform,
    "glorot": glorot,
    "orthogonal": orthogonal,
    "identity": identity,
    "positive-definite": positive_definite,
}
"""Initializers of Wh by the name in the configuration."""
