"""Bidirectional layers: x (T, B, D) → y (T, B, 2H), the states of a layer that reads on beside those of one that
reads back (Schuster and Paliwal 1997).

In a deep one every layer reads [forward; backward] of the layer below (Graves et al. 2013), so that from the second
on each direction knows the whole sequence. A layer has twice the weights of one in a single direction: those of
`Network`, under `layers.{l}.forward.` and `layers.{l}.backward.`
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Flags, Parameters, Workspace, within
from charrnn.network.bptt import unroll
from charrnn.network.cells import Cell

Back: TypeAlias = Callable[[Array], tuple[Array, Parameters]]
DIRECTIONS = ("forward", "backward")


def run_bidirectional(
    cell: Cell,
    parameters: Parameters,
    L: int,
    x: Array,
    workspace: Workspace,
    begins: Flags | None = None,
    ends: Flags | None = None,
) -> tuple[Array, Back]:
    """Run L layers over x, each direction from a state of zeros at its end of the window.

    Where sequences are shorter than the window, `begins` and `ends` (T, B) say where: there the state of the one
    direction or the other is cleared. Returns y and `back(dy) → dx (T, B, D), gradients`.
    """
    ways_back = []
    y = x
    for l in range(L):
        name = f"layers.{l}"
        y, back_layer = _layer(cell, within(name, parameters), y, workspace.part(name), begins, ends)
        ways_back.append(back_layer)

    def back(dy: Array) -> tuple[Array, Parameters]:
        gradients: Parameters = {}
        for l in reversed(range(L)):
            dy, own = ways_back[l](dy)
            gradients |= {f"layers.{l}.{name}": gradient for name, gradient in own.items()}
        return dy, gradients

    return y, back


def _layer(
    cell: Cell, parameters: Parameters, x: Array, workspace: Workspace, begins: Flags | None, ends: Flags | None
) -> tuple[Array, Back]:
    (T, B, D), H = x.shape, parameters["forward.Wh"].shape[0]
    state = np.zeros((cell.states, B, H), workspace.dtype)
    y = workspace.array("y", T, B, 2 * H)
    ways_back = {}
    for direction in DIRECTIONS:
        z, to_x = affine(x, parameters[f"{direction}.Wx"], parameters[f"{direction}.b"], direction, workspace)
        fresh = begins if direction == "forward" else None if ends is None else ends[::-1]
        states, _, through_time = unroll(
            cell, parameters[f"{direction}.Wh"], _in_order(z, direction), state, direction, workspace, fresh
        )
        _half(y, direction)[...] = _in_order(states, direction)
        ways_back[direction] = to_x, through_time

    def back(dy: Array) -> tuple[Array, Parameters]:
        gradients: Parameters = {}
        dx = workspace.array("dx", T, B, D)
        dx[...] = 0.0
        for direction, (to_x, through_time) in ways_back.items():
            dz, dWh, _ = through_time(_in_order(_half(dy, direction), direction))
            dx_half, dWx, db = to_x(_in_order(dz, direction))
            dx += dx_half
            gradients |= {f"{direction}.Wx": dWx, f"{direction}.Wh": dWh, f"{direction}.b": db}
        return dx, gradients

    return y, back


def _in_order(array: Array, direction: str) -> Array:
    """The steps of (T, …) in the order in which they are read; twice is as before."""
    return array if direction == "forward" else array[::-1]


def _half(y: Array, direction: str) -> Array:
    """The columns of y (T, B, 2H) that belong to a direction."""
    H = y.shape[-1] // 2
    return y[..., :H] if direction == "forward" else y[..., H:]
