"""Vanishing and exploding gradients: how much of an error is left after 100 steps back, for each cell and radius.

A seed → a `Finding` for each cell and size of its recurrence.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.lab import Finding
from charrnn.network.arrays import Array, Workspace
from charrnn.network.cells import CELLS
from charrnn.network.initializers import orthogonal

TITLE = "Vanishing and exploding gradients"
EXPLANATION = """\
A layer of 64 units reads 100 steps of noise; then an error of length 1 at its last state goes back through them all.
Wh is a random orthogonal matrix times a radius, so that a step back multiplies the error by no more than the radius
times the largest slope of the cell: 1 for tanh, the rectifier and the identity, 1/4 for the logistic function (Bengio
et al. 1994; Pascanu et al. 2013). That bound to the power of the steps is `bound`.
What is to be seen: the identity is at the bound, exactly, and so explodes or vanishes with the radius alone. tanh
stays far below its bound, and vanishes even at 1.1, for its slope is below 1 wherever a unit is at work. The logistic
function has forgotten everything after a dozen steps. LSTM and GRU have no such bound: what their gates let pass,
passes, and that is for training to find out."""

H, T, STREAMS = 64, 100, 4
RADII = (0.5, 0.9, 1.0, 1.1, 1.5)
STEPS_BACK = (1, 10, 50, 100)
SLOPES = {"identity": 1.0, "relu": 1.0, "tanh": 1.0, "sigmoid": 0.25}
"""The largest slope of each cell without gates."""
NOISE = 0.3
ROUNDING = 1.0 + 1e-9


def run(seed: int, steps: int) -> Iterator[Finding]:
    del steps  # nothing is trained
    for number, cell in enumerate(("identity", "relu", "tanh", "sigmoid", "lstm", "gru")):
        for radius in RADII:
            norms = norms_back(cell, radius, np.random.default_rng([seed, number]))
            yield _finding(cell, radius, norms)


def _finding(cell: str, radius: float, norms: Array) -> Finding:
    figures: dict[str, str | float] = {"cell": cell, "radius": radius}
    figures |= {f"after_{back}": float(norms[back]) for back in STEPS_BACK}
    bound = (radius * SLOPES[cell]) ** T if cell in SLOPES else float("nan")
    figures["bound"] = bound
    kept = True
    if cell in SLOPES:
        bounds = (radius * SLOPES[cell]) ** np.arange(T + 1)
        kept = bool((norms <= bounds * ROUNDING + 1e-300).all())
        if cell == "identity":
            kept = kept and bool(np.allclose(norms, bounds, rtol=1e-9))
    return Finding("norms of the error", figures, kept)


def norms_back(cell_name: str, radius: float, rng: np.random.Generator) -> Array:
    """‖dL/dh‖ (T + 1,) of the last state and of each before it; it is 1 at the last."""
    cell, workspace = CELLS[cell_name], Workspace(np.float64)
    Wh = np.hstack([radius * orthogonal((H, H), rng) for _ in range(cell.gates)])
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
