"""Echo: say what came in some steps ago; and what a window that is too short can learn of it.

A seed → a `Finding` for each delay and window.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.protocol import Finding, Result, claim
from charrnn.lab.training import Draw, learn
from charrnn.network.arrays import Array, Workspace
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork

TITLE = "Echo, and the price of truncation"
EXPLANATION = """\
Random bits come in, and the network has to say the bit of some steps ago: its state is a queue. It is trained as the
language model is, by truncated back-propagation: in windows of so many steps, with the state carried from each to the
next but not the gradient.
In a window that is longer than the delay, the error reaches back to the step where the bit came in, and the network
learns to keep it. In one that is not, no error ever does, and the network stays near chance however long one trains:
its state could carry the bit, and nothing tells it to. A little above chance is what a random recurrence happens to
echo by itself, for the output to read (an echo state network, Jaeger 2001). That is what --bptt is about."""

H, BATCH, RATE = 32, 32, 0.005
DELAYS, WINDOWS = (2, 4, 8, 12), (4, 8, 16)
TEST = 500
ENOUGH, NEAR_CHANCE = 0.99, 0.75


def run(seed: int, steps: int) -> Iterator[Result]:
    judged = []
    for delay in DELAYS:
        for T in WINDOWS:
            right = learned(delay, T, steps, np.random.default_rng([seed, delay, T]))
            figures = {"delay": delay, "window": T, "window_reaches": delay < T, "right": right}
            passed = right > ENOUGH if delay < T else right < NEAR_CHANCE
            yield Finding("bits said right", figures, passed)
            judged.append(passed)
    reached = f"{sum(judged)} of {len(judged)}"
    yield claim("learned where the window reaches, near chance elsewhere", "all", reached, passed=all(judged))


def learned(delay: int, T: int, steps: int, rng: np.random.Generator) -> float:
    """The share of bits said right in a stream that is new, after training in windows of T steps."""
    network = SequenceNetwork(RecurrentLayers(2, H), 2)
    parameters = network.initialize(rng)
    for _ in learn(network, parameters, stream(delay, T), steps=steps, rate=RATE, rng=rng, clip=1.0, carried=True):
        pass
    bits = rng.integers(2, size=(TEST, BATCH))
    scores, _, _ = network.forward(parameters, onehot(bits), network.start(BATCH), Workspace())
    return float((scores.argmax(axis=-1)[delay:] == bits[: TEST - delay]).mean())


def stream(delay: int, T: int) -> Draw:
    """Windows that follow each other: x (T, B, 2), and the bits of `delay` steps before as targets (T, B)."""
    before: list[NDArray[np.int64]] = [np.zeros((delay, BATCH), np.int64)]

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        bits = np.concatenate(
            [before[0] if number else np.full((delay, BATCH), -1), rng.integers(2, size=(T, BATCH))]
        )
        before[0] = bits[T:]
        return onehot(bits[delay:]), bits[:T]

    return draw


def onehot(bits: NDArray[np.int64]) -> Array:
    return np.eye(2, dtype=np.float32)[bits]
