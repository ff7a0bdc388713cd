"""The adding problem: two of many numbers are marked, and their sum is asked for at the end (Hochreiter and
Schmidhuber 1997; Le, Jaitly and Hinton 2015; Talathi and Vartak 2015).

A seed → a `Finding` for each cell, start and length.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.lab.protocol import Curves, Finding, Result, claim
from charrnn.lab.training import Draw, learn
from charrnn.network.arrays import Array
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.training.schedules import cosine

TITLE = "The adding problem"
EXPLANATION = """\
At each step a number between 0 and 1 comes in, and a mark that is 1 at one step of the first half and at one of the
second. At the end the network has to say the sum of the two numbers. Who always says 1 has a mean squared error of
1/6; who does better has carried a number through a hundred steps, and learned to, by an error that came back through
all of them.
A tanh network hardly leaves 1/6 at lengths of 100 and 200. LSTM and GRU get there; so do rectifiers, if they start
with an identity in place of a random matrix, or with a positive definite one whose largest eigenvalue is 1. `updates`
says how many it took to an error of 0.01 in training, each a batch of 32 new sequences; the error is that of 1,000
others."""

LENGTHS = (50, 100, 200)
BASELINE, SOLVED, EVERY = 1 / 6, 0.01, 50
LITTLE, MUCH = 0.2, 0.5
"""Shares of the baseline: who is below the first has solved it, who is above the second has learned little."""
H, BATCH, CLIP = 32, 32, 1.0
KINDS: tuple[tuple[str, str, float, float], ...] = (
    ("lstm", "orthogonal", 0.01, 1.0),
    ("gru", "orthogonal", 0.01, 1.0),
    ("relu", "identity", 0.001, 0.1),
    ("relu", "positive-definite", 0.001, 1.0),
    ("tanh", "orthogonal", 0.002, 1.0),
)
"""Cell, start of Wh, learning rate, and a factor for the first Wx: an identity adds up all that comes in."""
UNABLE, UNABLE_FROM = "tanh", 100


def run(seed: int, steps: int) -> Iterator[Result]:
    reached: dict[tuple[str, str], list[float]] = {}
    for T in LENGTHS:
        lines = {}
        for cell, initializer, rate, factor in KINDS:
            errors, test = learned(cell, initializer, rate, factor, T, steps, np.random.default_rng(seed))
            figures: dict[str, str | int | float] = {"length": T, "cell": cell, "start": initializer}
            figures |= {"updates": len(errors) * EVERY, "test_error": test, "of_1/6": test / BASELINE}
            yield Finding("mean squared error", figures, as_expected(cell, T, test))
            reached.setdefault((cell, initializer), []).append(test)
            lines[f"{cell}, {initializer}"] = (
                [EVERY * (block + 1) for block in range(len(errors))],
                [min(error, 1.0) for error in errors],
            )
        yield Curves(f"Mean squared error at length {T}", "updates", lines, logarithmic=True)
    lengths = ", ".join(map(str, LENGTHS))
    for (cell, initializer), tests in reached.items():
        passed = all(as_expected(cell, T, test) for T, test in zip(LENGTHS, tests, strict=True))
        said = ", ".join(f"{test:.4f}" for test in tests)
        yield claim(f"{cell}, {initializer}: error at {lengths}", "0.167 by saying 1", said, passed=passed)


def as_expected(cell: str, T: int, error: float) -> bool:
    """Whether a cell has solved it, or, if it is not able to, has not."""
    if cell == UNABLE:
        return T < UNABLE_FROM or error > MUCH * BASELINE
    return error < LITTLE * BASELINE


def learned(
    cell: str, initializer: str, rate: float, factor: float, T: int, steps: int, rng: np.random.Generator
) -> tuple[list[float], float]:
    """The mean squared error over every 50 updates, until it is small enough, and that of 1,000 other sequences."""
    network = SequenceNetwork(RecurrentLayers(2, H, 1, cell, initializer=initializer), 1, "linear")
    parameters = network.initialize(rng)
    parameters["layers.0.Wx"] *= factor
    errors: list[float] = []
    since: list[float] = []
    for half_error in learn(
        network, parameters, sums(T, BATCH), steps=steps, rate=lambda done: rate * cosine(done), rng=rng, clip=CLIP
    ):
        since.append(2.0 * half_error)
        if len(since) == EVERY:
            errors.append(float(np.mean(since)))
            since.clear()
            if errors[-1] < SOLVED:
                break
    x, targets = sums(T, 1000)(0, rng)
    return errors, float(np.square(network.output(parameters, x)[-1] - targets[-1]).mean())


def sums(T: int, B: int) -> Draw:
    """x (T, B, 2) of numbers and marks; the sum of the two that are marked is the only target, at the last step."""

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, Array]:
        del number
        x, targets = np.zeros((T, B, 2), np.float32), np.full((T, B, 1), np.nan, np.float32)
        x[..., 0] = rng.random((T, B))
        stream, places = np.arange(B), (rng.integers(T // 2, size=B), rng.integers(T // 2, T, size=B))
        for place in places:
            x[place, stream, 1] = 1.0
        targets[-1, :, 0] = sum(x[place, stream, 0] for place in places)
        return x, targets

    return draw
