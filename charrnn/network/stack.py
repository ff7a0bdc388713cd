"""The stack: L recurrent layers, each reading the one below, with dropout on what goes up.

z (T, B, G·H) of the first layer, state (L, S, B, H) → y (T, B, H) of the last layer and the new state.
"""

from typing import Protocol

import numpy as np

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Flags, Parameters, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import Cell


class Back(Protocol):
    """The way back of a window."""

    def __call__(self, dy: Array, dlast: Array | None = None) -> tuple[Array, Parameters, Array]:
        """dy (T, B, H), and dlast (L, S, B, H) if something else reads the last state → dz, gradients, dstate."""


def run_stack(
    cell: Cell,
    parameters: Parameters,
    z: Array,
    state: Array,
    masks: Array | None,
    workspace: Workspace,
    fresh: Flags | None = None,
) -> tuple[Array, Array, Back]:
    """Run all layers over the window.

    `masks` (L, B, H) multiply what each layer hands up, the same at every step of the window (Gal and Ghahramani
    2016); None is no dropout. `fresh` (T, B) says where streams begin anew. Returns y, the new state (an array of its
    own), and `back(dy, dlast) → dz of the first layer, gradients, dstate (L, S, B, H)`, which writes over dy if there
    are masks; of the first layer only `Wh` is among the gradients, Wx and b are whose that made z.
    """
    L = len(state)
    ways_back, new_state = [], np.empty_like(state)
    y = z
    for l in range(L):
        name = f"layers.{l}"
        to_z = None
        if l > 0:
            z, to_z = affine(y, parameters[f"{name}.Wx"], parameters[f"{name}.b"], name, workspace)
        y, new_state[l], through_time = unroll(cell, parameters[f"{name}.Wh"], z, state[l], name, workspace, fresh)
        if masks is not None:
            y = np.multiply(y, masks[l], out=workspace.array(f"{name}.dropped", *y.shape))
        ways_back.append((to_z, through_time))

    def back(dy: Array, dlast: Array | None = None) -> tuple[Array, Parameters, Array]:
        gradients: Parameters = {}
        dstate = np.empty_like(state)
        dz = dy
        for l in reversed(range(L)):
            to_z, through_time = ways_back[l]
            if masks is not None:
                np.multiply(dy, masks[l], out=dy)
            dz, gradients[f"layers.{l}.Wh"], dstate[l] = through_time(dy, None if dlast is None else dlast[l])
            if to_z is not None:
                dy, gradients[f"layers.{l}.Wx"], gradients[f"layers.{l}.b"] = to_z(dz)
        return dz, gradients, dstate

    return y, new_state, back
