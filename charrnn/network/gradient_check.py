"""The gradient check: gradients by back-propagation against central differences of the loss, entry by entry.

Arrays by name and a loss of them → `GradientCheck`. It knows no layer: whatever the loss depends on, be it weights
or the state that a window begins with, is one more name. All of it is float64.

A gradient passes if ‖n - a‖ / (‖n‖ + ‖a‖) < 1e-8 over all entries, and |n - a| < 1e-8 + 1e-6·|n| for each, n being
the numerical and a the analytic one. With ε = 1e-5 a right gradient of a network of this kind stays below half of
that; a wrong one is above 1e-3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters

EPSILON = 1e-5
"""Half the width of a difference: the error of the formula is of the order of ε², that of rounding of 1e-16 / ε."""

NORM_TOLERANCE = 1e-8
ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE = 1e-8, 1e-6
TINY = 1e-3

Loss: TypeAlias = Callable[[Parameters], float]


@dataclass(frozen=True)
class Comparison:
    """How far the gradients of one array, or of all, are from the differences; zero where both are zero.

    `relative_error` is ‖n - a‖ / (‖n‖ + ‖a‖), `largest_difference` the largest |n - a|, `outside` the number of
    entries beyond their tolerance, of `entries` compared. `worst_relative` is the largest |n - a| / max(|n|, |a|) of
    the entries that are not tiny: at least a thousandth of the largest, since below that it is of rounding alone.
    """

    name: str
    entries: int
    relative_error: float
    largest_difference: float
    worst_relative: float
    outside: int


@dataclass(frozen=True)
class GradientCheck:
    """The comparison of each array, and that of all entries together."""

    arrays: tuple[Comparison, ...]
    overall: Comparison

    @property
    def passed(self) -> bool:
        return self.overall.relative_error < NORM_TOLERANCE and self.overall.outside == 0

    @property
    def suspects(self) -> tuple[str, ...]:
        """The arrays that have entries beyond their tolerance."""
        return tuple(array.name for array in self.arrays if array.outside)


def check_gradients(
    loss: Loss,
    arrays: Parameters,
    gradients: Parameters,
    *,
    epsilon: float = EPSILON,
    entries: int | None = None,
    rng: np.random.Generator | None = None,
) -> GradientCheck:
    """Compare `gradients` with the central differences of `loss` at `arrays`, which stay as they are.

    `loss` is called twice an entry with a dict of the same names and shapes. With `entries`, an array that has more
    is checked at about that many, drawn by `rng`: half from all of them, half from those whose gradient is not zero.

    ValueError if names or shapes differ, if something is not float64, or if `entries` comes without `rng`.
    """
    _require_comparable(arrays, gradients)
    if entries is not None and rng is None:
        raise ValueError("a sample of the entries needs a generator; pass rng")
    moved = {name: array.copy() for name, array in arrays.items()}
    analytic = {name: gradient.flatten() for name, gradient in gradients.items()}  # the loss may overwrite them
    numerical: Parameters = {}
    for name, gradient in analytic.items():
        picked = np.arange(gradient.size) if entries is None or rng is None else _pick(gradient, entries, rng)
        analytic[name] = gradient[picked]
        numerical[name] = central_differences(loss, moved, name, picked, epsilon)
    return GradientCheck(
        tuple(compare(name, numerical[name], analytic[name]) for name in analytic),
        compare("all", np.concatenate([*numerical.values()]), np.concatenate([*analytic.values()])),
    )


def central_differences(loss: Loss, arrays: Parameters, name: str, picked: Ids, epsilon: float) -> Array:
    """(loss(x + ε) - loss(x - ε)) / 2ε for each x of the entries `picked` of one array; a number each.

    The array (C-contiguous) is moved in place and set back.
    """
    flat = arrays[name].reshape(-1)
    differences = np.empty(len(picked))
    for i, entry in enumerate(picked):
        x = flat[entry]
        flat[entry] = x + epsilon
        above = loss(arrays)
        flat[entry] = x - epsilon
        below = loss(arrays)
        flat[entry] = x
        differences[i] = (above - below) / (2.0 * epsilon)
    return differences


def compare(name: str, numerical: Array, analytic: Array) -> Comparison:
    """Two flat arrays of one length, as a `Comparison`; an entry that is not finite is outside its tolerance."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(numerical - analytic)
        scale = np.maximum(np.abs(numerical), np.abs(analytic))
        inside = difference < ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * np.abs(numerical)
        norms = float(np.linalg.norm(numerical) + np.linalg.norm(analytic))
        counts = (scale > 0.0) & ~(scale < TINY * scale.max(initial=0.0))
        relative = difference[counts] / scale[counts]
    return Comparison(
        name=name,
        entries=difference.size,
        relative_error=float(np.linalg.norm(difference)) / norms if norms != 0.0 else 0.0,
        largest_difference=float(difference.max(initial=0.0)),
        worst_relative=float(relative.max(initial=0.0)),
        outside=int(np.count_nonzero(~inside)),
    )


def _require_comparable(arrays: Parameters, gradients: Parameters) -> None:
    if arrays.keys() != gradients.keys():
        unmatched = ", ".join(sorted(arrays.keys() ^ gradients.keys()))
        raise ValueError(f"arrays and gradients must have the same names; only one side has {unmatched}")
    for name, array in arrays.items():
        if array.shape != gradients[name].shape:
            raise ValueError(f"{name} is {array.shape} and its gradient {gradients[name].shape}")
        if array.dtype != np.float64 or gradients[name].dtype != np.float64:
            raise ValueError(f"{name} and its gradient must be float64: float32 rounds away what is compared")


def _pick(gradient: Array, entries: int, rng: np.random.Generator) -> Ids:
    """About `entries` places of a flat gradient; a sparse one is not missed."""
    if gradient.size <= entries:
        return np.arange(gradient.size)
    anywhere = rng.choice(gradient.size, entries - entries // 2, replace=False)
    nonzero = np.flatnonzero(gradient)
    return np.union1d(anywhere, rng.choice(nonzero, min(entries // 2, nonzero.size), replace=False))
