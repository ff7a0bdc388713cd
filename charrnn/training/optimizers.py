"""Optimizers: weights, gradients and moments in; weights and moments changed in place.

An optimizer is frozen data: its constants. What it remembers is a dict of arrays like the weights, named
`{moment}.{weight}`, so that a file can hold it. Every rule works piece by piece, so that a piece of all the
arrays it touches stays in the cache. In order of increasing complexity.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from charrnn.network.arrays import Array, Parameters

PIECE = 1 << 15
"""Entries of an array that are worked on at a time."""


class Optimizer(Protocol):
    """One rule to change weights by."""

    moments: ClassVar[tuple[str, ...]]

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        """Change parameters and moments in place; `step` counts updates from 1."""


def fresh_moments(optimizer: Optimizer, parameters: Parameters) -> Parameters:
    """Moments of zero, as before the first update."""
    return {f"{moment}.{name}": np.zeros_like(w) for moment in optimizer.moments for name, w in parameters.items()}


def _pieces(
    optimizer: Optimizer, parameters: Parameters, gradients: Parameters, moments: Parameters
) -> Iterator[tuple[Array, ...]]:
    """(w, g, scratch, *moments) for each piece of each weight, as flat views."""
    scratch = np.empty(PIECE, next(iter(parameters.values())).dtype)
    for name, w in parameters.items():
        arrays = [w, gradients[name], *(moments[f"{moment}.{name}"] for moment in optimizer.moments)]
        flat = [array.reshape(-1) for array in arrays]
        for start in range(0, w.size, PIECE):
            w_piece, g_piece, *rest = (array[start : start + PIECE] for array in flat)
            yield w_piece, g_piece, scratch[: w_piece.size], *rest


@dataclass(frozen=True)
class SGD:
    """w ← w - rate · g."""

    moments: ClassVar[tuple[str, ...]] = ()

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s in _pieces(self, parameters, gradients, moments):
            w -= np.multiply(g, rate, out=s)


@dataclass(frozen=True)
class Momentum:
    """v ← μ v + g; w ← w - rate · v (Polyak 1964)."""

    mu: float = 0.9
    moments: ClassVar[tuple[str, ...]] = ("v",)

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s, v in _pieces(self, parameters, gradients, moments):
            v *= self.mu
            v += g
            w -= np.multiply(v, rate, out=s)


@dataclass(frozen=True)
class Adagrad:
    """G ← G + g²; w ← w - rate · g / (√G + ε) (Duchi, Hazan and Singer 2011)."""

    epsilon: float = 1e-8
    moments: ClassVar[tuple[str, ...]] = ("G",)

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s, total in _pieces(self, parameters, gradients, moments):
            total += np.square(g, out=s)
            w -= _scaled(g, total, self.epsilon, rate, s)


@dataclass(frozen=True)
class RMSprop:
    """G ← ρ G + (1 - ρ) g²; w ← w - rate · g / (√G + ε) (Tieleman and Hinton 2012)."""

    rho: float = 0.95
    epsilon: float = 1e-8
    moments: ClassVar[tuple[str, ...]] = ("G",)

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s, mean in _pieces(self, parameters, gradients, moments):
            _average_square(mean, g, self.rho, s)
            w -= _scaled(g, mean, self.epsilon, rate, s)


@dataclass(frozen=True)
class Adam:
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; w ← w - rate · m̂ / (√v̂ + ε) (Kingma and Ba 2015).

    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ); both corrections are folded into the rate and ε.
    """

    beta1: float = 0.9
    beta2: float = 0.99
    epsilon: float = 1e-8
    moments: ClassVar[tuple[str, ...]] = ("m", "v")

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        correction = math.sqrt(1.0 - self.beta2**step)
        rate, epsilon = rate * correction / (1.0 - self.beta1**step), self.epsilon * correction
        for w, g, s, m, v in _pieces(self, parameters, gradients, moments):
            m *= self.beta1
            m += np.multiply(g, 1.0 - self.beta1, out=s)
            _average_square(v, g, self.beta2, s)
            w -= _scaled(m, v, epsilon, rate, s)


def _average_square(mean: Array, g: Array, decay: float, s: Array) -> None:
    """mean ← decay · mean + (1 - decay) · g²."""
    mean *= decay
    np.square(g, out=s)
    s *= 1.0 - decay
    mean += s


def _scaled(direction: Array, square: Array, epsilon: float, rate: float, s: Array) -> Array:
    """rate · direction / (√square + ε), in the scratch array."""
    np.sqrt(square, out=s)
    s += epsilon
    np.divide(direction, s, out=s)
    s *= rate
    return s


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": SGD(),
    "momentum": Momentum(),
    "adagrad": Adagrad(),
    "rmsprop": RMSprop(),
    "adam": Adam(),
}
