"""Token ids: the type of their arrays, and the smallest data type for a vocabulary."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = npt.NDArray[np.integer[Any]]


def id_dtype(vocabulary_size: int) -> np.dtype[np.unsignedinteger]:
    """Return the smallest unsigned type that holds the ids 0 … V - 1."""
    return np.min_scalar_type(vocabulary_size - 1)


def check_ids(ids: npt.ArrayLike, vocabulary_size: int) -> Ids:
    """Return the ids as an array. Raises ValueError if one is outside 0 … V - 1."""
    array = np.asarray(ids)
    if array.size == 0:
        return array.astype(np.uint8)
    if array.min() < 0 or array.max() >= vocabulary_size:
        raise ValueError(f"token ids must be in 0 … {vocabulary_size - 1}")
    return array
