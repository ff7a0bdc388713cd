"""The body of a network: L recurrent layers of H units between vectorizer and head, and the dropout of each."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import Array, Backward, Inputs, Parameters, Targets, Workspace
from charrnn.network.cells import CELLS, Cell
from charrnn.network.vectorizers import Vectorizer


@dataclass(frozen=True)
class Body(ABC):
    """L layers of H units of one cell. `dropout` is the share of a layer's outputs that is dropped.

    `directions` is the number of directions in which a layer reads. `lookahead` is the number of following
    tokens that are read to predict a token; 0 if the body reads forward only.
    """

    H: int
    L: int = 1
    cell: Cell = CELLS["tanh"]
    dropout: float = 0.0
    directions: ClassVar[int] = 1
    lookahead: ClassVar[int] = 0

    @property
    def width(self) -> int:
        """Number of outputs per step."""
        return self.directions * self.H

    def with_cell(self, cell: Cell) -> Self:
        """Return the same body with another cell."""
        return replace(self, cell=cell)

    def initial_state(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """Return the state before the first step: zeros (L, S, B, H)."""
        return np.zeros((self.L, self.cell.states, B, self.H), dtype)

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        """Return masks (L, B, width) of zeros and 1 / (1 - p) for one window; None without dropout."""
        return draw_masks((self.L, B, self.width), self.dropout, rng, dtype)

    def visible(self, inputs: Inputs, targets: Targets) -> Inputs:
        """Return the part of a window that the body reads to predict its targets."""
        del targets
        return inputs

    @abstractmethod
    def shapes(self, D: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight, by tensor name, for inputs of width D."""

    @abstractmethod
    def forward(
        self,
        parameters: Parameters,
        vectorizer: Vectorizer,
        inputs: Inputs,
        state: Array,
        dropout_masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Backward]:
        """Run all layers over a window; return y (T, B, width), a new state array, and the backward function."""


def apply_dropout(
    y: Array, mask: Array | None, name: str, workspace: Workspace
) -> tuple[Array, Callable[[Array], Array]]:
    """Apply dropout to the outputs y (T, B, N) of a layer; return the result and its backward function.

    `mask` (B, N) multiplies the outputs of every step of the window (variational dropout, Gal and Ghahramani 2016);
    None leaves them unchanged. The backward function overwrites dy.
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
