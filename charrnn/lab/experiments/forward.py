"""Worked example: two steps of a recurrent layer of two units, small enough for a pocket calculator."""

from collections.abc import Iterator

import numpy as np

from charrnn.lab.protocol import Figure, Finding, claim
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS

TITLE = "The worked example"
EXPLANATION = """\
A recurrent layer of two tanh units starts from a zero state and reads the inputs 1 and 2; one linear output reads its
state. Vectors are rows: h' = tanh(x Wx + h Wh + b), output = h' W + 0.1. Every number can be computed by hand, and
agrees with the tutorials to twelve digits.
Then the same recurrence with one matrix over [x, h] instead of two matrices: the numbers are the same. With Wh
transposed, as happens when a text writes column vectors and a program row vectors, they differ. The error appears at
the second step, because the state is zero at the first."""

WX, B = np.array([[0.5, 0.6]]), np.array([0.1, -0.1])
WH, W, C = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[1.0], [2.0]]), np.array([0.1])
INPUTS = np.array([1.0, 2.0])
PREACTIVATIONS = np.array([[0.6, 0.5], [1.2923401038778066, 1.3922567763036109]])
STATES = np.array([[0.5370495669980352, 0.46211715726000974], [0.8597381843462615, 0.8836664119437349]])
OUTPUTS = np.array([1.5612838815180548, 2.727071008233731])
TRANSPOSED = np.array([1.2461283881518055, 1.4459617330034142])
"""The pre-activations of the second step with Wh transposed."""
TOLERANCE = 1e-12


def run(seed: int, steps: int) -> Iterator[Finding]:
    del seed, steps  # no random draws and no training
    states, outputs = two_matrices(WH)
    errors = []
    for t in range(len(INPUTS)):
        z = np.arctanh(states[t])
        errors.append(
            float(max(_distance(z, PREACTIVATIONS[t]), _distance(states[t], STATES[t]), abs(outputs[t] - OUTPUTS[t])))
        )
        figures: dict[str, Figure] = {"step": t + 1, "input": float(INPUTS[t])}
        for name, row in (("z", z), ("h", states[t])):
            figures |= {f"{name}[{unit}]": float(row[unit]) for unit in range(2)}
        figures |= {"output": float(outputs[t]), "off_the_reference": errors[t]}
        yield Finding("steps", figures, errors[t] < TOLERANCE)
    difference = _distance(one_matrix(), states)
    figures = {"form": "one matrix over [x, h]", "differs_by": difference}
    yield Finding("forms", figures, difference < TOLERANCE)
    transposed, _ = two_matrices(WH.T)
    figures = {"form": "Wh transposed, a mistake", "differs_by": _distance(transposed, states)}
    as_reference = _distance(np.arctanh(transposed[1]), TRANSPOSED) < TOLERANCE
    yield Finding("forms", figures, as_reference and _distance(transposed, states) > 0.01)
    reference, reached = f"{OUTPUTS[0]:.12f}, {OUTPUTS[1]:.12f}", f"within {max(errors):.0e}"
    yield claim("outputs of both steps", reference, reached, passed=max(errors) < TOLERANCE)
    reached = f"within {difference:.0e}"
    yield claim("one matrix and two give the same states", "within 2.2e-16", reached, passed=difference < TOLERANCE)


def two_matrices(Wh: Array) -> tuple[Array, Array]:
    """Return the states (2, 2) and outputs (2,), computed by the parts that every network is made of."""
    workspace = Workspace(np.float64)
    parameters = {"layer.Wx": WX, "layer.Wh": Wh, "layer.b": B, "head.W": W, "head.b": C}
    z, _ = affine(parameters, "layer.Wx", "layer.b", INPUTS.reshape(2, 1, 1), workspace)
    y, _, _ = unroll(CELLS["tanh"], parameters, "layer", z, np.zeros((1, 1, 2)), workspace)
    output, _ = affine(parameters, "head.W", "head.b", y, workspace)
    return y[:, 0], output[:, 0, 0]


def one_matrix() -> Array:
    """Return the states (2, 2) as tanh([x, h] @ [Wx; Wh] + b)."""
    h, stacked, states = np.zeros(2), np.vstack([WX, WH]), []
    for x in INPUTS:
        h = np.tanh(np.concatenate([[x], h]) @ stacked + B)
        states.append(h)
    return np.array(states)


def _distance(array: Array, reference: Array) -> float:
    """Return the largest absolute difference of two arrays."""
    return float(np.abs(array - reference).max())
