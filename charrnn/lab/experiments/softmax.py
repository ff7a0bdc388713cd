"""Softmax and cross-entropy by numbers: four scores, their probabilities, what each label costs, and temperature."""

import math
from collections.abc import Iterator

import numpy as np

from charrnn.lab.protocol import Finding, claim
from charrnn.language.sampling import Sampling
from charrnn.language.top_tokens import entropy
from charrnn.network.arrays import Array, Workspace
from charrnn.network.losses import cross_entropy, softmax

TITLE = "Softmax, cross-entropy and temperature"
EXPLANATION = """\
The scores 1, 2, 3, 4 become probabilities that add up to one; adding the same number to all scores changes nothing,
be it a thousand. What a label costs is -ln of its probability, and the gradient is as simple as it can be: the
probabilities, less one at the label.
A temperature below one makes the likeliest likelier, one above makes all more alike: the entropy tells how much.
A model that knows nothing costs ln V a token: 1.95 nats for seven words, 4.17 for the 65 characters of
tiny-shakespeare. A loss above that at the first step is a mistake in the program."""

SCORES = np.array([1.0, 2.0, 3.0, 4.0])
PROBABILITIES = np.array([0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879724])
COSTS = (3.4401896985611953, 2.4401896985611953, 1.4401896985611953, 0.4401896985611953)
TEMPERATURES = {
    0.5: ((0.0021440088, 0.0158422012, 0.1170589132, 0.8649548768), 0.455429),
    1.0: (tuple(PROBABILITIES), 0.947537),
    2.0: ((0.1015363241, 0.1674050973, 0.2760043447, 0.4550542339), 1.245050),
}
"""Probabilities and their entropy in nats."""
UNIFORM = {7: 1.945910, 65: 4.174387, 8000: 8.987197}
TOLERANCE, PRINTED = 1e-12, 1e-6
"""For references in full and for those that are printed in a few digits."""


def run(seed: int, steps: int) -> Iterator[Finding]:
    del seed, steps  # nothing is drawn, nothing trained
    for shift in (0.0, 1000.0):
        p = softmax(SCORES + shift)
        off = float(np.abs(p - PROBABILITIES).max())
        yield Finding("softmax", {"shifted_by": shift, **_numbered(p), "off": off}, off < TOLERANCE)
    for label, reference in enumerate(COSTS):
        nats, gradient = cost(label)
        expected = PROBABILITIES - np.eye(4)[label]
        off = max(abs(nats - reference), float(np.abs(gradient - expected).max()))
        yield Finding("labels", {"label": label, "nats": nats, **_numbered(gradient), "off": off}, off < TOLERANCE)
    for temperature, (probabilities, nats) in TEMPERATURES.items():
        p = Sampling(temperature).probabilities(SCORES)
        found = entropy(p) * math.log(2.0)
        off = max(float(np.abs(p - probabilities).max()), abs(found - nats))
        figures = {"temperature": temperature, **_numbered(p), "entropy": found, "off": off}
        yield Finding("temperatures", figures, off < PRINTED)
    for V, reference in UNIFORM.items():
        nats, _ = cross_entropy(np.zeros((1, 1, V)), np.zeros((1, 1), np.int64), 1, Workspace(np.float64))
        measured = {"tokens": V, "nats": nats, "bits": nats / math.log(2.0)}
        yield Finding("knowing nothing", measured, abs(nats - reference) < PRINTED)
    yield from _claims()


def _claims() -> Iterator[Finding]:
    p = softmax(SCORES)
    known, reached = (", ".join(f"{each:.10f}" for each in row) for row in (PROBABILITIES, p))
    yield claim("softmax of 1, 2, 3, 4", known, reached, passed=known == reached)
    known, reached = f"{COSTS[0]:.12f}", f"{cost(0)[0]:.12f}"
    yield claim("cross-entropy of the first of them", known, reached, passed=known == reached)
    known = ", ".join(f"{nats:.6f}" for _, nats in TEMPERATURES.values())
    found = (entropy(Sampling(each).probabilities(SCORES)) * math.log(2.0) for each in TEMPERATURES)
    reached = ", ".join(f"{nats:.6f}" for nats in found)
    temperatures = ", ".join(f"{each:g}" for each in TEMPERATURES)
    yield claim(f"entropy at temperatures {temperatures}", known, reached, passed=known == reached)


def cost(label: int) -> tuple[float, Array]:
    """-ln p of a label, and the gradient (4,) of the scores."""
    nats, gradient = cross_entropy(SCORES.reshape(1, 1, 4).copy(), np.array([[label]]), 1, Workspace(np.float64))
    return nats, gradient[0, 0]


def _numbered(row: Array) -> dict[str, float]:
    return {f"[{index}]": float(each) for index, each in enumerate(row)}
