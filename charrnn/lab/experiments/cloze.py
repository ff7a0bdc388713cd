"""Cloze: a label that is determined by the following tokens alone; a forward network can only guess it.

The label is first a blank in a text, then a class of the first step. Reports the accuracy by reading direction.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Figure, Finding, claim
from charrnn.lab.training import endless, train_from_scratch
from charrnn.network.arrays import Array, Ids
from charrnn.network.network import Network

TITLE = "A word that only the following words decide"
EXPLANATION = """\
"The weather is fine on Saturday; we could ____": play ball, or sleep in? The text continues with "do not wake me",
which decides it. Here every sequence begins with one of two labels, noise follows, and the last token decides which
label it is. A forward network has to predict the label before it has read anything of use, so that it cannot beat
chance. Two networks, one of which reads backward from the end, meet at the label and predict it every time, in
sequences that training did not contain.
Then the same with the label as a class of the first step instead of a token: predicted by a forward layer, by a
bidirectional layer, and by two bidirectional layers, the second of which reads both directions of the first."""

NOISE_TOKENS, LENGTH, BATCH, TEST = 4, 6, 64, 1000
V = 5 + NOISE_TOKENS
CELL, H, E, RATE = "gru", 16, 8, 0.01
TOKEN, CLASS = "a token of the text", "a class of the first step"


def run(seed: int, steps: int) -> Iterator[Finding]:
    test = sequences(TEST, np.random.default_rng([seed, 1]))
    rows = [
        (TOKEN, "forward", False, token_accuracy(test, steps, seed, both=False)),
        (TOKEN, "both ways", True, token_accuracy(test, steps, seed, both=True)),
    ]
    for reads, both, layers in (("forward", False, 1), ("both ways", True, 1), ("both ways, deep", True, 2)):
        network = sequence_network(V, 2, H, cell=CELL, layers=layers, bidirectional=both)
        rows.append((CLASS, reads, both, class_accuracy(network, test, steps, seed)))
    for target, reads, both, accuracy in rows:
        figures: dict[str, Figure] = {"asked": target, "reads": reads, "right": accuracy}
        yield Finding("labels", figures, as_expected(accuracy, both=both))
    for target, reads, both, accuracy in rows:
        reference = "100 %" if both else "50 %, chance"
        reached = f"{100 * accuracy:.1f} %"
        yield claim(f"{target}, {reads}", reference, reached, passed=as_expected(accuracy, both=both))


def as_expected(accuracy: float, *, both: bool) -> bool:
    """Return True if a network that reads both ways is always right, or a forward one is at chance."""
    return accuracy == 1.0 if both else abs(accuracy - 0.5) < 0.1


def sequences(B: int, rng: np.random.Generator) -> Ids:
    """Return ids (LENGTH + 3, B): 0, a label 1 or 2, noise, and 3 for label 1 or 4 for label 2."""
    label = rng.integers(2, size=(1, B))
    noise = rng.integers(5, V, size=(LENGTH, B))
    return np.concatenate([np.zeros_like(label), 1 + label, noise, 3 + label])


def token_accuracy(test: Ids, steps: int, seed: int, *, both: bool) -> float:
    """Return the share of labels predicted by a language model, or by a cloze model if `both`."""
    body = "two_sided" if both else "stack"
    network = Network.from_config(NetworkConfig(V, H, 1, 8, cell=CELL, body=body))
    rng = np.random.default_rng(seed)

    def draw() -> tuple[Ids, Ids]:
        ids = sequences(BATCH, rng)
        return ids[:-1], ids[1:]

    parameters = train_from_scratch(network, endless(draw), steps=steps, rate=RATE, rng=rng)
    p = network.output(parameters, network.body.visible(test[:-1], test[1:]))  # (T, B, V)
    return float((p[0].argmax(axis=-1) == test[1]).mean())


def class_accuracy(network: Network, test: Ids, steps: int, seed: int) -> float:
    """Return the share of labels that a network predicts at its first step; it reads the noise and the last token."""
    rng, onehot = np.random.default_rng(seed), np.eye(V, dtype=np.float32)

    def draw() -> tuple[Array, Ids]:
        ids = sequences(BATCH, rng)
        targets = np.full(ids[2:].shape, -1)
        targets[0] = ids[1] - 1
        return onehot[ids[2:]], targets

    parameters = train_from_scratch(network, endless(draw), steps=steps, rate=RATE, rng=rng)
    predicted = network.output(parameters, onehot[test[2:]])[0].argmax(axis=-1)
    return float((predicted == test[1] - 1).mean())
