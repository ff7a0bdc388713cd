"""Hello: all numbers of a network with four letters and three hidden units that has learned one word."""

import itertools
from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.inspection.units import activations
from charrnn.lab.protocol import Figure, Finding, claim
from charrnn.lab.training import train
from charrnn.network.network import Network

TITLE = "hello, number by number"
EXPLANATION = """\
The smallest useful character model: the letters h, e, l and o as one-hot vectors, three tanh units, and a softmax
over the four letters. It reads "hell" and learns to predict "ello", over and over.
The first l is followed by l, the second by o: the letter alone does not determine the next one. Compare the two rows
with input l: the hidden units differ, because the state depends on the letters before. That is the whole idea of a
recurrent network."""

LETTERS, WORD = "ehlo", "hello"
HIDDEN, RATE = 3, 0.05


def run(seed: int, steps: int) -> Iterator[Finding]:
    network = Network.from_config(NetworkConfig(len(LETTERS), HIDDEN, 1))
    parameters = network.initialize(np.random.default_rng(seed), np.float64)
    ids = np.array([LETTERS.index(letter) for letter in WORD])[:, None]
    inputs, targets = ids[:-1], ids[1:]
    losses = list(train(network, parameters, itertools.repeat((inputs, targets)), steps=steps, rate=RATE))
    h = activations(network, parameters, inputs[:, 0])[:, 0]  # (T, H)
    p = network.output(parameters, inputs)[:, 0]  # (T, V)
    prediction = "".join(LETTERS[letter] for letter in p.argmax(axis=-1))
    for t, (letter, target) in enumerate(itertools.pairwise(WORD)):
        figures: dict[str, Figure] = {"input": letter, "target": target}
        figures |= {f"h[{unit}]": float(h[t, unit]) for unit in range(HIDDEN)}
        figures |= {f"p({candidate})": float(p[t, index]) for index, candidate in enumerate(LETTERS)}
        yield Finding("steps", figures | {"says": prediction[t]}, prediction[t] == target)
    first, last = losses[0], losses[-1]
    yield Finding("loss", {"updates": steps, "before": first, "after": last}, last < 0.1 < first)
    yield claim("prediction after each letter of hell", "ello", prediction, passed=prediction == WORD[1:])
