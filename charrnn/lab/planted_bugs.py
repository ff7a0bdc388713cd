"""Planted bugs: networks whose forward pass is right and whose backward pass has one classic mistake each.

A gradient check has to fail on every one of them. All are made of the real parts, and differ only by the mistake.
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
    """A cell that multiplies the gradient by h instead of tanh' = 1 - h²."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        h, dh = s[0], ds[0]
        times_WhT = prepacked_matmul(Wh.T, dh, "elman.WhT", workspace)

        def step_back(t: int) -> None:
            np.multiply(dh, h[t + 1], out=z[t])
            times_WhT(z[t])

        return step_back


class WhNotTransposed(Tanh):
    """A cell with dh = dz @ Wh instead of dz @ Wh.T."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        return super().backward(Wh.T, z, s, ds, workspace)


class WrongStep(Tanh):
    """A cell whose dWh sums h[t + 1] × dz[t] instead of h[t] × dz[t]."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        correct_step_back = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            correct_step_back(t)
            if t == 0:
                s[:, :-1] = s[:, 1:].copy()  # from here on, s is only used for dWh

        return step_back


class FirstStepLeftOut(Tanh):
    """A cell whose backward loop over time ends one step early."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        correct_step_back = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            if t > 0:
                correct_step_back(t)
            else:
                z[0] = 0.0

        return step_back


class NotAccumulated(Tanh):
    """A cell that sets dh to the gradient from the layer above, and loses that from the next step."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        correct_step_back = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            correct_step_back(t)
            if t > 0:
                ds[...] = 0.0

        return step_back


@dataclass(frozen=True)
class WithCell(Network):
    """A network with a cell of its own in place of that of its configuration."""

    other: Cell

    @property
    def cell(self) -> Cell:
        return self.other


class CarriedStateDropped(Network):
    """A network that computes the gradient of the initial state for the top layer only."""

    def forward(
        self, parameters: Parameters, ids: Ids, state: Array, masks: Array | None, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        logits, new_state, correct_back = super().forward(parameters, ids, state, masks, workspace)

        def back(dlogits: Array) -> tuple[Parameters, Array]:
            gradients, dstate = correct_back(dlogits)
            dstate[:-1] = 0.0
            return gradients, dstate

        return logits, new_state, back


class DropoutUnscaled(Network):
    """A network whose backward pass through dropout omits the factor 1 / (1 - p)."""

    def forward(
        self, parameters: Parameters, ids: Ids, state: Array, masks: Array | None, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        used_masks = None if masks is None else masks.copy()
        logits, new_state, correct_back = super().forward(parameters, ids, state, used_masks, workspace)

        def back(dlogits: Array) -> tuple[Parameters, Array]:
            if used_masks is not None:
                np.sign(used_masks, out=used_masks)
            return correct_back(dlogits)

        return logits, new_state, back


MakeNetwork: TypeAlias = Callable[[NetworkConfig], Network]

PLANTED_BUGS: dict[str, MakeNetwork] = {
    "the activation instead of its slope": lambda config: WithCell(config, SlopeIsActivation()),
    "dWh paired with the wrong step": lambda config: WithCell(config, WrongStep()),
    "the first step not back-propagated": lambda config: WithCell(config, FirstStepLeftOut()),
    "Wh not transposed": lambda config: WithCell(config, WhNotTransposed()),
    "dh overwritten, not accumulated": lambda config: WithCell(config, NotAccumulated()),
    "the carried state's gradient dropped below the top layer": CarriedStateDropped,
    "dropout's backward pass without 1 / (1 - p)": DropoutUnscaled,
}
"""Functions that make the broken networks, by bug."""
