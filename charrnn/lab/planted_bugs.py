"""Planted bugs: networks with a correct forward pass and one classic mistake in the backward pass.

A gradient check has to fail on every one of them. Each is the real network except for the mistake.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Array, Backward, Gradients, Inputs, Parameters, Workspace
from charrnn.network.cells import Cell, Step
from charrnn.network.cells.elman import Tanh
from charrnn.network.matmul import prepacked_matmul
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Vectorizer


class SlopeIsActivation(Tanh):
    """A cell that multiplies the gradient by h instead of tanh' = 1 - h²."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        h, dh = s[0], ds[0]
        multiply_by_WhT = prepacked_matmul(Wh.T, dh, "elman.WhT", workspace)

        def step_back(t: int) -> None:
            np.multiply(dh, h[t + 1], out=z[t])
            multiply_by_WhT(z[t])

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
    """A cell that sets dh to the gradient from the layer above, without adding the gradient from the next step."""

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        correct_step_back = super().backward(Wh, z, s, ds, workspace)

        def step_back(t: int) -> None:
            correct_step_back(t)
            if t > 0:
                ds[...] = 0.0

        return step_back


class StateGradientDropped(Stack):
    """A stack that computes the gradient of the initial state for the top layer only."""

    def forward(
        self,
        parameters: Parameters,
        vectorizer: Vectorizer,
        inputs: Inputs,
        state: Array,
        dropout_masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Backward]:
        y, new_state, to_inputs = super().forward(parameters, vectorizer, inputs, state, dropout_masks, workspace)

        def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
            gradients = to_inputs(dy, dlast)
            gradients.state[:-1] = 0.0
            return gradients

        return y, new_state, backward


class DropoutUnscaled(Stack):
    """A stack whose backward pass through dropout omits the factor 1 / (1 - p)."""

    def forward(
        self,
        parameters: Parameters,
        vectorizer: Vectorizer,
        inputs: Inputs,
        state: Array,
        dropout_masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Backward]:
        masks = None if dropout_masks is None else dropout_masks.copy()
        y, new_state, to_inputs = super().forward(parameters, vectorizer, inputs, state, masks, workspace)

        def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
            if masks is not None:
                np.sign(masks, out=masks)
            return to_inputs(dy, dlast)

        return y, new_state, backward


MakeNetwork: TypeAlias = Callable[[NetworkConfig], Network]


def with_cell(cell: Cell) -> MakeNetwork:
    """Return a function that makes networks with this cell in place of that of their configuration."""
    return lambda config: Network.from_config(config).with_cell(cell)


def with_stack(stack: type[Stack]) -> MakeNetwork:
    """Return a function that makes networks with this kind of stack."""

    def make(config: NetworkConfig) -> Network:
        network = Network.from_config(config)
        return replace(network, body=stack(config.hidden, config.layers, network.body.cell, config.dropout))

    return make


PLANTED_BUGS: dict[str, MakeNetwork] = {
    "the activation instead of its slope": with_cell(SlopeIsActivation()),
    "dWh paired with the wrong step": with_cell(WrongStep()),
    "the first step not back-propagated": with_cell(FirstStepLeftOut()),
    "Wh not transposed": with_cell(WhNotTransposed()),
    "dh overwritten, not accumulated": with_cell(NotAccumulated()),
    "the carried state's gradient dropped below the top layer": with_stack(StateGradientDropped),
    "dropout's backward pass without 1 / (1 - p)": with_stack(DropoutUnscaled),
}
"""Functions that return a network with the bug, by description of the bug."""
