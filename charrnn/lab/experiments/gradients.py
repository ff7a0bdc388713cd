"""Vanishing and exploding gradients: the norm of an error over 100 steps back, by cell and radius.

Reports also a training that diverges without clipping.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.lab.experiments.echo import windows
from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import train
from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells import CELLS
from charrnn.network.initializers import RECURRENT
from charrnn.training.optimizers import Momentum

TITLE = "Vanishing and exploding gradients"
EXPLANATION = """\
A layer of 64 units reads 100 steps of noise; then an error of norm 1 at its last state is propagated back through all
steps. Wh is an initializer (orthogonal, identity, or positive definite) times a radius. A step back multiplies the
error by at most the radius times the largest slope of the cell: 1 for tanh, the rectifier and the identity, 1/4 for
the logistic function (Bengio et al. 1994; Pascanu et al. 2013). `bound` is that product to the power of the number of
steps.
The identity is exactly at the bound: the radius alone decides whether it explodes or vanishes. tanh stays far below
its bound, and vanishes even at 1.1, because its slope is below 1 wherever a unit is active. A rectifier with a random
matrix loses the error at every unit that is off; with an identity as Wh it keeps more of it. The logistic function
has lost the error after a dozen steps. LSTM and GRU have no such bound: training determines which errors their gates
pass.
Last, rectifiers are trained to echo a bit, with momentum and a high learning rate. A single large gradient moves
their weights far away, and they do not recover. With the gradient clipped by its norm, the same training reaches a
low loss."""

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
"""Cells and the initializers of their Wh."""
SLOPES = {"identity": 1.0, "relu": 1.0, "tanh": 1.0, "sigmoid": 0.25}
"""The largest slope of each cell without gates."""
NOISE = 0.3
ROUNDING = 1.0 + 1e-9
SMALLEST_CHARTED = 1e-30
POWERS = {0.9: 0.005153775, 1.1: 117.3908529}
"""Radius to the power of 50, by radius."""
DELAY, WINDOW, ECHO_H, RATE, CLIP, LARGEST_CHARTED = 3, 40, 32, 0.3, 0.5, 1e6


def run(seed: int, steps: int) -> Iterator[Result]:
    lines: dict[str, tuple[Array, Array]] = {}
    linear: dict[float, Array] = {}
    steps_back, passes = np.arange(T + 1, dtype=float), []
    for number, (cell, initializer) in enumerate(KINDS):
        for radius in RADII:
            norms = error_norms(cell, initializer, radius, np.random.default_rng([seed, number]))
            passes.append(within_bound(cell, radius, norms))
            yield Finding("norms of the error", _figures(cell, initializer, radius, norms), passes[-1])
            if radius == 1.0:
                lines[f"{cell}, {initializer}"] = (steps_back, np.maximum(norms, SMALLEST_CHARTED))
            if cell == "identity":
                linear[radius] = norms
    bound = np.maximum(0.25**steps_back, SMALLEST_CHARTED)
    lines["bound of the logistic function"] = (steps_back, bound)
    yield Curves("Norm of the error at radius 1", "steps back", lines, logarithmic=True)
    reached = f"{passes.count(False)} of {len(passes)}"
    yield claim("norms above their bound", "0", reached, passed=all(passes))
    for radius, power in POWERS.items():
        after_50 = float(linear[radius][50])
        text = f"norm after 50 steps of a linear recurrence with radius {radius}"
        yield claim(text, f"{power}", f"{after_50:.10g}", passed=abs(after_50 / power - 1.0) < 1e-6)
    after_100 = float(linear[1.0][T])
    text = "norm after 100 steps of an orthogonal recurrence"
    yield claim(text, "1.000000000000004", f"{after_100:.15f}", passed=abs(after_100 - 1.0) < 1e-12)
    yield from compare_clipping(seed, steps)


def _figures(cell: str, initializer: str, radius: float, norms: Array) -> dict[str, Figure]:
    figures: dict[str, Figure] = {"cell": cell, "start": initializer, "radius": radius}
    figures |= {f"after_{steps}": float(norms[steps]) for steps in STEPS_BACK}
    return figures | {"bound": (radius * SLOPES[cell]) ** T if cell in SLOPES else "none"}


def within_bound(cell: str, radius: float, norms: Array) -> bool:
    """Return True if no norm (T + 1,) is above its bound, or, for a linear recurrence, if all are equal to it."""
    if cell not in SLOPES:
        return True
    bounds = (radius * SLOPES[cell]) ** np.arange(T + 1)
    if cell == "identity":
        return bool(np.allclose(norms, bounds, rtol=1e-9))
    return bool((norms <= bounds * ROUNDING + 1e-300).all())


def error_norms(cell_name: str, initializer: str, radius: float, rng: np.random.Generator) -> Array:
    """Return ‖dL/dh‖ (T + 1,) of the last state and of each state before it, going back; the first is 1."""
    cell, workspace = CELLS[cell_name], Workspace(np.float64)
    Wh = np.hstack([radius * RECURRENT[initializer]((H, H), rng) for _ in range(cell.gates)])
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


def compare_clipping(seed: int, steps: int) -> Iterator[Result]:
    """Run the same training with the norm of the gradient clipped and without clipping."""
    network = sequence_network(2, 2, ECHO_H, cell="relu", initializer="identity")
    lines, last = {}, {}
    for name, clip in (("clipped", CLIP), ("not clipped", 0.0)):
        rng = np.random.default_rng(seed)
        parameters, batches = network.initialize(rng), windows(DELAY, WINDOW, rng)
        losses = np.array(
            list(train(network, parameters, batches, steps=steps, rate=RATE, optimizer=Momentum(), clip=clip))
        )
        last[name] = float(losses[-steps // 10 :].mean())
        figures: dict[str, Figure] = {"gradient": name, "first": float(losses[0]), "last": last[name]}
        exploded = not last[name] < np.log(2.0)  # chance; "not <" is also true of NaN
        yield Finding("loss of an echo", figures | {"exploded": exploded}, exploded == (clip == 0.0))
        finite = np.nan_to_num(losses, nan=LARGEST_CHARTED, posinf=LARGEST_CHARTED)
        lines[name] = (np.arange(steps, dtype=float), np.minimum(finite, LARGEST_CHARTED))
    yield Curves("Loss of an echo, cut off at a million", "updates", lines, logarithmic=True)
    reached = f"{last['clipped']:.3f}, {last['not clipped']:.1e} without"
    yield claim("loss with clipping", "0.052 at best", reached, passed=last["clipped"] < 0.1)
