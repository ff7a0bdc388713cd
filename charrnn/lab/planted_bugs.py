"""Planted bugs: networks whose way forward is right and whose way back has one classic mistake each.

A gradient check that does not fail on every one of them is itself broken. All are made of the real parts, and
differ from them by the mistake alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.cells import Cell, Step
from charrnn.network.cells.elman import Tanh
from charrnn.network.matmul import prepacked_matmul
from charrnn.network.network import Back, Network


class SlopeIsActivation(Tanh):
    """The gradient is multiplied by h, where it should be by tanh' = 1 - h²."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        h, dh = s[0], ds[0]
        times_WhT = prepacked_matmul(Wh.T, dh, "elman.WhT", workspace)

        def step_back(t: int) -> None:
            np.multiply(dh, h[t + 1], out=z[t])
            times_WhT(z[t])

        return step_back


class WhNotTransposed(Tanh):
    """dh = dz @ Wh, where it should be dz @ Wh.T."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        return super().backward(Wh.T, z, s, ds, workspace)


class WrongStep(Tanh):
    """dWh sums h[t + 1] × dz[t], where it should sum h[t] × dz[t]."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        right = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            right(t)
            if t == 0:
                s[:, :-1] = s[:, 1:].copy()  # all that is left to do with s is dWh

        return step_back


class FirstStepLeftOut(Tanh):
    """The loop back over time ends one step early."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        right = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            if t > 0:
                right(t)
            else:
                z[0] = 0.0

        return step_back


class NotAccumulated(Tanh):
    """dh is what the layer above gives; what the next step gives is overwritten, where it should be added."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        right = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            right(t)
            if t > 0:
                ds[...] = 0.0

        return step_back


@dataclass(frozen=True)
class WithCell(Network):
    """A network with another cell than its configuration names."""

    other: Cell

    @property
    def cell(self) -> Cell:
        return self.other


class CarriedStateDropped(Network):
    """Only the top layer's initial state gets its gradient."""

    def forward(
        self, parameters: Parameters, ids: Ids, state: Array, masks: Array | None, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        logits, new_state, right = super().forward(parameters, ids, state, masks, workspace)

        def back(dlogits: Array) -> tuple[Parameters, Array]:
            gradients, dstate = right(dlogits)
            dstate[:-1] = 0.0
            return gradients, dstate

        return logits, new_state, back


class DropoutUnscaled(Network):
    """The way back through dropout drops the same units but leaves out the factor 1 / (1 - p)."""

    def forward(
        self, parameters: Parameters, ids: Ids, state: Array, masks: Array | None, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        own = None if masks is None else masks.copy()
        logits, new_state, right = super().forward(parameters, ids, state, own, workspace)

        def back(dlogits: Array) -> tuple[Parameters, Array]:
            if own is not None:
                np.sign(own, out=own)
            return right(dlogits)

        return logits, new_state, back


MakeNetwork: TypeAlias = Callable[[NetworkConfig], Network]

PLANTED_BUGS: dict[str, MakeNetwork] = {
    "the activation in place of its slope": lambda config: WithCell(config, SlopeIsActivation()),
    "dWh paired with the wrong step": lambda config: WithCell(config, WrongStep()),
    "the first step never back-propagated": lambda config: WithCell(config, FirstStepLeftOut()),
    "Wh not transposed": lambda config: WithCell(config, WhNotTransposed()),
    "dh overwritten, not accumulated": lambda config: WithCell(config, NotAccumulated()),
    "the carried state's gradient dropped below the top layer": CarriedStateDropped,
    "dropout's way back without 1 / (1 - p)": DropoutUnscaled,
}
"""How to make each broken network, by what is wrong with it."""
