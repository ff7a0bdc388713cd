"""Cells: what happens between one time step and the next, and its way back. The loop over time is `bptt`'s.

To add a cell, write one class with the parts of `Cell` in a file of its own here and name it in `CELLS`.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells.elman import Identity, ReLU, Sigmoid, Tanh
from charrnn.network.cells.gru import GRU
from charrnn.network.cells.lstm import LSTM

Step: TypeAlias = Callable[[int], None]


class Cell(Protocol):
    """One step of a recurrence.

    `gates` is G: Wx, Wh and b have G·H columns. `states` is S: how many (B, H) arrays are carried from step to
    step; the first of them is h, what the layer above reads.
    """

    @property
    def gates(self) -> int: ...

    @property
    def states(self) -> int: ...

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Step:
        """Prepare `step(t)`, which fills s[:, t + 1] from s[:, t] and z[t].

        Wh (H, G·H); z (T, B, G·H), the projected input, bias included, may be overwritten with what the way
        back needs; s (S, T + 1, B, H).
        """

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        """Prepare `step_back(t)`, which turns ds (S, B, H) from dL/ds[:, t + 1] into dL/ds[:, t].

        It leaves dL/dz[t] in z[t], for the products over all time steps that follow the loop. The workspace is the
        one that `forward` had, and nobody else's.
        """

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        """dL/d(h @ Wh) (T, B, G·H) after the loop: dz itself where z and h @ Wh are simply added."""

    def bias(self, H: int) -> Array:
        """b (G·H,) before the first step of training."""


CELLS: dict[str, Cell] = {
    "tanh": Tanh(),
    "relu": ReLU(),
    "sigmoid": Sigmoid(),
    "identity": Identity(),
    "lstm": LSTM(),
    "gru": GRU(),
}
