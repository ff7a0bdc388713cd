"""Back-propagation through time: the one loop over the steps of a window, for every cell.

z (T, B, G·H), state (S, B, H) → y (T, B, H) and the state after the last step (S, B, H). Where `fresh` (T, B) is
true, a stream begins anew: its state is cleared before the step, forward and back.
The gradient is exact inside the window; between windows only the state is carried (truncated BPTT, Williams and
Peng 1990).
"""

from typing import Protocol

import numpy as np

from charrnn.network.arrays import Array, Flags, Workspace
from charrnn.network.cells import Cell


class Back(Protocol):
    """The way back of a window."""

    def __call__(self, dy: Array, dlast: Array | None = None) -> tuple[Array, Array, Array]:
        """dy (T, B, H), and dlast (S, B, H) if something else reads the last state → dz, dWh, dstate."""


def unroll(
    cell: Cell, Wh: Array, z: Array, state: Array, name: str, workspace: Workspace, fresh: Flags | None = None
) -> tuple[Array, Array, Back]:
    """Run the cell over the window. Where a stream begins anew, its y of the step before is cleared too: no loss may
    ask for it.

    Returns y, the last state, and `back(dy, dlast) → dz (T, B, G·H), dWh (H, G·H), dstate (S, B, H)`, where dstate
    is the gradient of the state that the window began with. All of them are views of the workspace, and dstate is
    overwritten by the next call of any layer.
    """
    (T, B, _), (S, _, H) = z.shape, state.shape
    s = workspace.array(f"{name}.s", S, T + 1, B, H)
    s[:, 0] = state
    own = workspace.part(name)  # what a cell keeps for the way back
    step = cell.forward(Wh, z, s, own)
    cleared = {} if fresh is None else {int(t): np.flatnonzero(fresh[t]) for t in np.flatnonzero(fresh.any(axis=1))}
    for t in range(T):
        if t in cleared:
            s[:, t, cleared[t]] = 0.0
        step(t)

    def back(dy: Array, dlast: Array | None = None) -> tuple[Array, Array, Array]:
        ds = workspace.array("bptt.ds", S, B, H)
        ds[...] = 0.0 if dlast is None else dlast
        step_back = cell.backward(Wh, z, s, ds, own)
        for t in reversed(range(T)):
            np.add(ds[0], dy[t], out=ds[0])
            step_back(t)
            if t in cleared:
                ds[:, cleared[t]] = 0.0
        dz = z
        before = s[0, :T].reshape(T * B, H)  # h[t], paired with the dz[t] that it led to
        dWh = workspace.array(f"{name}.dWh", *Wh.shape)
        np.matmul(before.T, cell.recurrent_gradient(dz, own).reshape(T * B, -1), out=dWh)
        return dz, dWh, ds

    return s[0, 1:], s[:, T], back
