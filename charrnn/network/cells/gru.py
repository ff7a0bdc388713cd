"""The gated recurrent unit (Cho et al. 2014), with the reset gate applied after the product with Wh.

    r, u = σ(z_r + q_r), σ(z_u + q_u)     n = tanh(z_n + r ⊙ q_n)      with z = x @ Wx + b, q = h @ Wh
    h' = (1 - u) ⊙ n + u ⊙ h

The columns of Wx, Wh and b are those of r, u and n, in this order. The paper resets h before the product; this form
needs one product per step, as in Chung et al. (2014) and cuDNN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells.elman import logistic
from charrnn.network.matmul import prepacked_matmul


@dataclass(frozen=True)
class GRU:
    """A cell with reset gate r, update gate u and candidate n."""

    gates: ClassVar[int] = 3
    states: ClassVar[int] = 1

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Return the step, which leaves r, u and n in z, and q_n of all steps in the workspace."""
        h, (T, B, _), H = s[0], z.shape, s.shape[-1]
        q, scratch = workspace.array("gru.q", B, 3 * H), workspace.array("gru.scratch", B, H)
        r_and_u = workspace.array("gru.r_and_u", B, 2 * H)
        r, u = r_and_u[:, :H], r_and_u[:, H:]
        q_n = workspace.array("gru.q_n", T, B, H)
        multiply_by_Wh = prepacked_matmul(Wh, q, "gru.Wh", workspace)

        def step(t: int) -> None:
            z_r_and_u, n = z[t, :, : 2 * H], z[t, :, 2 * H :]
            multiply_by_Wh(h[t])
            np.add(z_r_and_u, q[:, : 2 * H], out=r_and_u)
            logistic(r_and_u, r_and_u)
            np.copyto(z_r_and_u, r_and_u)
            np.copyto(q_n[t], q[:, 2 * H :])
            np.multiply(r, q_n[t], out=scratch)
            np.add(n, scratch, out=n)
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=scratch)
            np.multiply(u, scratch, out=scratch)
            np.add(n, scratch, out=h[t + 1])  # n + u ⊙ (h - n)

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """Return the backward step, which works on arrays (B, H), small enough to stay in the cache."""
        h, dh, (T, B, _), H = s[0], ds[0], z.shape, s.shape[-1]
        q_n, dq = workspace.array("gru.q_n", T, B, H), workspace.array("gru.dq", T, B, 3 * H)
        slope, dr_and_du = workspace.array("gru.slope", B, 2 * H), workspace.array("gru.dr_and_du", B, 2 * H)
        dr, du = dr_and_du[:, :H], dr_and_du[:, H:]
        scratch, dh_through_q = workspace.array("gru.scratch", B, H), workspace.array("gru.dh_through_q", B, H)
        multiply_by_WhT = prepacked_matmul(Wh.T, dh_through_q, "gru.WhT", workspace)

        def step_back(t: int) -> None:
            r, u, n = (z[t, :, k * H : (k + 1) * H] for k in range(3))
            r_and_u = z[t, :, : 2 * H]
            np.subtract(h[t], n, out=du)
            np.multiply(du, dh, out=du)
            np.square(n, out=n)
            np.subtract(1.0, n, out=n)
            np.subtract(1.0, u, out=scratch)
            np.multiply(n, scratch, out=n)
            np.multiply(n, dh, out=n)  # dz_n
            np.multiply(n, q_n[t], out=dr)
            np.multiply(n, r, out=dq[t, :, 2 * H :])
            np.multiply(dh, u, out=dh)
            np.square(r_and_u, out=slope)
            np.subtract(r_and_u, slope, out=slope)  # σ' = σ - σ²
            np.multiply(slope, dr_and_du, out=r_and_u)  # dz_r and dz_u
            np.copyto(dq[t, :, : 2 * H], r_and_u)
            multiply_by_WhT(dq[t])
            np.add(dh, dh_through_q, out=dh)

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        """Return dL/dq: dz, with the columns of n multiplied by the reset gate."""
        return workspace.array("gru.dq", *dz.shape)

    def bias(self, H: int) -> Array:
        return np.zeros(3 * H)
