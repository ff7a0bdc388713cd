"""Vanishing and exploding gradients: how much of an error is left after 100 steps back, for each cell and radius; and
a training that explodes, with clipping and without.

A seed → a `Finding` for each cell, start and size of its recurrence.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.lab.experiments.echo import stream
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import learn
from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells import CELLS
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.network.initializers import RECURRENT
from charrnn.training.optimizers import Momentum

TITLE = "Vanishing and exploding gradients"
EXPLANATION = """\
A layer of 64 units reads 100 steps of noise; then an error of length 1 at its last state goes back through them all.
Wh is its start (orthogonal, the identity, or positive definite) times a radius, so that a step back multiplies the
error by no more than the radius times the largest slope of the cell: 1 for tanh, the rectifier and the identity, 1/4
for the logistic function (Bengio et al. 1994; Pascanu et al. 2013). That bound to the power of the steps is `bound`.
What is to be seen: the identity is at the bound, exactly, and so explodes or vanishes with the radius alone. tanh
stays far below its bound, and vanishes even at 1.1, for its slope is below 1 wherever a unit is at work. A rectifier
with a random matrix loses an error at every unit that is shut; with the identity for a start it keeps more of it. The
logistic function has forgotten everything after a dozen steps. LSTM and GRU have no such bound: what their gates let
pass, passes, and that is for training to find out.
Last, rectifiers with momentum and a high rate, which learn to echo a bit: a single large gradient throws their
weights far away, and they do not come back. With the norm clipped, the same training gets to the bottom."""

H, T, STREAMS = 64, 100, 4
RADII = (0.5, 0.9, 1.0, 1.1, 1.5)
STEPS_BACK = (1, 10, 50, 100)
KINDS = (
    ("identity", "orthogonal"),
    ("tanh", "orthogonal"),
    ("relu", "orthogonal"),
    ("relu", "identity"),
    ("relu", "positive-definite"),
    ("sigmoid", "orthogonal"),
    ("lstm", "orthogonal"),
    ("gru", "orthogonal"),
)
"""Cells and the starts of their Wh."""
SLOPES = {"identity": 1.0, "relu": 1.0, "tanh": 1.0, "sigmoid": 0.25}
"""The largest slope of each cell without gates."""
NOISE = 0.3
ROUNDING = 1.0 + 1e-9
KNOWN = {0.9: 0.005153775, 1.1: 117.3908529}
"""Radius to the power of 50, by radius."""
DELAY, WINDOW, RATE, CLIP, MOST_SHOWN = 3, 40, 0.3, 0.5, 1e6


def run(seed: int, steps: int) -> Iterator[Result]:
    lines: dict[str, tuple[Array, Array]] = {}
    kept, after_50, linear, back = [], {}, 0.0, np.arange(T + 1, dtype=float)
    for number, (cell, start) in enumerate(KINDS):
        for radius in RADII:
            norms = norms_back(cell, start, radius, np.random.default_rng([seed, number]))
            kept.append(within_bound(cell, radius, norms))
            yield Finding("norms of the error", _figures(cell, start, radius, norms), kept[-1])
            if radius == 1.0:
                lines[f"{cell}, {start}"] = (back, np.maximum(norms, 1e-30))
            if cell == "identity":
                after_50[radius] = float(norms[50])
                linear = float(norms[T]) if radius == 1.0 else linear
    lines["bound of the logistic function"] = (back, np.maximum(0.25**back, 1e-30))
    yield Curves("What is left of an error, at radius 1", "steps back", lines, logarithmic=True)
    yield claim("no norm is above its bound", "0", f"{kept.count(False)} of {len(kept)}", passed=all(kept))
    for radius, known in KNOWN.items():
        passed = abs(after_50[radius] / known - 1.0) < 1e-6
        reached = f"{after_50[radius]:.10g}"
        yield claim(f"a linear recurrence after 50 steps at {radius}", f"{known}", reached, passed=passed)
    yield claim(
        "the same, orthogonal, after 100", "1.000000000000004", f"{linear:.15f}", passed=abs(linear - 1) < 1e-12
    )
    yield from rescue(seed, steps)


def _figures(cell: str, start: str, radius: float, norms: Array) -> dict[str, Figure]:
    figures: dict[str, Figure] = {"cell": cell, "start": start, "radius": radius}
    figures |= {f"after_{steps}": float(norms[steps]) for steps in STEPS_BACK}
    return figures | {"bound": (radius * SLOPES[cell]) ** T if cell in SLOPES else "none"}


def within_bound(cell: str, radius: float, norms: Array) -> bool:
    """Whether no norm (T + 1,) is above the bound, and all are at it if the recurrence is linear."""
    if cell not in SLOPES:
        return True
    bounds = (radius * SLOPES[cell]) ** np.arange(T + 1)
    if cell == "identity":
        return bool(np.allclose(norms, bounds, rtol=1e-9))
    return bool((norms <= bounds * ROUNDING + 1e-300).all())


def norms_back(cell_name: str, start: str, radius: float, rng: np.random.Generator) -> Array:
    """‖dL/dh‖ (T + 1,) of the last state and of each before it; it is 1 at the last."""
    cell, workspace = CELLS[cell_name], Workspace(np.float64)
    Wh = np.hstack([radius * RECURRENT[start]((H, H), rng) for _ in range(cell.gates)])
    z = rng.normal(0.0, NOISE, (T, STREAMS, cell.gates * H)) + cell.bias(H)
    s: Array = np.zeros((cell.states, T + 1, STREAMS, H))
    step = cell.forward(Wh, z, s, workspace)
    for t in range(T):
        step(t)
    ds = np.zeros((cell.states, STREAMS, H))
    ds[0] = rng.standard_normal((STREAMS, H))
    ds[0] /= np.linalg.norm(ds[0])
    step_back, norms = cell.backward(Wh, z, s, ds, workspace), [1.0]
    for t in reversed(range(T)):
        step_back(t)
        norms.append(float(np.linalg.norm(ds[0])))
    return np.array(norms)


def rescue(seed: int, steps: int) -> Iterator[Result]:
    """The same training twice: with the norm of the gradient clipped, and without."""
    network = SequenceNetwork(RecurrentLayers(2, 32, cell_name="relu", initializer="identity"), 2)
    lines, last = {}, {}
    for name, clip in (("clipped", CLIP), ("not clipped", 0.0)):
        rng = np.random.default_rng(seed)
        losses = np.array(
            list(
                learn(
                    network,
                    network.initialize(rng),
                    stream(DELAY, WINDOW),
                    steps=steps,
                    rate=RATE,
                    rng=rng,
                    optimizer=Momentum(),
                    clip=clip,
                )
            )
        )
        last[name] = float(losses[-steps // 10 :].mean())
        figures: dict[str, Figure] = {"gradient": name, "first": float(losses[0]), "last": last[name]}
        exploded = not last[name] < np.log(2.0)  # chance; what is not finite is not below it either
        yield Finding("loss of an echo", figures | {"exploded": exploded}, exploded == (clip == 0.0))
        shown = np.minimum(np.nan_to_num(losses, nan=MOST_SHOWN, posinf=MOST_SHOWN), MOST_SHOWN)
        lines[name] = (np.arange(steps, dtype=float), shown)
    yield Curves("Loss of an echo, cut off at a million", "updates", lines, logarithmic=True)
    reached = f"{last['clipped']:.3f}, {last['not clipped']:.1e} without"
    yield claim("clipping rescues a training", "0.052 at best", reached, passed=last["clipped"] < 0.1)
