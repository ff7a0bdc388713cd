"""Losses: scores (T, B, N) and targets → their sum, and the gradient of sum / count, written over the scores.

Targets are ids (T, B) for cross-entropy, numbers (T, B, N) otherwise. Where `counted` (T, B) is false, a target adds
nothing to either. With count = the number of targets that are counted, the gradient is that of the mean; the shards
of a batch that share one count add up to the mean over the batch.
"""

import numpy as np

from charrnn.network.arrays import Array, Flags, Ids, Workspace
from charrnn.network.cells.elman import logistic


def log_softmax(logits: Array) -> Array:
    """log p (…, V) of logits (…, V), in nats; exact for any shift of the logits."""
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def softmax(logits: Array) -> Array:
    """p (…, V) of logits (…, V); sums to one."""
    p: Array = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def cross_entropy(
    logits: Array, targets: Ids, count: int, workspace: Workspace, counted: Flags | None = None
) -> tuple[float, Array]:
    """The summed surprise of the targets in nats, and dlogits (T, B, V) = (p - onehot) / count."""
    N, V = targets.size, logits.shape[-1]
    flat, index = logits.reshape(N, V), np.arange(N)
    top = np.max(flat, axis=1, out=workspace.array("loss.top", N))
    np.subtract(flat, top[:, None], out=flat)
    at_target = flat[index, targets.reshape(-1)]
    p = np.exp(flat, out=flat)
    total = np.sum(p, axis=1, out=workspace.array("loss.total", N))
    lost = np.log(total) - at_target
    p /= (total * count)[:, None]
    p[index, targets.reshape(-1)] -= 1.0 / count
    if counted is not None:
        passed_over = ~counted.reshape(-1)
        lost[passed_over] = 0.0
        p[passed_over] = 0.0
    nats = float(lost.sum(dtype=np.float64))
    return nats, flat.reshape(logits.shape)


def binary_cross_entropy(
    logits: Array, targets: Array, count: int, workspace: Workspace, counted: Flags | None = None
) -> tuple[float, Array]:
    """The summed surprise of N yes-or-no targets a place, in nats, and dlogits (T, B, N) = (σ - target) / count."""
    del workspace
    # -log σ for a target of 1, -log (1 - σ) for one of 0, without overflow
    lost = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    logistic(logits, logits)
    logits -= targets
    return _summed(lost, counted), _mean_gradient(logits, count, counted)


def half_squared_error(
    y: Array, targets: Array, count: int, workspace: Workspace, counted: Flags | None = None
) -> tuple[float, Array]:
    """½ Σ (y - target)², and dy (T, B, N) = (y - target) / count."""
    del workspace
    y -= targets
    return _summed(0.5 * np.square(y), counted), _mean_gradient(y, count, counted)


def squashed_half_squared_error(
    logits: Array, targets: Array, count: int, workspace: Workspace, counted: Flags | None = None
) -> tuple[float, Array]:
    """½ Σ (σ - target)² and dlogits (T, B, N) = (σ - target) σ (1 - σ) / count, with σ of the logits."""
    logistic(logits, logits)
    slope = np.multiply(logits, 1.0 - logits, out=workspace.array("loss.slope", *logits.shape))
    total, dlogits = half_squared_error(logits, targets, count, workspace, counted)
    np.multiply(dlogits, slope, out=dlogits)
    return total, dlogits


def _summed(lost: Array, counted: Flags | None) -> float:
    return float((lost if counted is None else lost[counted]).sum(dtype=np.float64))


def _mean_gradient(gradient: Array, count: int, counted: Flags | None) -> Array:
    gradient /= count
    if counted is not None:
        gradient[~counted] = 0.0
    return gradient
