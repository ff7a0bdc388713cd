"""Sentiment, many to one: a sentence is classified as a good or a bad opinion from the last state.

Reports the accuracy on held-out sentences, beside that of a bag of words.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.protocol import Figure, Finding, Result, claim
from charrnn.lab.text_classifier import classify, one_hot, token_ids, train_classifier
from charrnn.network.arrays import Array
from charrnn.text.builtin import labeled_lines

TITLE = "Good or bad?"
EXPLANATION = """\
218 short opinions, half of them good and half bad, were written in pairs: "the film was not bad at all", "the film
was not good at all". A fifth of the pairs is held out, in each of five folds, and a GRU reads each sentence word by
word and classifies it. A bag of words (naive Bayes) is the baseline; it knows the words and not their order. With so
few sentences both are about equally accurate, because the meaning of a word takes many examples to learn.
Then sentences in which the order decides: "the soup was not bad but good", "the soup was not good but bad". They have
the same bag of words, so that the baseline is at chance. The state of a network after "not" differs, and the network
can tell them apart."""

FOLDS = 5
CELL, H, RATE = "gru", 32, 0.01
NOUNS = ["film", "book", "soup", "song", "hotel", "room", "garden", "meal", "concert", "story", "cake", "chair"]
GOOD = ["good", "great", "fine", "lovely", "perfect", "brilliant", "pleasant", "excellent"]
BAD = ["bad", "awful", "poor", "horrible", "terrible", "boring", "ugly", "dull"]
FORMS = (
    "the {noun} was not {rejected} but {opinion}",
    "the {noun} was {opinion} and not {rejected}",
    "the {noun} looked {rejected} but was {opinion}",
)
HELD_OUT = 0.2
MIN_OPINIONS, MIN_ORDER, MAX_ORDER_BAG = 0.65, 0.95, 0.6
"""Required accuracies: of the network in both tasks, and the highest of the bag of words where order decides."""
Labeled: TypeAlias = tuple[Sequence[Sequence[str]], NDArray[np.int64]]
"""Sentences as words, and their labels (B,): 1 for good, 0 for bad."""


def run(seed: int, steps: int) -> Iterator[Result]:
    folds = []
    for fold in range(FOLDS):
        gru, bag = accuracies(*opinions(fold, seed), steps, np.random.default_rng([seed, fold]))
        folds.append((gru, bag))
        figures: dict[str, Figure] = {"held_out": f"fold {fold + 1}", "gru": gru, "bag_of_words": bag}
        yield Finding("accuracy", figures)
    gru, bag = (float(mean) for mean in np.mean(folds, axis=0))
    order_gru, order_bag = accuracies(*order_pairs(np.random.default_rng(seed)), steps, np.random.default_rng(seed))
    passed = order_gru > MIN_ORDER and order_bag < MAX_ORDER_BAG
    figures = {"held_out": "order decides", "gru": order_gru, "bag_of_words": order_bag}
    yield Finding("accuracy", figures, passed)
    text = "accuracy on opinions, mean of five folds"
    yield claim(text, f"{bag:.2f} for a bag of words", f"{gru:.2f}", passed=gru > MIN_OPINIONS)
    text = "accuracy where the order decides"
    yield claim(text, f"{order_bag:.2f} for a bag of words", f"{order_gru:.2f}", passed=passed)


def opinions(fold: int, seed: int) -> tuple[Labeled, Labeled]:
    """Return the training part and the held-out part of the opinions; both opinions of a pair are in one part."""
    lines = labeled_lines("opinions")
    order = np.random.default_rng(seed).permutation(len(lines) // 2)
    held_out = set(order[fold::FOLDS].tolist())
    return _split(lines, [number // 2 in held_out for number in range(len(lines))])


def order_pairs(rng: np.random.Generator) -> tuple[Labeled, Labeled]:
    """Return pairs of sentences with the same words in another order, with a fifth of the pairs held out."""
    lines, held_out = [], []
    for noun, good, bad, form in itertools.product(NOUNS, GOOD, BAD, FORMS):
        lines.append(("good", form.format(noun=noun, opinion=good, rejected=bad)))
        lines.append(("bad", form.format(noun=noun, opinion=bad, rejected=good)))
        held_out += [bool(rng.random() < HELD_OUT)] * 2
    return _split(lines, held_out)


def _split(lines: Sequence[tuple[str, str]], held_out: Sequence[bool]) -> tuple[Labeled, Labeled]:
    """Split lines of a label and a text into the training part and the held-out part."""
    parts: list[Labeled] = []
    for part in (False, True):
        rows = [line for line, out in zip(lines, held_out, strict=True) if out == part]
        labels = np.array([label == "good" for label, _ in rows], np.int64)
        parts.append(([text.split() for _, text in rows], labels))
    return parts[0], parts[1]


def accuracies(train: Labeled, test: Labeled, steps: int, rng: np.random.Generator) -> tuple[float, float]:
    """Train a network and a bag of words; return the share of the test sentences that each classifies right."""
    ids = token_ids(train[0])
    x, x_test = one_hot(train[0], ids), one_hot(test[0], ids)
    network, parameters = train_classifier(x, train[1], cell=CELL, H=H, steps=steps, rate=RATE, rng=rng)
    by_network = classify(network, parameters, x_test) == test[1]
    by_bag = classify_bags(x, train[1], x_test) == test[1]
    return float(by_network.mean()), float(by_bag.mean())


def classify_bags(x: Array, labels: NDArray[np.int64], x_test: Array) -> NDArray[np.bool_]:
    """Return the labels (B,) of the test texts by naive Bayes with one added to every count."""
    bags, test_bags = (np.nan_to_num(texts).sum(axis=0) for texts in (x, x_test))  # (B, V + 1)
    counts = np.stack([bags[labels == label].sum(axis=0) + 1.0 for label in (0, 1)])
    log_p = np.log(counts / counts.sum(axis=1, keepdims=True))
    predicted: NDArray[np.bool_] = test_bags @ (log_p[1] - log_p[0]) > 0.0
    return predicted
