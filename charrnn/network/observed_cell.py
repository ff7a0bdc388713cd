"""The observed cell: a cell that records states on the way forward and gradient norms on the way back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells import Cell


@dataclass(frozen=True, eq=False)
class ObservedCell:
    """Computes what `cell` computes, and records one entry per layer.

    `h` has (T, B, H), a view of the workspace, in the order of the forward pass; `gradient_norms` has (T,), the norms
    of dL/dh[t] over all streams, in the order of the way back, that is from the top layer down.
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
