"""Losses: scores (T, B, N) and targets → the summed loss, and its gradient / n_targets, written over the scores.

Targets are ids (T, B) for cross-entropy, numbers (T, B, N) otherwise. A target whose `loss_mask` (T, B) is false
contributes to neither. With n_targets = the number of targets that contribute, the gradient is that of the mean; the
shards of a batch that share one n_targets add up to the mean over the batch.
"""

import numpy as np

from charrnn.network.arrays import Array, Ids, Mask, Workspace
from charrnn.network.cells.elman import logistic


def log_softmax(logits: Array) -> Array:
    """Return log p (…, V) of logits (…, V), in nats; large logits do not overflow."""
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def softmax(logits: Array) -> Array:
    """Return p (…, V) of logits (…, V); sums to one."""
    p: Array = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def target_log_probabilities(logits: Array, targets: Ids, loss_mask: Mask | None = None) -> Array:
    """Return log p (T, B) in nats of the targets (T, B), from logits (T, B, V); 0 where the mask is false."""
    log_p: Array = np.take_along_axis(log_softmax(logits), targets[..., None].astype(np.int64), axis=-1)[..., 0]
    return log_p if loss_mask is None else log_p * loss_mask


def cross_entropy(
    logits: Array, targets: Ids, n_targets: int, workspace: Workspace, loss_mask: Mask | None = None
) -> tuple[float, Array]:
    """Return the summed -log p of the targets in nats, and dlogits (T, B, V) = (p - onehot) / n_targets."""
    rows, V = targets.size, logits.shape[-1]
    flat, index = logits.reshape(rows, V), np.arange(rows)
    top = np.max(flat, axis=1, out=workspace.array("loss.top", rows))
    np.subtract(flat, top[:, None], out=flat)
    at_target = flat[index, targets.reshape(-1)]
    p = np.exp(flat, out=flat)
    total = np.sum(p, axis=1, out=workspace.array("loss.total", rows))
    losses = np.log(total) - at_target
    p /= (total * n_targets)[:, None]
    p[index, targets.reshape(-1)] -= 1.0 / n_targets
    if loss_mask is not None:
        excluded = ~loss_mask.reshape(-1)
        losses[excluded] = 0.0
        p[excluded] = 0.0
    nats = float(losses.sum(dtype=np.float64))
    return nats, flat.reshape(logits.shape)


def binary_cross_entropy(
    logits: Array, targets: Array, n_targets: int, workspace: Workspace, loss_mask: Mask | None = None
) -> tuple[float, Array]:
    """Return the summed loss of N binary targets per step in nats, and (σ - target) / n_targets, shape (T, B, N)."""
    del workspace
    # -log σ for a target of 1, -log (1 - σ) for one of 0, without overflow
    losses = np.maximum(logits, 0.0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    logistic(logits, logits)
    logits -= targets
    return _sum(losses, loss_mask), _mean_gradient(logits, n_targets, loss_mask)


def half_squared_error(
    y: Array, targets: Array, n_targets: int, workspace: Workspace, loss_mask: Mask | None = None
) -> tuple[float, Array]:
    """Return ½ Σ (y - target)², and dy (T, B, N) = (y - target) / n_targets."""
    del workspace
    y -= targets
    return _sum(0.5 * np.square(y), loss_mask), _mean_gradient(y, n_targets, loss_mask)


def logistic_half_squared_error(
    logits: Array, targets: Array, n_targets: int, workspace: Workspace, loss_mask: Mask | None = None
) -> tuple[float, Array]:
    """Return ½ Σ (σ - target)² and dlogits (T, B, N) = (σ - target) σ (1 - σ) / n_targets, with σ of the logits."""
    logistic(logits, logits)
    slope = np.multiply(logits, 1.0 - logits, out=workspace.array("loss.slope", *logits.shape))
    loss, dlogits = half_squared_error(logits, targets, n_targets, workspace, loss_mask)
    np.multiply(dlogits, slope, out=dlogits)
    return loss, dlogits


def _sum(losses: Array, loss_mask: Mask | None) -> float:
    return float((losses if loss_mask is None else losses[loss_mask]).sum(dtype=np.float64))


def _mean_gradient(gradient: Array, n_targets: int, loss_mask: Mask | None) -> Array:
    gradient /= n_targets
    if loss_mask is not None:
        gradient[~loss_mask] = 0.0
    return gradient
