"""Gradient clipping by numbers: by norm, by value, across several arrays, and before or after a mean."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from charrnn.lab.protocol import Figure, Finding, claim
from charrnn.network.arrays import Array, Parameters
from charrnn.training.clipping import clip_by_norm, clip_by_value

TITLE = "Two ways of clipping a gradient"
EXPLANATION = """\
The gradient [3, 4] has the norm 5. Clipped to the norm 1 it is [0.6, 0.8]: shorter, in the same direction. With each
entry clipped to 1 it is [1, 1]: another direction, which is not that of steepest descent.
The norm is one number for all arrays of a network: [3] in one array and [4] in another are clipped alike. A gradient
whose norm is below the threshold is unchanged.
Clipping and averaging do not commute: the mean of two clipped gradients differs from the clipped mean. Frameworks
that distribute a batch over machines have to choose one; here the gradient of the whole batch is clipped."""

TOLERANCE = 1e-9
Clip: TypeAlias = Callable[[Parameters, float], tuple[float, bool]]
CASES: tuple[tuple[str, Clip, list[float], list[float]], ...] = (
    ("norm", clip_by_norm, [3.0, 4.0], [0.6, 0.8]),
    ("value", clip_by_value, [3.0, 4.0], [1.0, 1.0]),
    ("norm", clip_by_norm, [0.3, 0.4], [0.3, 0.4]),
)
"""The method by name and as a function, a gradient, and that gradient clipped to 1."""


def run(seed: int, steps: int) -> Iterator[Finding]:
    del seed, steps  # no random draws and no training
    claims: list[tuple[str, list[float], Array]] = []
    for method, clip, gradient, expected in CASES:
        clipped = clipped_to_one(clip, gradient)
        cosine = float(clipped @ gradient / np.linalg.norm(clipped) / np.linalg.norm(gradient))
        unclipped = _format(np.array(gradient))
        figures: dict[str, Figure] = {
            "by": method,
            "gradient": unclipped,
            "clipped": _format(clipped),
            "cosine": cosine,
        }
        yield Finding("one array", figures, _is_close(clipped, expected))
        claims.append((f"{unclipped} clipped to 1 by {method}", expected, clipped))
    arrays: Parameters = {"first": np.array([3.0]), "second": np.array([4.0])}
    norm, _ = clip_by_norm(arrays, 1.0)
    joined = np.concatenate(list(arrays.values()))
    figures = {"norm": norm, "clipped": _format(joined)}
    yield Finding("two arrays", figures, _is_close(joined, [0.6, 0.8]) and norm == 5.0)
    a, b = np.array([10.0, 0.0]), np.array([0.0, 1.0])
    mean_of_clipped = (clipped_to_one(clip_by_norm, a) + clipped_to_one(clip_by_norm, b)) / 2
    clipped_mean = clipped_to_one(clip_by_norm, (a + b) / 2)
    for order, gradient_mean, expected in (
        ("mean of the clipped", mean_of_clipped, [0.5, 0.5]),
        ("clipped mean", clipped_mean, [0.9950371902, 0.0995037190]),
    ):
        figures = {"order": order, "result": _format(gradient_mean)}
        yield Finding("order", figures, _is_close(gradient_mean, expected))
        claims.append((f"[10, 0] and [0, 1]: {order}", expected, gradient_mean))
    for text, expected, result in claims:
        yield claim(text, _format(np.array(expected)), _format(result), passed=_is_close(result, expected))


def clipped_to_one(clip: Clip, gradient: Array | list[float]) -> Array:
    """Return a copy of one array, clipped to 1."""
    gradients: Parameters = {"g": np.array(gradient, np.float64)}
    clip(gradients, 1.0)
    return gradients["g"]


def _is_close(result: Array, expected: list[float]) -> bool:
    return bool(np.abs(result - expected).max() < TOLERANCE)


def _format(gradient: Array) -> str:
    return "[" + ", ".join(f"{entry:.4g}" for entry in gradient) + "]"
