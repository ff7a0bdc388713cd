"""Optimizers, in order of increasing complexity; each changes weights and moments in place.

An optimizer is frozen data: its constants. Its moments are a dict of arrays with the shapes of the weights, named
`{moment}.{weight}`, so that they can be saved in a file. Each rule updates PIECE entries at a time, so that these
entries of all arrays stay in the cache.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from charrnn.config import TrainingConfig
from charrnn.network.arrays import Array, Parameters

PIECE = 1 << 15
"""Entries of an array that are updated at a time."""


@dataclass(frozen=True)
class Optimizer(ABC):
    """Rule that updates weights, with decoupled weight decay (Loshchilov and Hutter 2019) if that is not 0.

    The decay is w ← w - rate · weight_decay · w, for matrices and not for biases.
    """

    weight_decay: float = field(default=0.0, kw_only=True)
    moments: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        """Change parameters and moments in place; `step` counts updates from 1."""

    def _pieces(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float
    ) -> Iterator[tuple[Array, ...]]:
        """Yield (w, g, scratch, *moments) for each piece of each weight array, as flat views, after weight decay."""
        scratch = np.empty(PIECE, next(iter(parameters.values())).dtype)
        for name, w in parameters.items():
            decays = self.weight_decay != 0.0 and w.ndim > 1
            arrays = [w, gradients[name], *(moments[f"{moment}.{name}"] for moment in self.moments)]
            flat = [array.reshape(-1) for array in arrays]
            for start in range(0, w.size, PIECE):
                w_piece, g_piece, *moment_pieces = (array[start : start + PIECE] for array in flat)
                if decays:
                    w_piece *= 1.0 - rate * self.weight_decay
                yield w_piece, g_piece, scratch[: w_piece.size], *moment_pieces


def initial_moments(optimizer: Optimizer, parameters: Parameters) -> Parameters:
    """Return moments of zero, by name."""
    return {f"{moment}.{name}": np.zeros_like(w) for moment in optimizer.moments for name, w in parameters.items()}


@dataclass(frozen=True)
class SGD(Optimizer):
    """w ← w - rate · g."""

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s in self._pieces(parameters, gradients, moments, rate):
            w -= np.multiply(g, rate, out=s)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← μ v + g; w ← w - rate · v (Polyak 1964)."""

    mu: float = 0.9
    moments: ClassVar[tuple[str, ...]] = ("v",)

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s, v in self._pieces(parameters, gradients, moments, rate):
            v *= self.mu
            v += g
            w -= np.multiply(v, rate, out=s)


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """G ← G + g²; w ← w - rate · g / (√G + ε) (Duchi, Hazan and Singer 2011)."""

    epsilon: float = 1e-8
    moments: ClassVar[tuple[str, ...]] = ("G",)

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s, total in self._pieces(parameters, gradients, moments, rate):
            total += np.square(g, out=s)
            w -= _scaled(g, total, self.epsilon, rate, s)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """G ← ρ G + (1 - ρ) g²; w ← w - rate · g / (√G + ε) (Tieleman and Hinton 2012)."""

    rho: float = 0.95
    epsilon: float = 1e-8
    moments: ClassVar[tuple[str, ...]] = ("G",)

    def update(
        self, parameters: Parameters, gradients: Parameters, moments: Parameters, rate: float, step: int
    ) -> None:
        del step
        for w, g, s, mean in self._pieces(parameters, gradients, moments, rate):
            _average_square(mean, g, self.rho, s)
            w -= _scaled(g, mean, self.epsilon, rate, s)


@dataclass(frozen=True)
class Adam(Optimizer):
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
        corrected_rate, epsilon = rate * correction / (1.0 - self.beta1**step), self.epsilon * correction
        for w, g, s, m, v in self._pieces(parameters, gradients, moments, rate):
            m *= self.beta1
            m += np.multiply(g, 1.0 - self.beta1, out=s)
            _average_square(v, g, self.beta2, s)
            w -= _scaled(m, v, epsilon, corrected_rate, s)


def _average_square(mean: Array, g: Array, decay: float, s: Array) -> None:
    """Set mean ← decay · mean + (1 - decay) · g²."""
    mean *= decay
    np.square(g, out=s)
    s *= 1.0 - decay
    mean += s


def _scaled(direction: Array, square: Array, epsilon: float, rate: float, s: Array) -> Array:
    """Return rate · direction / (√square + ε), in the scratch array s."""
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


def make_optimizer(training: TrainingConfig) -> Optimizer:
    """Return the optimizer that a run is trained with."""
    return replace(OPTIMIZERS[training.optimizer], weight_decay=training.weight_decay)
