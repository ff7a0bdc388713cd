"""Types shared by all layers: arrays by name, gradients, backward functions, and the workspace."""

from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.blas import has_small_matrix_kernel

Array: TypeAlias = NDArray[np.floating[Any]]
Ids: TypeAlias = NDArray[np.integer[Any]]
Mask: TypeAlias = NDArray[np.bool_]
Inputs: TypeAlias = NDArray[Any]
"""Token ids (T, B) or vectors (T, B, D); only the vectorizer looks into them."""
Targets: TypeAlias = NDArray[Any]
"""Token ids (T, B) or numbers (T, B, N); -1 or NaN where no output is expected."""
Parameters: TypeAlias = dict[str, Array]
"""Weights, or their gradients, by tensor name: `layers.0.Wx`, `head.b`, …"""

NO_GRADIENT = np.empty(0, np.float32)
"""Empty array in place of a gradient that does not exist: of token ids, or of the state of a layer without state."""


class Gradients(NamedTuple):
    """Gradients of a loss with respect to the inputs, the weights and the initial state of a layer or network.

    `inputs` and `state` have the shapes of the inputs and of the initial state; `parameters` has the names and shapes
    of the weights.
    """

    inputs: Array
    parameters: Parameters
    state: Array = NO_GRADIENT


class Backward(Protocol):
    """Backward function of a layer or network; valid until its workspace is used again."""

    def __call__(self, dy: Array, dlast: Array | None = None, /) -> Gradients:
        """Return the gradients from dy, the gradient of the outputs, and dlast, the gradient of the last state.

        `dlast` None stands for zeros: nothing depends on the last state. May overwrite dy.
        """


class Workspace:
    """Arrays that are reused from step to step, so that no memory is allocated after the first step.

    An array is requested by name and shape; the same array is returned each time, with its old content. Concurrent
    computations (threads, or a loss that calls another loss) need a workspace each.

    `column_panels` enables the packing of `matmul.prepacked_matmul`. By default it is on for float32 if the BLAS has
    kernels for small products.
    """

    def __init__(self, dtype: DTypeLike = np.float32, *, column_panels: bool | None = None) -> None:
        self.dtype = np.dtype(dtype)
        if column_panels is None:
            column_panels = self.dtype == np.float32 and has_small_matrix_kernel()
        self.column_panels = column_panels
        self._arrays: dict[tuple[str, tuple[int, ...]], Array] = {}
        self._parts: dict[str, Workspace] = {}

    @classmethod
    def like(cls, parameters: Parameters) -> "Workspace":
        """Return a new workspace of the data type of some weights."""
        return cls(next(iter(parameters.values())).dtype)

    def array(self, name: str, *shape: int) -> Array:
        """Return the array of this name and shape; it is not cleared."""
        key = (name, shape)
        if key not in self._arrays:
            self._arrays[key] = np.zeros(shape, self.dtype)
        return self._arrays[key]

    def part(self, name: str) -> "Workspace":
        """Return a workspace within this one, for a component that uses the same names as another."""
        if name not in self._parts:
            self._parts[name] = Workspace(self.dtype, column_panels=self.column_panels)
        return self._parts[name]


def select(prefix: str, parameters: Parameters) -> Parameters:
    """Return the parameters whose names begin with `prefix` and a dot, without that prefix: `encoder.b` → `b`."""
    begin = len(prefix) + 1
    return {name[begin:]: array for name, array in parameters.items() if name.startswith(prefix + ".")}


def prefixed(prefix: str, parameters: Parameters) -> Parameters:
    """Return the parameters with `prefix.` in front of each name: the inverse of `select`."""
    return {f"{prefix}.{name}": array for name, array in parameters.items()}
