"""Clipping by numbers: by the norm of the whole gradient, by the value of each entry, and of a mean."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from charrnn.lab.protocol import Finding, claim
from charrnn.network.arrays import Array, Parameters
from charrnn.training.clipping import clip_by_norm, clip_by_value

TITLE = "Two ways of clipping a gradient"
EXPLANATION = """\
A gradient [3, 4] has the norm 5. Clipped to the norm 1 it is [0.6, 0.8]: shorter, and in the same direction. Clipped
to 1 entry by entry it is [1, 1]: another direction, in which the loss was never said to fall the most.
The norm is one number for all arrays of a network together: [3] in one and [4] in another are clipped alike. A
gradient that is short enough stays as it is.
Clipping and averaging do not commute: two gradients that are clipped and then averaged are not the clipped average.
Frameworks that split a batch over machines have to choose; here the gradient of the whole batch is clipped."""

TOLERANCE = 1e-9
Clip: TypeAlias = Callable[[Parameters, float], tuple[float, bool]]


def run(seed: int, steps: int) -> Iterator[Finding]:
    del seed, steps  # nothing is drawn, nothing trained
    cases: tuple[tuple[str, Clip, list[float], list[float]], ...] = (
        ("norm", clip_by_norm, [3.0, 4.0], [0.6, 0.8]),
        ("value", clip_by_value, [3.0, 4.0], [1.0, 1.0]),
        ("norm", clip_by_norm, [0.3, 0.4], [0.3, 0.4]),
    )
    claims: list[tuple[str, list[float], Array]] = []
    for way, clip, gradient, expected in cases:
        clipped = _clipped(clip, gradient)
        cosine = float(clipped @ gradient / np.linalg.norm(clipped) / np.linalg.norm(gradient))
        figures: dict[str, str | float] = {
            "by": way,
            "gradient": _shown(np.array(gradient)),
            "clipped": _shown(clipped),
            "cosine": cosine,
        }
        yield Finding("one array", figures, _is(clipped, expected))
        text = f"{_shown(np.array(gradient))} clipped to 1 by {way}"
        claims.append((text, expected, clipped))
    apart: Parameters = {"one": np.array([3.0]), "other": np.array([4.0])}
    norm, _ = clip_by_norm(apart, 1.0)
    together = np.concatenate(list(apart.values()))
    yield Finding(
        "two arrays", {"norm": norm, "clipped": _shown(together)}, _is(together, [0.6, 0.8]) and norm == 5.0
    )
    one, other = np.array([10.0, 0.0]), np.array([0.0, 1.0])
    first_clipped = (_clipped(clip_by_norm, one) + _clipped(clip_by_norm, other)) / 2
    then_clipped = _clipped(clip_by_norm, (one + other) / 2)
    for order, found, expected in (
        ("mean of the clipped", first_clipped, [0.5, 0.5]),
        ("clipped mean", then_clipped, [0.9950371902, 0.0995037190]),
    ):
        yield Finding("order", {"order": order, "result": _shown(found)}, _is(found, expected))
        claims.append((f"[10, 0] and [0, 1]: {order}", expected, found))
    for text, expected, found in claims:
        yield claim(text, _shown(np.array(expected)), _shown(found), passed=_is(found, expected))


def _clipped(clip: Clip, gradient: Array | list[float]) -> Array:
    gradients: Parameters = {"g": np.array(gradient, np.float64)}
    clip(gradients, 1.0)
    return gradients["g"]


def _is(found: Array, expected: list[float]) -> bool:
    return bool(np.abs(found - expected).max() < TOLERANCE)


def _shown(gradient: Array) -> str:
    return "[" + ", ".join(f"{each:.4g}" for each in gradient) + "]"
