"""The bidirectional body: every layer concatenates a forward and a backward pass (Schuster and Paliwal 1997).

Inputs (T, B, …) → y (T, B, 2H). A layer above the first reads both directions of the layer below (Graves et al.
2013), so that from the second layer on each direction has seen the whole sequence. A layer has twice the weights
of one direction, under `layers.{l}.forward.` and `layers.{l}.backward.`
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Backward, Gradients, Inputs, Parameters, Workspace
from charrnn.network.body import Body, apply_dropout, layer_shapes
from charrnn.network.bptt import unroll
from charrnn.network.vectorizers import Vectorizer

DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True)
class Bidirectional(Body):
    """Layers that read in both directions, each from a state of zeros; a state is neither read nor changed."""

    directions: ClassVar[int] = 2
    lookahead: ClassVar[int] = 256

    def shapes(self, D: int) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for l in range(self.L):
            for direction in DIRECTIONS:
                shapes |= layer_shapes(f"layers.{l}.{direction}", self.width if l else D, self.H, self.cell)
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
        """Run all layers. Raises ValueError for a vectorizer that resets the state at documents.

        A reset by the backward direction would clear a state that the layer above reads as an output.
        """
        if vectorizer.bos_id is not None:
            raise ValueError("a bidirectional body reads one sequence, without document boundaries")
        layers: list[Backward] = []
        y: Array = inputs
        for l in range(self.L):
            y, to_directions = self._layer(l, parameters, vectorizer, inputs, y, workspace)
            y, to_outputs = apply_dropout(
                y, None if dropout_masks is None else dropout_masks[l], f"layers.{l}", workspace
            )
            layers.append(lambda dy, _=None, *, back=to_directions, up=to_outputs: back(up(dy)))

        def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
            del dlast
            gradients: Parameters = {}
            for to_layer in reversed(layers):
                dy, layer_gradients, _ = to_layer(dy)
                gradients |= layer_gradients
            return Gradients(dy, gradients, np.zeros_like(state))

        return y, state.copy(), backward

    def _layer(
        self, l: int, parameters: Parameters, vectorizer: Vectorizer, inputs: Inputs, x: Array, workspace: Workspace
    ) -> tuple[Array, Backward]:
        """Run layer l over its inputs; return y (T, B, 2H) and the backward function."""
        (T, B), H = inputs.shape[:2], self.H
        y = workspace.array(f"layers.{l}.y", T, B, 2 * H)
        initial = np.zeros((self.cell.states, B, H), workspace.dtype)
        directions = []
        for direction in DIRECTIONS:
            name, part = f"layers.{l}.{direction}", workspace.part(direction)
            if l == 0:
                z, to_x = vectorizer.project(parameters, f"{name}.Wx", f"{name}.b", inputs, part)
            else:
                z, to_x = affine(parameters, f"{name}.Wx", f"{name}.b", x, part)
            resets = vectorizer.resets(in_reading_order(inputs, direction))
            h, _, through_time = unroll(
                self.cell, parameters, name, in_reading_order(z, direction), initial, part, resets
            )
            half(y, direction)[...] = in_reading_order(h, direction)
            directions.append((direction, to_x, through_time))

        def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
            del dlast
            gradients: Parameters = {}
            dx: Array | None = None
            for direction, to_x, through_time in directions:
                dz, recurrent, _ = through_time(in_reading_order(half(dy, direction), direction))
                dx_part, projection, _ = to_x(in_reading_order(dz, direction))
                dx = dx_part if dx is None else np.add(dx, dx_part, out=dx_part)
                gradients = add_gradients(gradients, recurrent | projection)
            assert dx is not None
            return Gradients(dx, gradients)

        return y, backward


def in_reading_order(array: Array, direction: str) -> Array:
    """Return the steps of an array (T, …) in the order in which a direction reads them; its own inverse."""
    return array if direction == "forward" else array[::-1]


def half(y: Array, direction: str) -> Array:
    """Return the columns of y (T, B, 2H) that belong to a direction."""
    H = y.shape[-1] // 2
    return y[..., :H] if direction == "forward" else y[..., H:]


def add_gradients(gradients: Parameters, more: Parameters) -> Parameters:
    """Return the gradients of both by name; those of a weight in both, such as a shared embedding, are added."""
    shared = {name: gradients[name] + gradient for name, gradient in more.items() if name in gradients}
    return gradients | more | shared
