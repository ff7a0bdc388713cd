"""hello: four letters, three hidden units, and every number of a network that has learned one word."""

import itertools
from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.inspection.units import activations
from charrnn.lab.protocol import Finding, claim
from charrnn.lab.training import always, learn, probabilities
from charrnn.network.network import Network

TITLE = "hello, number by number"
EXPLANATION = """\
The smallest character model that there is a point in: the letters h, e, l and o as one-hot vectors, three tanh units,
and a softmax over the four letters. It reads "hell" and learns to say "ello", over and over.
After l comes l once and o the other time: the letter alone does not tell. So look at the two rows with input l: the
hidden units are not the same, because the state remembers whether there was an l before. That is all that a recurrent
network is."""

LETTERS, WORD = "ehlo", "hello"
HIDDEN, RATE = 3, 0.05


def run(seed: int, steps: int) -> Iterator[Finding]:
    network = Network(NetworkConfig(len(LETTERS), HIDDEN, 1))
    rng = np.random.default_rng(seed)
    parameters = network.initialize(rng, np.float64)
    ids = np.array([LETTERS.index(letter) for letter in WORD])[:, None]
    losses = list(learn(network, parameters, always(ids[:-1], ids[1:]), steps=steps, rate=RATE, rng=rng))
    h = activations(network, parameters, ids[:-1, 0])[:, 0]  # (T, H)
    p = probabilities(network, parameters, ids[:-1], ids[1:])
    spelled = ""
    for t, (letter, following) in enumerate(itertools.pairwise(WORD)):
        said = LETTERS[int(p[t, 0].argmax())]
        spelled += said
        figures: dict[str, str | float] = {"input": letter, "target": following}
        figures |= {f"h[{unit}]": float(h[t, unit]) for unit in range(HIDDEN)}
        figures |= {f"p({each})": float(p[t, 0, index]) for index, each in enumerate(LETTERS)}
        yield Finding("steps", figures | {"says": said}, said == following)
    before, after = losses[0], losses[-1]
    yield Finding("loss", {"updates": steps, "before": before, "after": after}, after < 0.1 < before)
    yield claim("what follows each letter of hell", "ello", spelled, passed=spelled == WORD[1:])
