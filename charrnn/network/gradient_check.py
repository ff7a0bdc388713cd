"""The gradient check: comparison of back-propagated gradients with central differences of the loss, entry by entry.

Arrays by name, and a loss that is a function of them → `GradientCheck`. The arrays may be weights, inputs or an
initial state; the check does not depend on the layers. All arrays are float64.

With n the numerical and a the analytic gradient, a check passes if ‖n - a‖ / (‖n‖ + ‖a‖) < 1e-8 over all entries and
|n - a| < 1e-8 + 1e-6·|n| for each entry. With ε = 1e-5, correct gradients of these networks stay below half of these
limits; the relative error of wrong ones is above 1e-3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters

EPSILON = 1e-5
"""Step to either side: the error of the formula is of order ε², the error of rounding of order 1e-16 / ε."""

NORM_TOLERANCE = 1e-8
ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE = 1e-8, 1e-6
TINY = 1e-3
"""Entries below this share of the largest are left out of `worst_relative`: their error is mostly rounding."""

Loss: TypeAlias = Callable[[Parameters], float]


@dataclass(frozen=True)
class Comparison:
    """Numerical and analytic gradient of one array, or of all, compared.

    `relative_error` is ‖n - a‖ / (‖n‖ + ‖a‖), 0 if both are zero; `largest_difference` is the largest |n - a|;
    `worst_relative` is the largest |n - a| / max(|n|, |a|) of the entries that are not tiny; `failed_entries` is the
    number of the `entries` that are beyond their tolerance.
    """

    name: str
    entries: int
    relative_error: float
    largest_difference: float
    worst_relative: float
    failed_entries: int


@dataclass(frozen=True)
class GradientCheck:
    """One comparison per array, and one of all entries together."""

    arrays: tuple[Comparison, ...]
    overall: Comparison

    @property
    def passed(self) -> bool:
        """True if the norm of all differences and every entry are within their tolerances."""
        return self.overall.relative_error < NORM_TOLERANCE and self.overall.failed_entries == 0

    @property
    def suspects(self) -> tuple[str, ...]:
        """Names of the arrays with entries beyond their tolerance."""
        return tuple(array.name for array in self.arrays if array.failed_entries)


def check_gradients(
    loss: Loss,
    arrays: Parameters,
    gradients: Parameters,
    *,
    epsilon: float = EPSILON,
    entries: int | None = None,
    rng: np.random.Generator | None = None,
) -> GradientCheck:
    """Compare `gradients` with the central differences of `loss` at `arrays`, which are not changed.

    `loss` is called twice per entry, with a dict of the same names and shapes. `entries` limits the number of entries
    per array: half of them are drawn by `rng` from all, half from those with a gradient other than zero.

    Raises ValueError if names or shapes differ, if an array is not float64, or if `entries` is given without `rng`.
    """
    _require_comparable(arrays, gradients)
    if entries is not None and rng is None:
        raise ValueError("a sample of the entries needs a generator; pass rng")
    shifted = {name: array.copy() for name, array in arrays.items()}
    analytic = {name: gradient.flatten() for name, gradient in gradients.items()}  # copies: the loss may overwrite
    numerical: Parameters = {}
    for name, gradient in analytic.items():
        indices = np.arange(gradient.size) if entries is None or rng is None else _sample(gradient, entries, rng)
        analytic[name] = gradient[indices]
        numerical[name] = central_differences(loss, shifted, name, indices, epsilon)
    return GradientCheck(
        tuple(compare(name, numerical[name], analytic[name]) for name in analytic),
        compare("all", np.concatenate([*numerical.values()]), np.concatenate([*analytic.values()])),
    )


def central_differences(loss: Loss, arrays: Parameters, name: str, indices: Ids, epsilon: float) -> Array:
    """Return (loss(x + ε) - loss(x - ε)) / 2ε for the entries x of one array at flat `indices` (n,), shape (n,).

    The array must be C-contiguous; its entries are changed in place and restored.
    """
    flat = arrays[name].reshape(-1)
    differences = np.empty(len(indices))
    for i, index in enumerate(indices):
        x = flat[index]
        flat[index] = x + epsilon
        loss_above = loss(arrays)
        flat[index] = x - epsilon
        loss_below = loss(arrays)
        flat[index] = x
        differences[i] = (loss_above - loss_below) / (2.0 * epsilon)
    return differences


def compare(name: str, numerical: Array, analytic: Array) -> Comparison:
    """Compare two gradients of shape (n,). An entry that is not finite fails."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(numerical - analytic)
        scale = np.maximum(np.abs(numerical), np.abs(analytic))
        within = difference < ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * np.abs(numerical)
        norms = float(np.linalg.norm(numerical) + np.linalg.norm(analytic))
        significant = (scale > 0.0) & ~(scale < TINY * scale.max(initial=0.0))
        relative = difference[significant] / scale[significant]
    return Comparison(
        name=name,
        entries=difference.size,
        relative_error=float(np.linalg.norm(difference)) / norms if norms != 0.0 else 0.0,
        largest_difference=float(difference.max(initial=0.0)),
        worst_relative=float(relative.max(initial=0.0)),
        failed_entries=int(np.count_nonzero(~within)),
    )


def _require_comparable(arrays: Parameters, gradients: Parameters) -> None:
    """Raise ValueError unless names and shapes agree and everything is float64."""
    if arrays.keys() != gradients.keys():
        unmatched = ", ".join(sorted(arrays.keys() ^ gradients.keys()))
        raise ValueError(f"arrays and gradients must have the same names; only one of them has {unmatched}")
    for name, array in arrays.items():
        if array.shape != gradients[name].shape:
            raise ValueError(f"{name} has shape {array.shape} and its gradient {gradients[name].shape}")
        if array.dtype != np.float64 or gradients[name].dtype != np.float64:
            raise ValueError(f"{name} and its gradient must be float64: rounding to float32 exceeds the tolerance")


def _sample(gradient: Array, entries: int, rng: np.random.Generator) -> Ids:
    """Return about `entries` indices of a gradient (n,), half of them where it is not zero."""
    if gradient.size <= entries:
        return np.arange(gradient.size)
    anywhere = rng.choice(gradient.size, entries - entries // 2, replace=False)
    nonzero = np.flatnonzero(gradient)
    return np.union1d(anywhere, rng.choice(nonzero, min(entries // 2, nonzero.size), replace=False))
