"""Heads: scores (T, B, N) = y @ W + b of the last layer → the outputs of the network, and their loss.

A head is the last activation together with its loss, because only their combined gradient is simple: output - target
for softmax with cross-entropy, for the logistic function with binary cross-entropy, and for no activation with half
the squared error.
"""

from typing import Protocol

import numpy as np

from charrnn.network.arrays import Array, Mask, Targets, Workspace
from charrnn.network.cells.elman import logistic
from charrnn.network.losses import (
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    logistic_half_squared_error,
    softmax,
)


class Head(Protocol):
    """The last activation and the loss."""

    def output(self, scores: Array) -> Array:
        """Return the outputs (T, B, N) of the network."""

    def loss(
        self, scores: Array, targets: Targets, n_targets: int, workspace: Workspace, loss_mask: Mask | None = None
    ) -> tuple[float, Array]:
        """Return the summed loss, and the gradient of sum / n_targets, written over the scores."""


class Softmax:
    """One of N classes: probabilities that sum to one, cross-entropy in nats. Targets (T, B) are ids."""

    output = staticmethod(softmax)
    loss = staticmethod(cross_entropy)


class Logistic:
    """N yes-or-no outputs: one probability each, binary cross-entropy in nats. Targets (T, B, N) are in [0, 1]."""

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
    """The logistic function with half the squared error, in common use before cross-entropy."""

    loss = staticmethod(logistic_half_squared_error)


HEADS: dict[str, Head] = {
    "softmax": Softmax(),
    "logistic": Logistic(),
    "linear": Linear(),
    "logistic-squared": LogisticSquared(),
}
