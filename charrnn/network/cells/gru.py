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
from charrnn.network.matmul import prepacked_matmul


@dataclass(frozen=True)
class GRU:
    gates: ClassVar[int] = 3
    states: ClassVar[int] = 1

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Leaves r, u and n in z, and q_n of all steps in the workspace."""
        h, (T, B, _), H = s[0], z.shape, s.shape[-1]
        q, part = workspace.array("gru.q", B, 3 * H), workspace.array("gru.part", B, H)
        both = workspace.array("gru.both", B, 2 * H)
        q_n = workspace.array("gru.q_n", T, B, H)
        times_Wh = prepacked_matmul(Wh, q, "gru.Wh", workspace)

        def step(t: int) -> None:
            gates, n = z[t, :, : 2 * H], z[t, :, 2 * H :]
            times_Wh(h[t])
            np.add(gates, q[:, : 2 * H], out=both)
            logistic(both, both)
            np.copyto(gates, both)
            np.copyto(q_n[t], q[:, 2 * H :])
            np.multiply(both[:, :H], q_n[t], out=part)
            np.add(n, part, out=n)
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=part)
            np.multiply(both[:, H:], part, out=part)
            np.add(n, part, out=h[t + 1])  # n + u ⊙ (h - n)

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """A step works on (B, H) at a time, so that all it touches stays in the cache."""
        h, dh, (T, B, _), H = s[0], ds[0], z.shape, s.shape[-1]
        q_n, dq = workspace.array("gru.q_n", T, B, H), workspace.array("gru.dq", T, B, 3 * H)
        slope, error = workspace.array("gru.slope", B, 2 * H), workspace.array("gru.error", B, 2 * H)
        of_r, of_u = error[:, :H], error[:, H:]
        part, dh_before = workspace.array("gru.part", B, H), workspace.array("gru.dh_before", B, H)
        times_WhT = prepacked_matmul(Wh.T, dh_before, "gru.WhT", workspace)

        def step_back(t: int) -> None:
            r, u, n = (z[t, :, k * H : (k + 1) * H] for k in range(3))
            gates = z[t, :, : 2 * H]
            np.subtract(h[t], n, out=of_u)
            np.multiply(of_u, dh, out=of_u)
            np.square(n, out=n)
            np.subtract(1.0, n, out=n)
            np.subtract(1.0, u, out=part)
            np.multiply(n, part, out=n)
            np.multiply(n, dh, out=n)  # dz_n
            np.multiply(n, q_n[t], out=of_r)
            np.multiply(n, r, out=dq[t, :, 2 * H :])
            np.multiply(dh, u, out=dh)
            np.square(gates, out=slope)
            np.subtract(gates, slope, out=slope)  # σ' = σ - σ²
            np.multiply(slope, error, out=gates)  # dz of r and u
            np.copyto(dq[t, :, : 2 * H], gates)
            times_WhT(dq[t])
            np.add(dh, dh_before, out=dh)

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        """dL/dq, which differs from dz in n: there it has passed the reset gate."""
        return workspace.array("gru.dq", *dz.shape)

    def bias(self, H: int) -> Array:
        return np.zeros(3 * H)
