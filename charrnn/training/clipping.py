"""Gradient clipping: named gradients, limited in place."""

import math

import numpy as np

from charrnn.network.arrays import Parameters


def global_norm(gradients: Parameters) -> float:
    """Return √(sum of squares over all arrays)."""
    return math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))


def clip_by_norm(gradients: Parameters, limit: float) -> tuple[float, bool]:
    """Scale all arrays by one factor so that the global norm is at most `limit` (Pascanu et al. 2013).

    Returns the norm before clipping, and True if it was above the limit. If the norm is not finite, the gradients
    stay as they are.
    """
    norm = global_norm(gradients)
    clipped = math.isfinite(norm) and norm > limit
    if clipped:
        for g in gradients.values():
            g *= limit / norm
    return norm, clipped


def clip_by_value(gradients: Parameters, limit: float) -> tuple[float, bool]:
    """Limit every entry to [-limit, limit], which may change the direction of the gradient.

    Returns the global norm before clipping, and True if any entry was beyond the limit.
    """
    norm = global_norm(gradients)
    clipped = False
    for g in gradients.values():
        clipped = clipped or bool(g.max() > limit or g.min() < -limit)
        np.clip(g, -limit, limit, out=g)
    return norm, clipped


def no_clipping(gradients: Parameters, limit: float) -> tuple[float, bool]:
    """Return the global norm and False."""
    del limit
    return global_norm(gradients), False


CLIPPINGS = {"norm": clip_by_norm, "value": clip_by_value}
