"""The worked example: a state of two units and two steps, small enough for a pocket calculator.

A `Finding` for each step, then one for each way of writing the same recurrence.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.lab.protocol import Finding, claim
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS

TITLE = "The worked example"
EXPLANATION = """\
Inputs 1 and 2 go into a recurrent layer of two tanh units that begins at zero, and each state into one linear output.
Rows are vectors: h' = tanh(x Wx + h Wh + b), output = h' W + 0.1. All numbers can be followed by hand, and are those
that the tutorials print, to twelve digits.
Below, the same recurrence with one matrix over [x, h] in place of two: the numbers are the same. With Wh transposed,
as when a text writes columns and a program rows, they are not: the mistake shows in the second step, for at the first
the state is zero."""

WX, B = np.array([[0.5, 0.6]]), np.array([0.1, -0.1])
WH, W, C = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[1.0], [2.0]]), np.array([0.1])
INPUTS = np.array([1.0, 2.0])
BEFORE = np.array([[0.6, 0.5], [1.2923401038778066, 1.3922567763036109]])
STATES = np.array([[0.5370495669980352, 0.46211715726000974], [0.8597381843462615, 0.8836664119437349]])
OUTPUTS = np.array([1.5612838815180548, 2.727071008233731])
TRANSPOSED = np.array([1.2461283881518055, 1.4459617330034142])
"""What the second step would be before its activation, with Wh transposed."""
TOLERANCE = 1e-12


def run(seed: int, steps: int) -> Iterator[Finding]:
    del seed, steps  # nothing is drawn, nothing trained
    states, outputs = two_matrices(WH)
    furthest = 0.0
    for t in range(len(INPUTS)):
        figures = {"step": t + 1, "input": float(INPUTS[t])}
        for name, row in (("z", np.arctanh(states[t])), ("h", states[t])):
            figures |= {f"{name}[{unit}]": float(row[unit]) for unit in range(2)}
        off = max(
            np.abs(np.arctanh(states[t]) - BEFORE[t]).max(),
            np.abs(states[t] - STATES[t]).max(),
            abs(outputs[t] - OUTPUTS[t]),
        )
        figures |= {"output": float(outputs[t]), "off_the_reference": float(off)}
        furthest = max(furthest, float(off))
        yield Finding("steps", figures, bool(off < TOLERANCE))
    apart = float(np.abs(one_matrix() - states).max())
    yield Finding("forms", {"form": "one matrix over [x, h]", "differs_by": apart}, apart < TOLERANCE)
    wrong = np.arctanh(two_matrices(WH.T)[0][1])
    as_known = bool(np.abs(wrong - TRANSPOSED).max() < TOLERANCE)
    off = float(np.abs(two_matrices(WH.T)[0] - states).max())
    yield Finding("forms", {"form": "Wh transposed, a mistake", "differs_by": off}, as_known and off > 0.01)
    reached = f"within {furthest:.0e}"
    yield claim(
        "outputs of both steps", f"{OUTPUTS[0]:.12f}, {OUTPUTS[1]:.12f}", reached, passed=furthest < TOLERANCE
    )
    reached = f"within {apart:.0e}"
    yield claim("one matrix and two give the same states", "within 2.2e-16", reached, passed=apart < TOLERANCE)


def two_matrices(Wh: Array) -> tuple[Array, Array]:
    """States (2, 2) and outputs (2,), by the parts that every network here is made of."""
    workspace = Workspace(np.float64)
    z, _ = affine(INPUTS.reshape(2, 1, 1), WX, B, "input", workspace)
    y, _, _ = unroll(CELLS["tanh"], Wh, z, np.zeros((1, 1, 2)), "cell", workspace)
    output, _ = affine(y, W, C, "output", workspace)
    return y[:, 0], output[:, 0, 0]


def one_matrix() -> Array:
    """The states (2, 2) as tanh([x, h] @ [Wx; Wh] + b)."""
    h, both, states = np.zeros(2), np.vstack([WX, WH]), []
    for x in INPUTS:
        h = np.tanh(np.concatenate([[x], h]) @ both + B)
        states.append(h)
    return np.array(states)
