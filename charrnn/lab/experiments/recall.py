"""Recall: a subject has to be remembered over a gap of words and predicted again at the end of the sentence.

Reports n-gram models first, then each cell, initializer and gap over five runs.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.lab.protocol import Figure, Finding, claim
from charrnn.lab.training import train
from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Ids
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText

TITLE = "Remembering a subject over a gap"
EXPLANATION = """\
"I was late for school yesterday, and the teacher scolded ____": the answer stands nine tokens before the blank. Four
sentences differ in their subject only, which is also the last token. Chance is 1/4, and so is every n-gram model
whose context does not reach the subject. A network can hold the subject in its state, but has to learn to do so by
back-propagation through as many steps.
Each cell and initializer is trained five times, until the network predicts the right subject with p > 0.99 in all
four sentences, or for 1,500 updates. `reached` is the number of runs that learned it. Over nine tokens all cells
learn it from all these initial weights, with an exception now and then. Over fifteen only LSTM and rectifiers learn
it every time: that a network can see arbitrarily far does not mean that it learns to."""

SUBJECTS, GAPS, RUNS = 4, (3, 9, 15), 5
KINDS = (
    ("tanh", "uniform"),
    ("tanh", "orthogonal"),
    ("tanh", "identity"),
    ("relu", "identity"),
    ("lstm", "orthogonal"),
    ("gru", "orthogonal"),
)
"""Cells and the initializers of their Wh."""
REQUIRED = {("lstm", "orthogonal", 9): 5, ("gru", "orthogonal", 9): 5, ("tanh", "orthogonal", 9): 4}
"""Number of the five runs that are required to succeed, by cell, initializer and gap."""
H, RATE, MIN_PROBABILITY, TEST_INTERVAL = 32, 0.01, 0.99, 20
NGRAM_GAP, NGRAM_ORDERS, NGRAM_COPIES, MAX_CHANCE = 9, (2, 5, 10, 11), 1000, 0.26


def run(seed: int, steps: int) -> Iterator[Finding]:
    ngram_probabilities = {}
    for order in NGRAM_ORDERS:
        p = ngram_probability(order, NGRAM_GAP)
        reaches = order > NGRAM_GAP + 1
        ngram_probabilities[order] = p
        figures: dict[str, Figure] = {"order": order, "gap": NGRAM_GAP, "p": p}
        yield Finding("n-grams", figures, p > MIN_PROBABILITY if reaches else p < MAX_CHANCE)
    claims = []
    for gap, (cell, initializer) in itertools.product(GAPS, KINDS):
        runs = [updates_needed(cell, initializer, gap, steps, seed * RUNS + number) for number in range(RUNS)]
        updates = sorted(needed for needed in runs if needed is not None)
        reached, required = len(updates), REQUIRED.get((cell, initializer, gap), 0)
        figures = {"cell": cell, "start": initializer, "gap": gap, "reached": reached, "of": RUNS}
        figures["updates"] = updates[reached // 2] if updates else "more"
        yield Finding("networks", figures, reached >= required)
        if required:
            claims.append((f"{cell}, {initializer}, gap {gap}: runs with p > 0.99", required, reached))
    p = ngram_probabilities[10]
    yield claim("a 10-gram at gap 9", "0.25, chance", f"{p:.2f}", passed=p < MAX_CHANCE)
    for text, required, reached in claims:
        yield claim(text, f"{required} of {RUNS}", f"{reached} of {RUNS}", passed=reached >= required)


def sentences(gap: int) -> Ids:
    """Return ids (gap + 3, SUBJECTS): the beginning, a subject, the same words for all, and the subject again."""
    beginning, words = SUBJECTS + gap, np.arange(SUBJECTS, SUBJECTS + gap)
    rows = [[beginning, subject, *words, subject] for subject in range(SUBJECTS)]
    return np.array(rows).T


def updates_needed(cell: str, initializer: str, gap: int, steps: int, seed: int) -> int | None:
    """Return the updates until every subject is predicted with p > 0.99; None if `steps` do not suffice."""
    tokens = sentences(gap)
    inputs, targets = tokens[:-1], tokens[1:]
    network = Network.from_config(NetworkConfig(SUBJECTS + gap + 1, H, 1, cell=cell, initializer=initializer))
    parameters = network.initialize(np.random.default_rng(seed))
    batches = itertools.repeat((inputs, targets))
    for step, _ in enumerate(train(network, parameters, batches, steps=steps, rate=RATE)):
        if step % TEST_INTERVAL == 0:
            p = network.output(parameters, inputs)[-1]  # (B, V)
            if p[np.arange(SUBJECTS), targets[-1]].min() > MIN_PROBABILITY:
                return step
    return None


def ngram_probability(order: int, gap: int) -> float:
    """Return the lowest probability of a correct subject in an n-gram model of many copies of the sentences."""
    tokens = sentences(gap)
    bos_id = int(tokens[0, 0])
    ngrams = Ngrams.count(np.tile(tokens.T.reshape(-1), NGRAM_COPIES), bos_id + 1, order, bos_id)
    texts = [EncodedText(tokens[1:, b], bos_id, len(tokens) - 1, 0) for b in range(SUBJECTS)]
    log_p = [ngrams.log_probabilities(text)[-1, -1] for text in texts]
    return float(np.exp(log_p).min())
