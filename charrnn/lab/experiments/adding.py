"""Adding problem: two of many numbers are marked, and their sum is the target at the last step (Hochreiter and
Schmidhuber 1997; Le, Jaitly and Hinton 2015; Talathi and Vartak 2015).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import cosine_decay, endless, train
from charrnn.network.arrays import Array

TITLE = "The adding problem"
EXPLANATION = """\
Each step brings a number between 0 and 1 and a mark. The mark is 1 at one step of the first half and at one step of
the second half. The target at the last step is the sum of the two marked numbers. A constant output of 1 has a mean
squared error of 1/6. A network with a lower error has carried a number over a hundred steps, and has learned to do so
from an error that was propagated back through all of them.
A tanh network hardly improves on 1/6 at lengths of 100 and 200. LSTM and GRU solve the problem. So do rectifiers if
Wh starts as an identity instead of a random matrix, or as a positive definite matrix whose largest eigenvalue is 1.
`updates` is the number of updates until the training error fell below 0.01, each with a batch of 32 new sequences.
`test error` is that of 1,000 other sequences."""

LENGTHS = (50, 100, 200)
BASELINE, SOLVED, EVERY = 1 / 6, 0.01, 50
MAX_SOLVED, MIN_UNSOLVED = 0.2, 0.5
"""Shares of the baseline: an error below the first counts as solved, one above the second as not learned."""
H, BATCH, TEST, CLIP = 32, 32, 1000, 1.0


@dataclass(frozen=True)
class Setup:
    """A cell, the initializer of Wh, the learning rate, and a factor for the initial Wx.

    With the identity as Wh, the state is a sum of all inputs, so that Wx has to start small.
    """

    cell: str
    initializer: str
    rate: float
    input_scale: float = 1.0


SETUPS = (
    Setup("lstm", "orthogonal", 0.01),
    Setup("gru", "orthogonal", 0.01),
    Setup("relu", "identity", 0.001, 0.1),
    Setup("relu", "positive-definite", 0.001),
    Setup("tanh", "orthogonal", 0.002),
)
UNABLE, UNABLE_FROM = "tanh", 100
"""The cell that is expected to fail, and the shortest length at which it has to."""


def run(seed: int, steps: int) -> Iterator[Result]:
    test_errors: dict[Setup, list[float]] = {setup: [] for setup in SETUPS}
    for T in LENGTHS:
        lines = {}
        for setup in SETUPS:
            errors, test_error = train_and_test(setup, T, steps, np.random.default_rng(seed))
            test_errors[setup].append(test_error)
            figures: dict[str, Figure] = {"length": T, "cell": setup.cell, "start": setup.initializer}
            figures |= {"updates": len(errors) * EVERY, "test_error": test_error, "of_1/6": test_error / BASELINE}
            yield Finding("mean squared error", figures, as_expected(setup.cell, T, test_error))
            updates = [EVERY * (block + 1) for block in range(len(errors))]
            lines[f"{setup.cell}, {setup.initializer}"] = (updates, [min(error, 1.0) for error in errors])
        yield Curves(f"Mean squared error at length {T}", "updates", lines, logarithmic=True)
    lengths = ", ".join(map(str, LENGTHS))
    for setup, errors in test_errors.items():
        passed = all(as_expected(setup.cell, T, error) for T, error in zip(LENGTHS, errors, strict=True))
        reached = ", ".join(f"{error:.4f}" for error in errors)
        text = f"{setup.cell}, {setup.initializer}: error at {lengths}"
        yield claim(text, "0.167 for a constant output of 1", reached, passed=passed)


def as_expected(cell: str, T: int, error: float) -> bool:
    """Return True if the cell solved the problem, or, for the cell that is unable to, if it did not."""
    if cell == UNABLE:
        return T < UNABLE_FROM or error > MIN_UNSOLVED * BASELINE
    return error < MAX_SOLVED * BASELINE


def train_and_test(setup: Setup, T: int, steps: int, rng: np.random.Generator) -> tuple[list[float], float]:
    """Train until the error is small enough, for at most `steps` updates.

    Returns the mean squared error of every 50 updates, and that of 1,000 other sequences.
    """
    network = sequence_network(2, 1, H, head="linear", cell=setup.cell, initializer=setup.initializer)
    parameters = network.initialize(rng)
    parameters["layers.0.Wx"] *= setup.input_scale
    batches = endless(lambda: sequences(T, BATCH, rng))
    errors: list[float] = []
    recent: list[float] = []
    for loss in train(network, parameters, batches, steps=steps, rate=cosine_decay(setup.rate), clip=CLIP):
        recent.append(2.0 * loss)  # the loss is half the squared error
        if len(recent) == EVERY:
            errors.append(float(np.mean(recent)))
            recent.clear()
            if errors[-1] < SOLVED:
                break
    x, targets = sequences(T, TEST, rng)
    return errors, float(np.square(network.output(parameters, x)[-1] - targets[-1]).mean())


def sequences(T: int, B: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return numbers and marks x (T, B, 2), and targets (T, B, 1): the sum at the last step, NaN before it."""
    x, targets = np.zeros((T, B, 2), np.float32), np.full((T, B, 1), np.nan, np.float32)
    x[..., 0] = rng.random((T, B))
    stream, marked_steps = np.arange(B), (rng.integers(T // 2, size=B), rng.integers(T // 2, T, size=B))
    for step in marked_steps:
        x[step, stream, 1] = 1.0
    targets[-1, :, 0] = sum(x[step, stream, 0] for step in marked_steps)
    return x, targets
