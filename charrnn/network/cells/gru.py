"""The gated recurrent unit (Cho et al. 2014), in the form where the reset gate acts after the product with Wh.

    r, u = σ(z_r + q_r), σ(z_u + q_u)     n = tanh(z_n + r ⊙ q_n)      with z = x @ Wx + b, q = h @ Wh
    h' = (1 - u) ⊙ n + u ⊙ h

The columns of Wx, Wh and b are those of r, u and n, in this order. The form of the paper resets h before the product;
this one needs a single product a step (Chung et al. 2014 compare units of the kind; it is also that of cuDNN).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells.elman import logistic
from charrnn.network.products import thin_product


@dataclass(frozen=True)
class Gru:
    gates: ClassVar[int] = 3
    states: ClassVar[int] = 1

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Leaves r, u and n in z, and q_n of all steps in the workspace."""
        h, (T, B, _), H = s[0], z.shape, s.shape[-1]
        q, part = workspace.array("gru.q", B, 3 * H), workspace.array("gru.part", B, H)
        q_n = workspace.array("gru.q_n", T, B, H)
        times_Wh = thin_product(Wh, q, "gru.Wh", workspace)

        def step(t: int) -> None:
            gates, n = z[t, :, : 2 * H], z[t, :, 2 * H :]
            times_Wh(h[t])
            np.add(gates, q[:, : 2 * H], out=gates)
            logistic(gates, gates)
            np.copyto(q_n[t], q[:, 2 * H :])
            np.multiply(gates[:, :H], q_n[t], out=part)
            np.add(n, part, out=n)
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=part)
            np.multiply(gates[:, H:], part, out=part)
            np.add(n, part, out=h[t + 1])  # n + u ⊙ (h - n)

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """What each gate's slope does is worked out for all steps at once; a step is left with products."""
        h, dh, (T, B, _), H = s[0], ds[0], z.shape, s.shape[-1]
        r, u, n = (z[:, :, k * H : (k + 1) * H] for k in range(3))
        reset, update, left = (workspace.array(f"gru.{name}", T, B, H) for name in ("reset", "update", "left"))
        q_n, dq = workspace.array("gru.q_n", T, B, H), workspace.array("gru.dq", T, B, 3 * H)
        np.copyto(reset, r)
        np.copyto(update, u)
        np.subtract(1.0, r, out=left)
        r *= left
        r *= q_n  # dn/dz_r, up to tanh'
        np.subtract(1.0, u, out=left)
        u *= left
        np.subtract(h[:T], n, out=q_n)
        u *= q_n  # dh'/dz_u
        np.square(n, out=n)
        np.subtract(1.0, n, out=n)
        n *= left  # dh'/dz_n
        dh_before = workspace.array("gru.dh_before", B, H)
        times_WhT = thin_product(Wh.T, dh_before, "gru.WhT", workspace)

        def step_back(t: int) -> None:
            np.multiply(n[t], dh, out=n[t])
            np.multiply(r[t], n[t], out=r[t])
            np.multiply(u[t], dh, out=u[t])  # with the others: dz[t]
            np.copyto(dq[t, :, : 2 * H], z[t, :, : 2 * H])
            np.multiply(n[t], reset[t], out=dq[t, :, 2 * H :])
            times_WhT(dq[t])
            np.multiply(dh, update[t], out=dh)
            np.add(dh, dh_before, out=dh)

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        """dL/dq, which differs from dz in n: there it has passed the reset gate."""
        return workspace.array("gru.dq", *dz.shape)

    def bias(self, H: int) -> Array:
        return np.zeros(3 * H)
