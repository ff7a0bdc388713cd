"""The simple recurrent cell (Elman 1990): h[t+1] = tanh(z[t] + h[t] @ Wh), with z[t] = x[t] @ Wx + b."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.products import thin_product


@dataclass(frozen=True)
class Tanh:
    gates: int = 1
    states: int = 1

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        h = s[0]
        r = workspace.array("tanh.r", *h.shape[1:])
        times_Wh = thin_product(Wh, r, "tanh.Wh", workspace)

        def step(t: int) -> None:
            times_Wh(h[t])
            np.add(r, z[t], out=r)
            np.tanh(r, out=h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        h, dh = s[0], ds[0]
        times_WhT = thin_product(Wh.T, dh, "tanh.WhT", workspace)
        np.square(h[1:], out=z)
        np.subtract(1.0, z, out=z)  # tanh' = 1 - tanh², for all steps

        def step_back(t: int) -> None:
            np.multiply(dh, z[t], out=z[t])  # dz[t]
            times_WhT(z[t])  # dh, one step earlier

        return step_back
