"""Clipping: gradients in, the same gradients out, bounded in place. It knows names and arrays, and no layer."""

import math

import numpy as np

from charrnn.network.arrays import Parameters


def global_norm(gradients: Parameters) -> float:
    """√(sum of squares over all arrays): one number for the whole gradient."""
    return math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))


def clip_by_norm(gradients: Parameters, limit: float) -> tuple[float, bool]:
    """Scale all arrays alike so that the global norm is at most `limit`; the direction stays (Pascanu et al. 2013).

    Returns the norm before clipping, and whether it was above the limit. A norm that is not finite leaves the
    gradients as they are.
    """
    norm = global_norm(gradients)
    clipped = math.isfinite(norm) and norm > limit
    if clipped:
        for g in gradients.values():
            g *= limit / norm
    return norm, clipped


def clip_by_value(gradients: Parameters, limit: float) -> tuple[float, bool]:
    """Bound every entry to [-limit, limit]; the direction may change.

    Returns the norm before clipping, and whether any entry was beyond the bound.
    """
    norm = global_norm(gradients)
    clipped = False
    for g in gradients.values():
        clipped = clipped or bool(g.max() > limit or g.min() < -limit)
        np.clip(g, -limit, limit, out=g)
    return norm, clipped


def no_clipping(gradients: Parameters, limit: float) -> tuple[float, bool]:
    """Only measure the global norm."""
    del limit
    return global_norm(gradients), False


CLIPPINGS = {"norm": clip_by_norm, "value": clip_by_value}
