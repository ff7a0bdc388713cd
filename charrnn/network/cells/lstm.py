"""Long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers et al. (2000).

    i, f, o = σ(z_i), σ(z_f), σ(z_o)      g = tanh(z_g)      with z = x @ Wx + b + h @ Wh
    c' = f ⊙ c + i ⊙ g                    h' = o ⊙ tanh(c')

The columns of Wx, Wh and b are those of i, f, g and o, in this order. The states are h and c. The bias of the forget
gate begins at 1, so that what is remembered stays at first (Jozefowicz et al. 2015).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells.elman import logistic
from charrnn.network.products import thin_product


@dataclass(frozen=True)
class Lstm:
    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Leaves the gates, after their activations, in z."""
        (h, c), (_, B, H) = s, s.shape[1:]
        r = workspace.array("lstm.r", B, 4 * H)
        ig, tanh_c = workspace.array("lstm.ig", B, H), workspace.array("lstm.tanh_c", B, H)
        times_Wh = thin_product(Wh, r, "lstm.Wh", workspace)

        def step(t: int) -> None:
            gates = z[t]
            i, f, g, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
            times_Wh(h[t])
            np.add(gates, r, out=gates)
            logistic(gates[:, : 2 * H], gates[:, : 2 * H])
            np.tanh(g, out=g)
            logistic(o, o)
            np.multiply(i, g, out=ig)
            np.multiply(f, c[t], out=c[t + 1])
            np.add(c[t + 1], ig, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c)
            np.multiply(o, tanh_c, out=h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """What each gate's slope does is worked out for all steps at once; a step is left with products."""
        (T, B, _), H, c, (dh, dc) = z.shape, s.shape[-1], s[1], ds
        i, f, g, o = (z[:, :, k * H : (k + 1) * H] for k in range(4))
        forget, tanh_c, into_c = (workspace.array(f"lstm.{name}", T, B, H) for name in ("forget", "tanh", "into_c"))
        kept, part = workspace.array("lstm.kept", T, B, H), workspace.array("lstm.part", B, H)
        np.copyto(forget, f)
        np.tanh(c[1:], out=tanh_c)
        np.square(tanh_c, out=into_c)
        np.subtract(1.0, into_c, out=into_c)
        into_c *= o  # dh'/dc'
        np.subtract(1.0, o, out=kept)
        o *= kept
        o *= tanh_c  # dh'/dz_o
        np.subtract(1.0, f, out=kept)
        f *= kept
        f *= c[:T]  # dc'/dz_f
        np.copyto(kept, i)
        np.subtract(1.0, i, out=tanh_c)
        i *= tanh_c
        i *= g  # dc'/dz_i
        np.square(g, out=g)
        np.subtract(1.0, g, out=g)
        g *= kept  # dc'/dz_g
        times_WhT = thin_product(Wh.T, dh, "lstm.WhT", workspace)
        of_c = z[:, :, : 3 * H].reshape(T, B, 3, H)

        def step_back(t: int) -> None:
            np.multiply(dh, into_c[t], out=part)
            np.add(dc, part, out=dc)
            np.multiply(of_c[t], dc[:, None], out=of_c[t])
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
