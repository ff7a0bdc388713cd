"""Cloze: a word that only what follows can tell; a network that reads forward has to guess it."""

from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.lab import Finding, claim
from charrnn.lab.learning import always, learn, probabilities
from charrnn.network.arrays import Array, Ids
from charrnn.network.cloze import ClozeNetwork, network_of

TITLE = "A word that only the future tells"
EXPLANATION = """\
"The weather is fine on Saturday; we could ____": play ball, or sleep in? The text goes on with "do not wake me", and
all is clear. Here a label of two stands first in every sequence, then some noise, and at the end the token that
decides it. A network that reads forward has seen nothing when it must name the label: it cannot do better than
chance. Two networks, one of which reads backwards, meet at the label and name it every time, in sequences that they
never saw."""

NOISE_TOKENS, LENGTH, SEQUENCES = 4, 6, 400
HIDDEN, RATE = 16, 0.02


def run(seed: int, steps: int) -> Iterator[Finding]:
    rng = np.random.default_rng(seed)
    train, test = sequences(rng), sequences(rng)
    claims = []
    for way, both in (("forward", False), ("forward and backward", True)):
        network = network_of(NetworkConfig(5 + NOISE_TOKENS, HIDDEN, 1, 8, cloze=both))
        parameters = network.initialize(np.random.default_rng(seed))
        for _ in learn(network, parameters, always(train[:-1], train[1:]), steps=steps, rate=RATE, rng=rng):
            pass
        labels = probabilities(network, parameters, test[:-1], test[1:])[0]  # (B, V)
        right = float((labels.argmax(axis=-1) == test[1]).mean())
        expected = right == 1.0 if isinstance(network, ClozeNetwork) else abs(right - 0.5) < 0.1
        yield Finding("labels", {"reads": way, "right": right, "p": _mean(labels, test[1])}, expected)
        claims.append((way, "100 %" if both else "50 %, chance", f"{100 * right:.1f} %", expected))
    for way, known, reached, passed in claims:
        yield claim(f"labels right, reading {way}", known, reached, passed=passed)


def sequences(rng: np.random.Generator) -> Ids:
    """(LENGTH + 3, SEQUENCES): the beginning 0, a label 1 or 2, noise, and 3 or 4, which goes with the label."""
    label = rng.integers(2, size=(1, SEQUENCES))
    noise = rng.integers(5, 5 + NOISE_TOKENS, size=(LENGTH, SEQUENCES))
    return np.concatenate([np.zeros_like(label), 1 + label, noise, 3 + label])


def _mean(p: Array, labels: Ids) -> float:
    return float(p[np.arange(len(labels)), labels].mean())
