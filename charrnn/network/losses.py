"""Losses: logits (T, B, V) and target ids (T, B) → nats, and dL/dlogits in place."""

import numpy as np

from charrnn.network.arrays import Array, Flags, Ids, Workspace


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
    """The summed surprise of the targets in nats, and dlogits (T, B, V), written over the logits.

    Where `counted` (T, B) is false, a target adds nothing to either.

    dlogits is the gradient of sum / `count`: with count = T·B that is the mean, and the shards of a batch that
    share one count add up to the mean over the batch. For softmax and cross-entropy it is (p - onehot) / count.
    """
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
