"""Recall: who was it? A subject has to be remembered over a gap of words, to be named again at its end.

A seed → a `Finding` for each n-gram model, then one for each cell, start and gap, over five runs.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.lab.protocol import Finding, claim
from charrnn.lab.training import always, learn, probabilities
from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Ids
from charrnn.network.network import Network

TITLE = "Who can remember a subject over a gap?"
EXPLANATION = """\
"I was late for school yesterday, and the teacher scolded ____": the answer stands nine tokens before the blank. Four
sentences differ in their subject alone, which comes again at the end. Chance is 1/4, and so is every n-gram whose
context does not reach back to the subject. A network can carry it in its state, but must learn to, through as many
steps of back-propagation.
Each cell and each way of starting its weights is trained five times, until it names the right subject with p > 0.99
in all four sentences, or for 1,500 updates. `reached` says how many of the five did. Over nine tokens all cells do
from all these starts, with an exception now and then. Over fifteen only LSTM and rectifiers do every time: that a
network can see arbitrarily far does not mean that it learns to."""

SUBJECTS, GAPS, RUNS = 4, (3, 9, 15), 5
KINDS = (
    ("tanh", "uniform"),
    ("tanh", "orthogonal"),
    ("tanh", "identity"),
    ("relu", "identity"),
    ("lstm", "orthogonal"),
    ("gru", "orthogonal"),
)
MUST_REACH = {("lstm", "orthogonal", 9): 5, ("gru", "orthogonal", 9): 5, ("tanh", "orthogonal", 9): 4}
"""How many of five runs have to, by cell, start and gap."""
H, RATE, ENOUGH, EVERY = 32, 0.01, 0.99, 20


def run(seed: int, steps: int) -> Iterator[Finding]:
    claims, by_counts = [], {}
    for order in (2, 5, 10, 11):
        p = counted(order, gap=9)
        can = order > 10
        yield Finding("n-grams", {"order": order, "gap": 9, "p": p}, (p > ENOUGH) if can else p < 0.26)
        by_counts[order] = p
    for gap in GAPS:
        for cell, initializer in KINDS:
            found = [remembered(cell, initializer, gap, steps, seed * RUNS + number) for number in range(RUNS)]
            updates = sorted(each for each in found if each is not None)
            figures: dict[str, str | int] = {
                "cell": cell,
                "start": initializer,
                "gap": gap,
                "reached": len(updates),
                "of": RUNS,
                "updates": updates[len(updates) // 2] if updates else "more",
            }
            least = MUST_REACH.get((cell, initializer, gap), 0)
            yield Finding("networks", figures, len(updates) >= least)
            if least:
                claims.append((f"{cell}, {initializer}, gap {gap}", least, len(updates)))
    p = by_counts[10]
    yield claim("a 10-gram at gap 9", "0.25, chance", f"{p:.2f}", passed=p < 0.26)
    for kind, least, reached in claims:
        yield claim(f"{kind}: p > 0.99", f"{least} of {RUNS}", f"{reached} of {RUNS}", passed=reached >= least)


def sentences(gap: int) -> Ids:
    """(gap + 3, SUBJECTS): the beginning, a subject, the same words for all, and the subject again."""
    beginning, words = SUBJECTS + gap, np.arange(SUBJECTS, SUBJECTS + gap)
    rows = [[beginning, subject, *words, subject] for subject in range(SUBJECTS)]
    return np.array(rows).T


def remembered(cell: str, initializer: str, gap: int, steps: int, seed: int) -> int | None:
    """After how many updates the subject is named with p > ENOUGH in all sentences; None if it never is."""
    tokens = sentences(gap)
    inputs, targets = tokens[:-1], tokens[1:]
    network = Network(NetworkConfig(SUBJECTS + gap + 1, H, 1, 0, 0.0, cell, initializer))
    rng = np.random.default_rng(seed)
    parameters = network.initialize(rng)
    for step, _ in enumerate(learn(network, parameters, always(inputs, targets), steps=steps, rate=RATE, rng=rng)):
        if step % EVERY == 0:
            p = probabilities(network, parameters, inputs, targets)[-1]  # (B, V)
            if p[np.arange(SUBJECTS), targets[-1]].min() > ENOUGH:
                return step
    return None


def counted(order: int, gap: int) -> float:
    """The probability of the right subject by an n-gram model that has read the sentences many times."""
    tokens = sentences(gap)
    start = int(tokens[0, 0])
    ngrams = Ngrams.count(np.tile(tokens.T.reshape(-1), 1000), start + 1, order, start)
    logp = [ngrams.log_probabilities(tokens[1:, b], start)[-1, -1] for b in range(SUBJECTS)]
    return float(np.exp(logp).min())
