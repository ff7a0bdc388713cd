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
from charrnn.network.matmul import prepacked_matmul


@dataclass(frozen=True)
class LSTM:
    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        """Leaves i, f, o and g in z, and tanh(c') of all steps in the workspace."""
        (h, c), (T, B, _), H = s, z.shape, s.shape[-1]
        r, ig = workspace.array("lstm.r", B, 4 * H), workspace.array("lstm.ig", B, H)
        tanh_c, (half, shift) = workspace.array("lstm.tanh_c", T, B, H), _halves(H, workspace)
        times_Wh = prepacked_matmul(Wh, r, "lstm.Wh", workspace)

        def step(t: int) -> None:
            all_four = z[t]
            times_Wh(h[t])
            np.add(all_four, r, out=all_four)
            np.multiply(all_four, half, out=all_four)
            np.tanh(all_four, out=all_four)
            np.multiply(all_four, half, out=all_four)
            np.add(all_four, shift, out=all_four)
            i, f, o, g = (all_four[:, k * H : (k + 1) * H] for k in range(4))
            np.multiply(i, g, out=ig)
            np.multiply(f, c[t], out=c[t + 1])
            np.add(c[t + 1], ig, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        """A step works on (B, 4H) at a time, so that all it touches stays in the cache."""
        (T, B, _), H, c, (dh, dc) = z.shape, s.shape[-1], s[1], ds
        tanh_c, (_, shift) = workspace.array("lstm.tanh_c", T, B, H), _halves(H, workspace)
        slope, error = workspace.array("lstm.slope", B, 4 * H), workspace.array("lstm.error", B, 4 * H)
        of_i, of_f, of_o, of_g = (error[:, k * H : (k + 1) * H] for k in range(4))
        part, gate = workspace.array("lstm.part", B, H), 2.0 * shift
        no_gate = 1.0 - gate
        times_WhT = prepacked_matmul(Wh.T, dh, "lstm.WhT", workspace)

        def step_back(t: int) -> None:
            all_four = z[t]
            i, f, o, g = (all_four[:, k * H : (k + 1) * H] for k in range(4))
            np.square(tanh_c[t], out=part)
            np.subtract(1.0, part, out=part)
            np.multiply(part, dh, out=part)
            np.multiply(part, o, out=part)
            np.add(dc, part, out=dc)  # dc' += dh' ⊙ o ⊙ (1 - tanh²)
            np.multiply(dc, g, out=of_i)
            np.multiply(dc, c[t], out=of_f)
            np.multiply(dh, tanh_c[t], out=of_o)
            np.multiply(dc, i, out=of_g)
            np.multiply(dc, f, out=dc)  # one step earlier
            np.multiply(all_four, gate, out=slope)
            np.square(all_four, out=all_four)
            np.subtract(slope, all_four, out=slope)  # σ' = σ - σ², and for g what is missing to
            np.add(slope, no_gate, out=slope)  # tanh' = 1 - tanh²
            np.multiply(slope, error, out=all_four)  # dz[t]
            times_WhT(all_four)

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        del workspace
        return dz

    def bias(self, H: int) -> Array:
        b = np.zeros(4 * H)
        b[H : 2 * H] = 1.0
        return b


def _halves(H: int, workspace: Workspace) -> tuple[Array, Array]:
    """The factor (4H,) before tanh and after it, and what is added then: σ(z) = ½ tanh(½ z) + ½, and g as it is."""
    half, shift = workspace.array("lstm.half", 4 * H), workspace.array("lstm.shift", 4 * H)
    half[: 3 * H], half[3 * H :] = 0.5, 1.0
    shift[: 3 * H], shift[3 * H :] = 0.5, 0.0
    return half, shift
