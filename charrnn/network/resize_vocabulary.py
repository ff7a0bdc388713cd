"""Resizing of the vocabulary: weights of a network → weights for more tokens; old tokens keep their weights."""

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters
from charrnn.network.vectorizers import WEIGHT

_VOCABULARY_AXES = {WEIGHT: 0, "head.W": 1, "head.b": 0}


def resize_vocabulary(parameters: Parameters, old_ids: Ids) -> Parameters:
    """Return weights for V tokens; `old_ids` (V,) has the old id of each token, or -1 for a new one.

    A new token gets the mean weights of the old ones and the smallest of their output biases, so that the network's
    predictions hardly change at first.
    """
    resized: Parameters = {}
    for name, array in parameters.items():
        axis = _VOCABULARY_AXES.get(name)
        if name.endswith("layers.0.Wx") and WEIGHT not in parameters:
            axis = 0  # one-hot: one row per token
        resized[name] = array.copy() if axis is None else _resize_axis(array, axis, old_ids)
    resized["head.b"][old_ids < 0] = parameters["head.b"].min()
    return resized


def _resize_axis(array: Array, axis: int, old_ids: Ids) -> Array:
    """Return the entries of the old tokens along one axis in their new order, and their mean for new tokens."""
    with np.errstate(all="ignore"):  # the loss shows whether weights are too large
        mean = array.mean(axis=axis, keepdims=True)
    entries: Array = np.take(array, np.maximum(old_ids, 0), axis=axis)
    is_new = (old_ids < 0).reshape([-1 if dimension == axis else 1 for dimension in range(array.ndim)])
    return np.ascontiguousarray(np.where(is_new, mean, entries), dtype=array.dtype)
