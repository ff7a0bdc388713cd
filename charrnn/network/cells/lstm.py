"""Long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers et al. (2000).

    i, f, o = σ(z_i), σ(z_f), σ(z_o)      g = tanh(z_g)      with z = x @ Wx + b + h @ Wh
    c' = f ⊙ c + i ⊙ g                    h' = o ⊙ tanh(c')

The columns of Wx, Wh and b are those of i, f, o and g, in this order. The states are h and c. The initial bias of the
forget gate is 1, so that an untrained cell keeps its memory (Jozefowicz et al. 2015).

σ(z) = ½ tanh(½ z) + ½, so that one tanh per step over all four arrays, scaled before and after, computes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.matmul import prepacked_matmul


@dataclass(frozen=True)
class LSTM:
    """A cell with input gate i, forget gate f, output gate o, candidate g and memory c."""

    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Return the step, which leaves i, f, o and g in z, and tanh(c') of all steps in the workspace."""
        (h, c), (T, B, _), H = s, z.shape, s.shape[-1]
        q, ig = workspace.array("lstm.q", B, 4 * H), workspace.array("lstm.ig", B, H)
        tanh_c, (scale, shift) = workspace.array("lstm.tanh_c", T, B, H), _scale_and_shift(H, workspace)
        multiply_by_Wh = prepacked_matmul(Wh, q, "lstm.Wh", workspace)

        def step(t: int) -> None:
            ifog = z[t]
            multiply_by_Wh(h[t])
            np.add(ifog, q, out=ifog)
            np.multiply(ifog, scale, out=ifog)
            np.tanh(ifog, out=ifog)
            np.multiply(ifog, scale, out=ifog)
            np.add(ifog, shift, out=ifog)
            i, f, o, g = (ifog[:, k * H : (k + 1) * H] for k in range(4))
            np.multiply(i, g, out=ig)
            np.multiply(f, c[t], out=c[t + 1])
            np.add(c[t + 1], ig, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """Return the backward step, which works on arrays (B, 4H), small enough to stay in the cache."""
        (T, B, _), H, c, (dh, dc) = z.shape, s.shape[-1], s[1], ds
        tanh_c, (_, shift) = workspace.array("lstm.tanh_c", T, B, H), _scale_and_shift(H, workspace)
        slope, difog = workspace.array("lstm.slope", B, 4 * H), workspace.array("lstm.difog", B, 4 * H)
        di, df, do, dg = (difog[:, k * H : (k + 1) * H] for k in range(4))
        scratch, is_gate = workspace.array("lstm.scratch", B, H), 2.0 * shift  # 1 for i, f and o, 0 for g
        is_candidate = 1.0 - is_gate
        multiply_by_WhT = prepacked_matmul(Wh.T, dh, "lstm.WhT", workspace)

        def step_back(t: int) -> None:
            ifog = z[t]
            i, f, o, g = (ifog[:, k * H : (k + 1) * H] for k in range(4))
            np.square(tanh_c[t], out=scratch)
            np.subtract(1.0, scratch, out=scratch)
            np.multiply(scratch, dh, out=scratch)
            np.multiply(scratch, o, out=scratch)
            np.add(dc, scratch, out=dc)  # dc' += dh' ⊙ o ⊙ (1 - tanh²)
            np.multiply(dc, g, out=di)
            np.multiply(dc, c[t], out=df)
            np.multiply(dh, tanh_c[t], out=do)
            np.multiply(dc, i, out=dg)
            np.multiply(dc, f, out=dc)  # dc of the previous step
            np.multiply(ifog, is_gate, out=slope)
            np.square(ifog, out=ifog)
            np.subtract(slope, ifog, out=slope)  # σ - σ², the slope of i, f and o, and -tanh²
            np.add(slope, is_candidate, out=slope)  # 1 - tanh², the slope of g
            np.multiply(slope, difog, out=ifog)  # dz[t]
            multiply_by_WhT(ifog)

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        del workspace
        return dz

    def bias(self, H: int) -> Array:
        b = np.zeros(4 * H)
        b[H : 2 * H] = 1.0
        return b


def _scale_and_shift(H: int, workspace: Workspace) -> tuple[Array, Array]:
    """Return the factor (4H,) before and after tanh, and the term (4H,) added last: ½ and ½ for σ, 1 and 0 for g."""
    scale, shift = workspace.array("lstm.scale", 4 * H), workspace.array("lstm.shift", 4 * H)
    scale[: 3 * H], scale[3 * H :] = 0.5, 1.0
    shift[: 3 * H], shift[3 * H :] = 0.5, 0.0
    return scale, shift
