"""The stack: L recurrent layers in one direction, each of which reads the one below.

Inputs (T, B, …), state (L, S, B, H) → y (T, B, H) of the last layer and the new state.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Backward, Gradients, Inputs, Parameters, Targets, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS, Cell
from charrnn.network.vectorizers import Vectorizer


class Body(Protocol):
    """The recurrent part of a network, between vectorizer and head: L layers of H units of one cell.

    `lookahead` is the number of tokens after a token that are worth reading to predict it; 0 if the body reads in one
    direction.
    """

    lookahead: ClassVar[int]

    @property
    def H(self) -> int: ...  # noqa: N802

    @property
    def L(self) -> int: ...  # noqa: N802

    @property
    def cell(self) -> Cell: ...

    @property
    def width(self) -> int:
        """Number of outputs per step."""

    def with_cell(self, cell: Cell) -> Self:
        """Return the same body with another cell."""

    def shapes(self, D: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight, by tensor name, for inputs of width D."""

    def initial_state(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """Return the state before the first step: zeros (L, S, B, H)."""

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        """Return masks of zeros and 1 / (1 - p) for one window, one (B, outputs) per layer; None without dropout."""

    def visible(self, inputs: Inputs, targets: Targets) -> Inputs:
        """Return the part of a window that the body reads to predict its targets."""

    def forward(
        self,
        parameters: Parameters,
        vectorizer: Vectorizer,
        inputs: Inputs,
        state: Array,
        dropout_masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Backward]:
        """Run all layers over a window: y (T, B, width), the new state in an array of its own, and the way back."""


@dataclass(frozen=True)
class Stack:
    """L layers of H units that read forward in time. `dropout` is the share of a layer's outputs that is dropped."""

    H: int
    L: int = 1
    cell: Cell = CELLS["tanh"]
    dropout: float = 0.0
    lookahead: ClassVar[int] = 0

    @property
    def width(self) -> int:
        return self.H

    def with_cell(self, cell: Cell) -> Self:
        return replace(self, cell=cell)

    def shapes(self, D: int) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for l in range(self.L):
            shapes |= layer_shapes(f"layers.{l}", self.H if l else D, self.H, self.cell)
        return shapes

    def initial_state(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        return np.zeros((self.L, self.cell.states, B, self.H), dtype)

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        return draw_masks((self.L, B, self.width), self.dropout, rng, dtype)

    def visible(self, inputs: Inputs, targets: Targets) -> Inputs:
        del targets
        return inputs

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
            y, to_outputs = pass_up(y, None if dropout_masks is None else dropout_masks[l], name, workspace)
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


def pass_up(y: Array, mask: Array | None, name: str, workspace: Workspace) -> tuple[Array, Callable[[Array], Array]]:
    """Return what a layer with outputs y (T, B, N) hands to the next layer or to the head, and its way back.

    Dropout: `mask` (B, N) multiplies the outputs, the same at every step of the window (variational dropout, Gal and
    Ghahramani 2016); None leaves them. The way back overwrites dy.
    """
    if mask is None:
        return y, lambda dy: dy
    dropped = np.multiply(y, mask, out=workspace.array(f"{name}.dropped", *y.shape))
    return dropped, lambda dy: np.multiply(dy, mask, out=dy)


def draw_masks(
    shape: tuple[int, int, int], dropout: float, rng: np.random.Generator, dtype: DTypeLike
) -> Array | None:
    """Draw dropout masks (layers, B, N): 0 with probability `dropout`, otherwise 1 / (1 - dropout)."""
    if dropout == 0.0:
        return None
    masks: Array = np.zeros(shape, dtype)
    masks[rng.random(shape, dtype=np.float32) >= dropout] = 1.0 / (1.0 - dropout)
    return masks


def layer_shapes(name: str, D: int, H: int, cell: Cell) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a layer's weights: Wx (D, G·H), Wh (H, G·H), b (G·H,)."""
    N = cell.gates * H
    return {f"{name}.Wx": (D, N), f"{name}.Wh": (H, N), f"{name}.b": (N,)}
