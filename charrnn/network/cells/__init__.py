"""Cells: one time step of a recurrence and its derivative. The loop over time is in `bptt`.

To add a cell, write a class with the members of `Cell` in a file of its own, and add it to `CELLS`.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells.elman import Identity, ReLU, Sigmoid, Tanh
from charrnn.network.cells.gru import GRU
from charrnn.network.cells.lstm import LSTM

Step: TypeAlias = Callable[[int], None]
"""The computation of one time step t."""


class Cell(Protocol):
    """One step of a recurrence.

    `gates` is G: Wx, Wh and b have G·H columns. `states` is S, the number of arrays (B, H) that are carried from step
    to step; the first of them is h, the output of the layer.
    """

    @property
    def gates(self) -> int: ...

    @property
    def states(self) -> int: ...

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Step:
        """Return `step(t)`, which computes s[:, t + 1] from s[:, t] and z[t].

        Wh (H, G·H); s (S, T + 1, B, H); z (T, B, G·H), the projected input with the bias, which may be overwritten
        with values that `backward` needs.
        """

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Step:
        """Return `step_back(t)`, which turns ds (S, B, H) from dL/ds[:, t + 1] into dL/ds[:, t].

        It writes dL/dz[t] to z[t], from which the weight gradients are computed after the loop, in one product each.
        The workspace is that of `forward`, and no other layer uses it.
        """

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        """Return dL/d(h @ Wh) (T, B, G·H) after the loop: dz itself where z and h @ Wh are added."""

    def bias(self, H: int) -> Array:
        """Return the initial b (G·H,)."""


CELLS: dict[str, Cell] = {
    "tanh": Tanh(),
    "relu": ReLU(),
    "sigmoid": Sigmoid(),
    "identity": Identity(),
    "lstm": LSTM(),
    "gru": GRU(),
}
"""Cells by their name in the configuration."""
