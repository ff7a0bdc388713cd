"""The stack: L recurrent layers in one direction, each of which reads the layer below.

Inputs (T, B, …), state (L, S, B, H) → y (T, B, H) of the last layer and the new state.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Backward, Gradients, Inputs, Parameters, Workspace
from charrnn.network.body import Body, apply_dropout, layer_shapes
from charrnn.network.bptt import unroll
from charrnn.network.vectorizers import Vectorizer


@dataclass(frozen=True)
class Stack(Body):
    """Layers that read forward in time."""

    def shapes(self, D: int) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for l in range(self.L):
            shapes |= layer_shapes(f"layers.{l}", self.H if l else D, self.H, self.cell)
        return shapes

    def forward(
        self,
        parameters: Parameters,
        vectorizer: Vectorizer,
        inputs: Inputs,
        state: Array,
        dropout_masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Backward]:
        resets = vectorizer.resets(inputs)
        layers, new_state = [], np.empty_like(state)
        y: Array = inputs
        for l in range(self.L):
            name = f"layers.{l}"
            if l == 0:
                z, to_inputs = vectorizer.project(parameters, f"{name}.Wx", f"{name}.b", inputs, workspace)
            else:
                z, to_inputs = affine(parameters, f"{name}.Wx", f"{name}.b", y, workspace)
            y, new_state[l], through_time = unroll(self.cell, parameters, name, z, state[l], workspace, resets)
            y, to_outputs = apply_dropout(y, None if dropout_masks is None else dropout_masks[l], name, workspace)
            layers.append((to_inputs, through_time, to_outputs))

        def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
            gradients: Parameters = {}
            dstate = np.empty_like(state)
            for l in reversed(range(self.L)):
                to_inputs, through_time, to_outputs = layers[l]
                dz, recurrent, dstate[l] = through_time(to_outputs(dy), None if dlast is None else dlast[l])
                dy, projection, _ = to_inputs(dz)
                gradients |= recurrent | projection
            return Gradients(dy, gradients, dstate)

        return y, new_state, backward
