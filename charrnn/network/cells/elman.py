"""Simple recurrent cells (Elman 1990): h[t+1] = f(z[t] + h[t] @ Wh), with z[t] = x[t] @ Wx + b.

f is tanh, the rectifier max(0, ·), the logistic function or the identity. Its slope is a function of h alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.network.arrays import Array, Workspace
from charrnn.network.matmul import prepacked_matmul


@dataclass(frozen=True)
class Elman:
    """Base of the cells with one state and no gates. A subclass defines f and its slope."""

    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    def activate(self, a: Array, out: Array) -> None:
        """Write f(a) to out; both are (B, H), and a may be overwritten."""
        raise NotImplementedError

    def slope(self, h: Array, out: Array) -> None:
        """Write f'(a) to out, computed from h = f(a); both are (T, B, H)."""
        raise NotImplementedError

    def forward(self, Wh: Array, z: Array, s: Array, workspace: Workspace) -> Callable[[int], None]:
        h, activate = s[0], self.activate
        a = workspace.array("elman.a", *h.shape[1:])
        multiply_by_Wh = prepacked_matmul(Wh, a, "elman.Wh", workspace)

        def step(t: int) -> None:
            multiply_by_Wh(h[t])
            np.add(a, z[t], out=a)
            activate(a, h[t + 1])

        return step

    def backward(self, Wh: Array, z: Array, s: Array, ds: Array, workspace: Workspace) -> Callable[[int], None]:
        dh = ds[0]
        multiply_by_WhT = prepacked_matmul(Wh.T, dh, "elman.WhT", workspace)
        self.slope(s[0, 1:], z)  # for all steps at once

        def step_back(t: int) -> None:
            np.multiply(dh, z[t], out=z[t])  # dz[t]
            multiply_by_WhT(z[t])  # dh of the previous step

        return step_back

    def recurrent_gradient(self, dz: Array, workspace: Workspace) -> Array:
        del workspace
        return dz

    def bias(self, H: int) -> Array:
        return np.zeros(H)


class Tanh(Elman):
    """tanh, with slope 1 - tanh²."""

    def activate(self, a: Array, out: Array) -> None:
        np.tanh(a, out=out)

    def slope(self, h: Array, out: Array) -> None:
        np.square(h, out=out)
        np.subtract(1.0, out, out=out)


class ReLU(Elman):
    """max(0, ·), with slope 1 where it is positive, else 0 (Le, Jaitly and Hinton 2015; Talathi and Vartak 2015)."""

    def activate(self, a: Array, out: Array) -> None:
        np.maximum(a, 0.0, out=out)

    def slope(self, h: Array, out: Array) -> None:
        np.greater(h, 0.0, out=out)


class Sigmoid(Elman):
    """The logistic function σ, with slope σ (1 - σ) ≤ 1/4."""

    def activate(self, a: Array, out: Array) -> None:
        logistic(a, out)

    def slope(self, h: Array, out: Array) -> None:
        np.square(h, out=out)
        np.subtract(h, out, out=out)


class Identity(Elman):
    """No activation: a linear recurrence, with slope 1."""

    def activate(self, a: Array, out: Array) -> None:
        np.copyto(out, a)

    def slope(self, h: Array, out: Array) -> None:
        del h
        out[...] = 1.0


def logistic(a: Array, out: Array) -> None:
    """Write σ(a) = (1 + tanh(a / 2)) / 2 to out, without overflow and as fast as tanh; out may be a."""
    np.multiply(a, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1.0
    out *= 0.5
