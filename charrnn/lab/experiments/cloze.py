"""Cloze: a label that only what follows can tell; a network that reads forward has to guess it.

A seed → the share of labels right, as a word of a text and as a label of its first step, by what reads.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.lab.protocol import Finding, claim
from charrnn.lab.training import learn, probabilities, trained
from charrnn.network.arrays import Array, Ids
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.network.two_sided import network_of

TITLE = "A word that only the future tells"
EXPLANATION = """\
"The weather is fine on Saturday; we could ____": play ball, or sleep in? The text goes on with "do not wake me", and
all is clear. Here a label of two stands first in every sequence, then some noise, and at the end the token that
decides it. A network that reads forward has seen nothing when it must name the label: it cannot do better than
chance. Two networks, one of which reads backwards, meet at the label and name it every time, in sequences that they
never saw.
The same without the word itself, as a label that is asked for at the first step: of a layer that reads forward, of a
bidirectional one, and of two of these, where the second reads both directions of the first."""

NOISE_TOKENS, LENGTH, BATCH, TEST = 4, 6, 64, 1000
V = 5 + NOISE_TOKENS
CELL, HIDDEN, RATE = "gru", 16, 0.01


def run(seed: int, steps: int) -> Iterator[Finding]:
    test = sequences(TEST, np.random.default_rng([seed, 1]))
    found = [("a word of the text", "forward", False, as_word(test, steps, seed, both=False))]
    found.append(("a word of the text", "both ways", True, as_word(test, steps, seed, both=True)))
    for reads, both, layers in (("forward", False, 1), ("both ways", True, 1), ("both ways, deep", True, 2)):
        right = as_label(test, steps, RecurrentLayers(V, HIDDEN, layers, CELL, both), seed)
        found.append(("a label of the first step", reads, both, right))
    for what, reads, both, right in found:
        yield Finding("labels", {"asked": what, "reads": reads, "right": right}, as_expected(right, both=both))
    for what, reads, both, right in found:
        known = "100 %" if both else "50 %, chance"
        yield claim(f"{what}, {reads}", known, f"{100 * right:.1f} %", passed=as_expected(right, both=both))


def as_expected(right: float, *, both: bool) -> bool:
    """All right for who reads both ways, and chance for who does not."""
    return right == 1.0 if both else abs(right - 0.5) < 0.1


def sequences(B: int, rng: np.random.Generator) -> Ids:
    """(LENGTH + 3, B): the beginning 0, a label 1 or 2, noise, and 3 or 4, which goes with the label."""
    label = rng.integers(2, size=(1, B))
    noise = rng.integers(5, V, size=(LENGTH, B))
    return np.concatenate([np.zeros_like(label), 1 + label, noise, 3 + label])


def as_word(test: Ids, steps: int, seed: int, *, both: bool) -> float:
    """The share of labels that a language model of either kind says right, from what it reads."""
    network, rng = (
        network_of(NetworkConfig(V, HIDDEN, 1, 8, 0.0, CELL, body="two_sided" if both else "stack")),
        np.random.default_rng(seed),
    )
    parameters = network.initialize(rng)

    def draw(number: int, rng: np.random.Generator) -> tuple[Ids, Ids]:
        del number
        drawn = sequences(BATCH, rng)
        return drawn[:-1], drawn[1:]

    for _ in learn(network, parameters, draw, steps=steps, rate=RATE, rng=rng):
        pass
    p = probabilities(network, parameters, test[:-1], test[1:])[0]  # (B, V)
    return float((p.argmax(axis=-1) == test[1]).mean())


def as_label(test: Ids, steps: int, layers: RecurrentLayers, seed: int) -> float:
    """The share of labels that a network over the noise and the last token says right at its first step."""
    network, onehot = SequenceNetwork(layers, 2), np.eye(V, dtype=np.float32)

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, Ids]:
        del number
        drawn = sequences(BATCH, rng)
        targets = np.full(drawn[2:].shape, -1)
        targets[0] = drawn[1] - 1
        return onehot[drawn[2:]], targets

    parameters, _ = trained(network, draw, steps=steps, rate=RATE, rng=np.random.default_rng(seed))
    said = network.output(parameters, onehot[test[2:]])[0].argmax(axis=-1)
    return float((said == test[1] - 1).mean())
