"""The mixture of two models: interpolated probabilities, with a weight learned from the text as it is read."""

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.progress import OnShare

BLOCK = 64
"""Tokens after which the weight is updated."""
WEIGHTS = 65
"""Number of candidate weights."""


def mixed(first: Array, second: Array, on_share: OnShare | None = None) -> tuple[NDArray[np.float64], float]:
    """Return log p (N,) of two interpolated models, from their own log p (N,), and the final weight of the first.

    >>> log_p, weight = mixed(np.log([0.5, 0.9]), np.log([0.1, 0.9]))
    >>> np.exp(log_p).round(3)
    array([0.3, 0.9])

    The weight of a block of BLOCK tokens is the posterior mean over WEIGHTS candidate weights with a uniform prior,
    given the tokens before the block: a Bayesian mixture of the candidates, updated once per block.
    """
    a, b = np.exp(np.asarray(first, np.float64)), np.exp(np.asarray(second, np.float64))
    weights = 1.0 / (1.0 + np.exp(-np.linspace(-8.0, 8.0, WEIGHTS)))  # evenly spaced in their log odds
    log_p, evidence, weight = np.zeros(len(a)), np.zeros(WEIGHTS), 0.5
    for begin in range(0, len(a), BLOCK):
        block = slice(begin, begin + BLOCK)
        log_p[block] = np.log(weight * a[block] + (1.0 - weight) * b[block])
        evidence += np.log(np.outer(weights, a[block]) + np.outer(1.0 - weights, b[block])).sum(axis=1)
        weight = float(softmax(evidence) @ weights)
        if on_share is not None:
            on_share(min(1.0, (begin + BLOCK) / len(a)))
    return log_p, weight
