"""The arrays that every layer speaks of, and the workspace they live in."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Ids: TypeAlias = NDArray[np.integer[Any]]
Flags: TypeAlias = NDArray[np.bool_]
Parameters: TypeAlias = dict[str, Array]
"""Weights or their gradients by name, as DESIGN of the files has them: `layers.0.Wx`, `head.b`, …"""


class Workspace:
    """Arrays that outlive a step, so that the steady state allocates nothing.

    An array is asked for by name and shape, and the same one comes back every time, with whatever was left in
    it. Two callers at a time (threads, or a loss inside a loss) need a workspace each.

    `panels` says whether thin products go faster as column panels on this machine (see `products`).
    """

    def __init__(self, dtype: DTypeLike = np.float32, *, panels: bool = False) -> None:
        self.dtype = np.dtype(dtype)
        self.panels = panels
        self._arrays: dict[tuple[str, tuple[int, ...]], Array] = {}
        self._parts: dict[str, Workspace] = {}

    def array(self, name: str, *shape: int) -> Array:
        """The array of this name and shape; not cleared."""
        key = (name, shape)
        if key not in self._arrays:
            self._arrays[key] = np.zeros(shape, self.dtype)
        return self._arrays[key]

    def part(self, name: str) -> "Workspace":
        """A workspace within this one, for a part that uses the same names as another."""
        if name not in self._parts:
            self._parts[name] = Workspace(self.dtype, panels=self.panels)
        return self._parts[name]


def within(prefix: str, parameters: Parameters) -> Parameters:
    """The parameters whose names begin with `prefix.`, under the rest of their names."""
    start = len(prefix) + 1
    return {name[start:]: array for name, array in parameters.items() if name.startswith(prefix + ".")}
