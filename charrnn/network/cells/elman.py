"""Simple recurrent cells (Elman 1990): h[t+1] = f(z[t] + h[t] @ Wh), with z[t] = x[t] @ Wx + b.

f is tanh, the rectifier max(0, ·), the logistic function or the identity; its slope is told from h alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.matmul import prepacked_matmul


@dataclass(frozen=True)
class Elman:
    """A cell with one state and no gates; what it computes is its subclasses'."""

    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    def activate(self, r: Array, out: Array) -> None:
        """f(r) → out; r (B, H) may be overwritten."""
        raise NotImplementedError

    def slope(self, h: Array, out: Array) -> None:
        """f' (T, B, H) at the place where f was h."""
        raise NotImplementedError

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        h, activate = s[0], self.activate
        r = workspace.array("elman.r", *h.shape[1:])
        times_Wh = prepacked_matmul(Wh, r, "elman.Wh", workspace)

        def step(t: int) -> None:
            times_Wh(h[t])
            np.add(r, z[t], out=r)
            activate(r, h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        dh = ds[0]
        times_WhT = prepacked_matmul(Wh.T, dh, "elman.WhT", workspace)
        self.slope(s[0, 1:], z)  # for all steps

        def step_back(t: int) -> None:
            np.multiply(dh, z[t], out=z[t])  # dz[t]
            times_WhT(z[t])  # dh, one step earlier

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        del workspace
        return dz

    def bias(self, H: int) -> Array:
        return np.zeros(H)


class Tanh(Elman):
    """tanh' = 1 - tanh²."""

    def activate(self, r: Array, out: Array) -> None:
        np.tanh(r, out=out)

    def slope(self, h: Array, out: Array) -> None:
        np.square(h, out=out)
        np.subtract(1.0, out, out=out)


class ReLU(Elman):
    """max(0, ·), whose slope is 1 where it is positive (Talathi and Vartak 2015; Le, Jaitly and Hinton 2015)."""

    def activate(self, r: Array, out: Array) -> None:
        np.maximum(r, 0.0, out=out)

    def slope(self, h: Array, out: Array) -> None:
        np.greater(h, 0.0, out=out)


class Sigmoid(Elman):
    """The logistic function σ; σ' = σ (1 - σ) ≤ 1/4."""

    def activate(self, r: Array, out: Array) -> None:
        logistic(r, out)

    def slope(self, h: Array, out: Array) -> None:
        np.square(h, out=out)
        np.subtract(h, out, out=out)


class Identity(Elman):
    """No activation: a linear recurrence."""

    def activate(self, r: Array, out: Array) -> None:
        np.copyto(out, r)

    def slope(self, h: Array, out: Array) -> None:
        del h
        out[...] = 1.0


def logistic(r: Array, out: Array) -> None:
    """σ(r) = (1 + tanh(r / 2)) / 2, without overflow and as fast as tanh; r may be out."""
    np.multiply(r, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1.0
    out *= 0.5
