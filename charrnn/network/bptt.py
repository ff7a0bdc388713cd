"""Back-propagation through time: the one loop over the steps of a window, for every cell.

z (T, B, G·H), state (S, B, H) → y (T, B, H) and the state after the last step (S, B, H). The gradient is exact within
the window; between windows only the state is carried (truncated BPTT, Williams and Peng 1990).
"""

import numpy as np

from charrnn.network.arrays import Array, Backward, Gradients, Ids, Mask, Parameters, Workspace
from charrnn.network.cells import Cell


def unroll(
    cell: Cell,
    parameters: Parameters,
    name: str,
    z: Array,
    state: Array,
    workspace: Workspace,
    resets: Mask | None = None,
) -> tuple[Array, Array, Backward]:
    """Run the cell of the layer `name` over a window; return y, the last state, and the backward function.

    The backward function gives dz (T, B, G·H), the gradient of `{name}.Wh`, and the gradient (S, B, H) of the initial
    state; the latter is overwritten by the next layer. Everything returned is a view of the workspace.

    Where `resets` (T, B) is true, the state of a stream is cleared before the step, and no gradient passes through
    it. This also clears y of the previous step, so that no loss may depend on that y.
    """
    Wh, (T, B, _), (S, _, H) = parameters[f"{name}.Wh"], z.shape, state.shape
    s = workspace.array(f"{name}.s", S, T + 1, B, H)
    s[:, 0] = state
    cell_workspace = workspace.part(name)  # keeps arrays from the forward to the backward loop
    step = cell.forward(Wh, z, s, cell_workspace)
    streams_to_reset = {} if resets is None else {int(t): np.flatnonzero(resets[t]) for t in rows_with_any(resets)}
    for t in range(T):
        if t in streams_to_reset:
            s[:, t, streams_to_reset[t]] = 0.0
        step(t)

    def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
        ds = workspace.array("bptt.ds", S, B, H)
        ds[...] = 0.0 if dlast is None else dlast
        step_back = cell.backward(Wh, z, s, ds, cell_workspace)
        for t in reversed(range(T)):
            np.add(ds[0], dy[t], out=ds[0])
            step_back(t)
            if t in streams_to_reset:
                ds[:, streams_to_reset[t]] = 0.0
        dz = z
        previous_h = s[0, :T].reshape(T * B, H)  # h[t], paired with dz[t], to which it contributed
        dWh = workspace.array(f"{name}.dWh", *Wh.shape)
        np.matmul(previous_h.T, cell.recurrent_gradient(dz, cell_workspace).reshape(T * B, -1), out=dWh)
        return Gradients(dz, {f"{name}.Wh": dWh}, ds)

    return s[0, 1:], s[:, T], backward


def rows_with_any(mask: Mask) -> Ids:
    """Return the indices of the rows of a mask (T, B) that have a true entry."""
    return np.flatnonzero(mask.any(axis=1))
