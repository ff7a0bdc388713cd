"""Long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers et al. (2000).

    i, f, o = σ(z_i), σ(z_f), σ(z_o)      g = tanh(z_g)      with z = x @ Wx + b + h @ Wh
    c' = f ⊙ c + i ⊙ g                    h' = o ⊙ tanh(c')

The columns of Wx, Wh and b are those of i, f, o and g, in this order. The states are h and c. The bias of the forget
gate begins at 1, so that what is remembered stays at first (Jozefowicz et al. 2015).

σ(z) = (1 + tanh(z / 2)) / 2, so that with the inputs of the three gates halved, one tanh a step does for all four.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.products import thin_product


@dataclass(frozen=True)
class Lstm:
    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Leaves i, f, o and g in z, and tanh(c') of all steps in the workspace."""
        (h, c), (T, B, _), H = s, z.shape, s.shape[-1]
        r, ig = workspace.array("lstm.r", B, 4 * H), workspace.array("lstm.ig", B, H)
        tanh_c, halved = workspace.array("lstm.tanh_c", T, B, H), workspace.array("lstm.halved", H, 4 * H)
        np.copyto(halved, Wh)
        halved[:, : 3 * H] *= 0.5
        times_Wh = thin_product(halved, r, "lstm.Wh", workspace)

        def step(t: int) -> None:
            all_four = z[t]
            gates = all_four[:, : 3 * H]
            times_Wh(h[t])
            np.multiply(gates, 0.5, out=gates)
            np.add(all_four, r, out=all_four)
            np.tanh(all_four, out=all_four)
            np.multiply(gates, 0.5, out=gates)
            np.add(gates, 0.5, out=gates)
            np.multiply(gates[:, :H], all_four[:, 3 * H :], out=ig)
            np.multiply(gates[:, H : 2 * H], c[t], out=c[t + 1])
            np.add(c[t + 1], ig, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(gates[:, 2 * H :], tanh_c[t], out=h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """What each gate's slope does is worked out for all steps at once; a step is left with products."""
        (T, B, _), H, c, (dh, dc) = z.shape, s.shape[-1], s[1], ds
        i, f, o, g = (z[:, :, k * H : (k + 1) * H] for k in range(4))
        forget, into_c, ig = (workspace.array(f"lstm.{name}", T, B, H) for name in ("forget", "into_c", "ig"))
        tanh_c, shut = workspace.array("lstm.tanh_c", T, B, H), workspace.array("lstm.shut", T, B, 3 * H)
        np.copyto(forget, f)
        np.square(tanh_c, out=into_c)
        np.subtract(1.0, into_c, out=into_c)
        into_c *= o  # dh'/dc'
        np.multiply(i, g, out=ig)
        np.square(g, out=g)
        np.subtract(1.0, g, out=g)
        g *= i  # dc'/dz_g
        np.subtract(1.0, z[:, :, : 3 * H], out=shut)
        np.multiply(ig, shut[:, :, :H], out=i)  # dc'/dz_i
        np.multiply(f, c[:T], out=f)
        f *= shut[:, :, H : 2 * H]  # dc'/dz_f
        np.multiply(o, tanh_c, out=o)
        o *= shut[:, :, 2 * H :]  # dh'/dz_o
        part = workspace.array("lstm.part", B, H)
        times_WhT = thin_product(Wh.T, dh, "lstm.WhT", workspace)
        of_c = z[:, :, : 2 * H].reshape(T, B, 2, H)

        def step_back(t: int) -> None:
            np.multiply(dh, into_c[t], out=part)
            np.add(dc, part, out=dc)
            np.multiply(of_c[t], dc[:, None], out=of_c[t])
            np.multiply(g[t], dc, out=g[t])
            np.multiply(o[t], dh, out=o[t])  # with the others: dz[t]
            np.multiply(dc, forget[t], out=dc)
            times_WhT(z[t])

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        del workspace
        return dz

    def bias(self, H: int) -> Array:
        b = np.zeros(4 * H)
        b[H : 2 * H] = 1.0
        return b
