"""Growth: the weights of a network → those of one with more tokens, where every old token is as it was."""

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters

_VOCABULARY_AXES = {"vectorizer.weight": 0, "head.W": 1, "head.b": 0}


def grow(parameters: Parameters, V: int, kept: Ids) -> Parameters:
    """Weights for V tokens, of which token v was the token kept[v] (V,) of the network before, or -1 if it is new.

    A new token begins as the average of the old ones, and as unlikely as the least likely of them, so that the
    network says at first what it said before.
    """
    old_V = len(parameters["head.b"])
    grown: Parameters = {}
    for name, array in parameters.items():
        axis = _VOCABULARY_AXES.get(name)
        if name.endswith("layers.0.Wx") and "vectorizer.weight" not in parameters:
            axis = 0  # one-hot: a row a token
        grown[name] = array.copy() if axis is None else _regrown(array, axis, kept)
    grown["head.b"][kept < 0] = parameters["head.b"].min()
    assert len(grown["head.b"]) == V >= old_V
    return grown


def _regrown(array: Array, axis: int, kept: Ids) -> Array:
    """The entries of the old tokens along one axis, in their new order, and the mean of them for new ones."""
    mean = array.mean(axis=axis, keepdims=True)
    taken: Array = np.take(array, np.maximum(kept, 0), axis=axis)
    new = (kept < 0).reshape([-1 if at == axis else 1 for at in range(array.ndim)])
    return np.ascontiguousarray(np.where(new, mean, taken), dtype=array.dtype)
