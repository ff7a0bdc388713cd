"""Gradient flow: how much of the last step's error reaches each state before it, layer by layer.

ids (T, B) and a state → norms (L, T) of dL/dh[t], where L is the loss of the window's last step alone, so that what
is seen at t has come back through T - 1 - t steps: it vanishes or explodes with the powers of the recurrence (Bengio
et al. 1994; Pascanu et al. 2013).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.cells import Cell
from charrnn.network.losses import cross_entropy
from charrnn.network.network import Network

SATURATED = 0.97
"""A unit beyond this has tanh' < 0.06: hardly any gradient passes through it."""


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """Norms (L, T) of dL/dh[t] over all streams, and the share (L,) of saturated units over all steps."""

    norms: Array
    saturated: Array


@dataclass(frozen=True)
class _Observed:
    """A cell, and what is seen of it on the way back: the layers from the top to the bottom."""

    cell: Cell
    norms: list[Array] = field(default_factory=list)
    saturated: list[float] = field(default_factory=list)

    @property
    def gates(self) -> int:
        return self.cell.gates

    @property
    def states(self) -> int:
        return self.cell.states

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        return self.cell.forward(Wh, z, s, workspace)

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        return self.cell.recurrent_gradient(dz, workspace)

    def bias(self, H: int) -> Array:
        return self.cell.bias(H)

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        self.saturated.append(float((np.abs(s[0, 1:]) > SATURATED).mean()))
        step_back = self.cell.backward(Wh, z, s, ds, workspace)
        norms = np.zeros(len(z))
        self.norms.append(norms)

        def observed(t: int) -> None:
            norms[t] = np.linalg.norm(ds[0])
            step_back(t)

        return observed


@dataclass(frozen=True)
class _ObservedNetwork(Network):
    observed: _Observed

    @property
    def cell(self) -> Cell:
        return self.observed


def gradient_flow(
    network: Network, parameters: Parameters, inputs: Ids, targets: Ids, state: Array, workspace: Workspace
) -> GradientFlow:
    """Read a window (T, B) from `state` (L, S, B, H), and send the loss of its last step back through it."""
    observed = _ObservedNetwork(network.config, _Observed(network.cell))
    with np.errstate(all="ignore"):
        logits, _, back = observed.forward(parameters, inputs, state, None, workspace)
        _, dlogits = cross_entropy(logits, targets, inputs.shape[1], workspace)
        dlogits[:-1] = 0.0
        back(dlogits)
    seen = observed.observed
    return GradientFlow(np.stack(seen.norms[::-1]), np.array(seen.saturated[::-1]))
