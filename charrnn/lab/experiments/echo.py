"""Echo: the target is an earlier input; reports which delays can be learned from a truncated window."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Finding, Result, claim
from charrnn.lab.training import train_from_scratch
from charrnn.network.arrays import Array

TITLE = "Echo, and the price of truncation"
EXPLANATION = """\
The input is a stream of random bits, and the target at each step is the bit of some steps ago: the state has to be a
queue. Training is that of the language model, truncated back-propagation: the stream is cut into windows, and the
state is carried from window to window, but the gradient is not.
In a window that is longer than the delay, the error is propagated back to the step at which the bit was read, and the
network learns to keep it. In a shorter window it never is, and the accuracy ends near chance: the state could hold
the bit, but no gradient trains it to. What is above chance is due to the random recurrence, which echoes its input by
itself for the output to read (an echo state network, Jaeger 2001). The option --bptt sets the window of the language
model."""

H, BATCH, RATE = 32, 32, 0.005
DELAYS, WINDOWS = (2, 4, 8, 12), (4, 8, 16)
TEST = 500
MIN_LEARNED, MAX_CHANCE = 0.99, 0.75


def run(seed: int, steps: int) -> Iterator[Result]:
    passes = []
    for delay in DELAYS:
        for T in WINDOWS:
            accuracy = train_and_test(delay, T, steps, np.random.default_rng([seed, delay, T]))
            figures = {"delay": delay, "window": T, "window_reaches": delay < T, "right": accuracy}
            passes.append(accuracy > MIN_LEARNED if delay < T else accuracy < MAX_CHANCE)
            yield Finding("share of bits predicted", figures, passes[-1])
    reached = f"{sum(passes)} of {len(passes)}"
    yield claim("learned where the window reaches, near chance elsewhere", "all", reached, passed=all(passes))


def train_and_test(delay: int, T: int, steps: int, rng: np.random.Generator) -> float:
    """Return the share of bits predicted in a new stream, after training in windows of T steps."""
    network = sequence_network(2, 2, H)
    parameters = train_from_scratch(
        network, windows(delay, T, rng), steps=steps, rate=RATE, rng=rng, clip=1.0, carry_state=True
    )
    bits = rng.integers(2, size=(TEST, BATCH))
    scores, _, _ = network.forward(parameters, one_hot(bits))
    return float((scores.argmax(axis=-1)[delay:] == bits[: TEST - delay]).mean())


def windows(delay: int, T: int, rng: np.random.Generator) -> Iterator[tuple[Array, NDArray[np.int64]]]:
    """Yield consecutive windows of a stream: x (T, B, 2), and the bits of `delay` steps before as targets (T, B)."""
    previous = np.full((delay, BATCH), -1)  # before the stream begins there is no target
    while True:
        bits = np.concatenate([previous, rng.integers(2, size=(T, BATCH))])
        previous = bits[T:]
        yield one_hot(bits[delay:]), bits[:T]


def one_hot(bits: NDArray[np.int64]) -> Array:
    """Return bits (T, B) as one-hot vectors (T, B, 2)."""
    return np.eye(2, dtype=np.float32)[bits]
