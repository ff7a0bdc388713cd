"""The observed cell: a cell that records states in the forward pass and gradient norms in the backward pass."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells import Cell


@dataclass(frozen=True, eq=False)
class ObservedCell:
    """Wrapper of `cell` with the same results, which records one array per layer.

    `h` holds h (T, B, H) of each layer, views of the workspace, from the bottom layer up; `gradient_norms` holds the
    norms (T,) of dL/dh[t] over all streams, from the top layer down.
    """

    cell: Cell
    h: list[Array] = field(default_factory=list)
    gradient_norms: list[Array] = field(default_factory=list)

    @property
    def gates(self) -> int:
        return self.cell.gates

    @property
    def states(self) -> int:
        return self.cell.states

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        self.h.append(s[0, 1:])
        return self.cell.forward(Wh, z, s, workspace)

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        step_back = self.cell.backward(Wh, z, s, ds, workspace)
        norms = np.zeros(len(z))
        self.gradient_norms.append(norms)

        def observed_step_back(t: int) -> None:
            norms[t] = np.linalg.norm(ds[0])
            step_back(t)

        return observed_step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        return self.cell.recurrent_gradient(dz, workspace)

    def bias(self, H: int) -> Array:
        return self.cell.bias(H)
