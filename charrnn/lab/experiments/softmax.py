"""Softmax and cross-entropy by numbers: four scores, their probabilities, the loss of each label, and temperature."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from charrnn.lab.protocol import Finding, claim
from charrnn.language.distribution import entropy
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Array, Workspace
from charrnn.network.losses import cross_entropy, softmax

TITLE = "Softmax, cross-entropy and temperature"
EXPLANATION = """\
The scores 1, 2, 3, 4 become probabilities that sum to one. Adding the same number to all scores, even a thousand,
changes nothing. The loss of a label is -ln of its probability, and its gradient is the probabilities minus one at the
label.
A temperature below one makes the most probable token more probable; one above makes all tokens more alike. The
entropy measures it.
A uniform model has a loss of ln V per token: 1.95 nats for seven words, 4.17 for the 65 characters of
tiny-shakespeare. A higher loss at the first step means an error in the program."""

SCORES = np.array([1.0, 2.0, 3.0, 4.0])
PROBABILITIES = np.array([0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879724])
LOSSES = (3.4401896985611953, 2.4401896985611953, 1.4401896985611953, 0.4401896985611953)
TEMPERATURES = {
    0.5: ((0.0021440088, 0.0158422012, 0.1170589132, 0.8649548768), 0.455429),
    1.0: (tuple(PROBABILITIES), 0.947537),
    2.0: ((0.1015363241, 0.1674050973, 0.2760043447, 0.4550542339), 1.245050),
}
"""Probabilities and their entropy in nats, by temperature."""
UNIFORM = {7: 1.945910, 65: 4.174387, 8000: 8.987197}
"""Loss of a uniform model in nats, by the number of tokens."""
TOLERANCE, PRINTED_TOLERANCE = 1e-12, 1e-6
"""Tolerances for references with all digits, and for references with a few printed digits."""


def run(seed: int, steps: int) -> Iterator[Finding]:
    del seed, steps  # no random draws and no training
    for shift in (0.0, 1000.0):
        p = softmax(SCORES + shift)
        error = float(np.abs(p - PROBABILITIES).max())
        yield Finding("softmax", {"shifted_by": shift, **_by_index(p), "off": error}, error < TOLERANCE)
    for label, reference in enumerate(LOSSES):
        nats, gradient = label_loss(label)
        expected = PROBABILITIES - np.eye(4)[label]
        error = max(abs(nats - reference), float(np.abs(gradient - expected).max()))
        figures = {"label": label, "nats": nats, **_by_index(gradient), "off": error}
        yield Finding("labels", figures, error < TOLERANCE)
    for temperature, (probabilities, reference) in TEMPERATURES.items():
        p = Sampling(temperature).probabilities(SCORES)
        nats = entropy(p) * math.log(2.0)
        error = max(float(np.abs(p - probabilities).max()), abs(nats - reference))
        figures = {"temperature": temperature, **_by_index(p), "entropy": nats, "off": error}
        yield Finding("temperatures", figures, error < PRINTED_TOLERANCE)
    for V, reference in UNIFORM.items():
        nats, _ = cross_entropy(np.zeros((1, 1, V)), np.zeros((1, 1), np.int64), 1, Workspace(np.float64))
        figures = {"tokens": V, "nats": nats, "bits": nats / math.log(2.0)}
        yield Finding("uniform model", figures, abs(nats - reference) < PRINTED_TOLERANCE)
    yield from _claims()


def _claims() -> Iterator[Finding]:
    reference, reached = _join(PROBABILITIES, 10), _join(softmax(SCORES), 10)
    yield claim("softmax of 1, 2, 3, 4", reference, reached, passed=reference == reached)
    reference, reached = _join([LOSSES[0]], 12), _join([label_loss(0)[0]], 12)
    yield claim("cross-entropy of the first label", reference, reached, passed=reference == reached)
    reference = _join((nats for _, nats in TEMPERATURES.values()), 6)
    reached = _join((entropy(Sampling(t).probabilities(SCORES)) * math.log(2.0) for t in TEMPERATURES), 6)
    text = f"entropy at temperatures {', '.join(f'{temperature:g}' for temperature in TEMPERATURES)}"
    yield claim(text, reference, reached, passed=reference == reached)


def label_loss(label: int) -> tuple[float, Array]:
    """Return -ln p of a label in nats, and the gradient (4,) of that loss with respect to the scores."""
    nats, gradient = cross_entropy(SCORES.reshape(1, 1, 4).copy(), np.array([[label]]), 1, Workspace(np.float64))
    return nats, gradient[0, 0]


def _by_index(row: Array) -> dict[str, float]:
    return {f"[{index}]": float(number) for index, number in enumerate(row)}


def _join(numbers: Iterable[float], digits: int) -> str:
    return ", ".join(f"{number:.{digits}f}" for number in numbers)
