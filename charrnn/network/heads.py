"""Heads: scores (T, B, N) = y @ W + b of the last layer → what the network says, and the loss that belongs to it.

A head is the last activation and its loss together, since their gradient is simple only as one: for softmax with
cross-entropy, the logistic function with binary cross-entropy, and no activation with half the squared error it is
output - target each time.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array, Flags, Workspace
from charrnn.network.cells.elman import logistic
from charrnn.network.losses import (
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    softmax,
    squashed_half_squared_error,
)


class Head(Protocol):
    """What is made of the scores."""

    def output(self, scores: Array) -> Array:
        """What the network says, (T, B, N)."""

    def loss(
        self, scores: Array, targets: NDArray[Any], count: int, workspace: Workspace, counted: Flags | None = None
    ) -> tuple[float, Array]:
        """The sum over the targets that are counted, and the gradient of sum / count, written over the scores."""


class Softmax:
    """One of N: probabilities that sum to one, cross-entropy in nats. Targets (T, B) are ids."""

    output = staticmethod(softmax)
    loss = staticmethod(cross_entropy)


class Logistic:
    """N times yes or no: a probability each, binary cross-entropy in nats. Targets (T, B, N) are in [0, 1]."""

    loss = staticmethod(binary_cross_entropy)

    @staticmethod
    def output(scores: Array) -> Array:
        out = np.empty_like(scores)
        logistic(scores, out)
        return out


class Linear:
    """N numbers: half the squared error. Targets (T, B, N) are numbers."""

    loss = staticmethod(half_squared_error)

    @staticmethod
    def output(scores: Array) -> Array:
        return scores.copy()


class LogisticSquared(Logistic):
    """The logistic function with half the squared error, as networks were trained before cross-entropy."""

    loss = staticmethod(squashed_half_squared_error)


HEADS: dict[str, Head] = {
    "softmax": Softmax(),
    "logistic": Logistic(),
    "linear": Linear(),
    "logistic-squared": LogisticSquared(),
}
