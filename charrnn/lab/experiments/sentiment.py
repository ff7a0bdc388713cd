"""Sentiment: is an opinion good or bad? Many to one: a sentence is read, and only its last state is asked.

A seed → the share that is right, of sentences held out, beside a bag of words.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.labels import reader, says, vectors, vocabulary
from charrnn.lab.protocol import Finding, Result, claim
from charrnn.text.builtin import labelled_lines

TITLE = "Good or bad?"
EXPLANATION = """\
218 short opinions, half of them good and half bad, written in pairs: "the film was not bad at all", "the film was not
good at all". A fifth of the pairs is held out, five times over, and a GRU that reads word by word says what each is.
Beside it a bag of words (naive Bayes), which knows the words and not their order. With so few sentences to learn from
they are about as good as each other: what a word means takes many examples.
Then sentences in which the order decides: "the soup was not bad but good", "the soup was not good but bad". To a bag
they are the same, so that it is at chance; a state that has read "not" is another one."""

FOLDS = 5
CELL, H, RATE = "gru", 32, 0.01
NOUNS = ["film", "book", "soup", "song", "hotel", "room", "garden", "meal", "concert", "story", "cake", "chair"]
GOOD = ["good", "great", "fine", "lovely", "perfect", "brilliant", "pleasant", "excellent"]
BAD = ["bad", "awful", "poor", "horrible", "terrible", "boring", "ugly", "dull"]
FORMS = (
    "the {noun} was not {one} but {other}",
    "the {noun} was {other} and not {one}",
    "the {noun} looked {one} but was {other}",
)
"""Sentences whose opinion is that of the word at {other}."""
HELD_OUT = 0.2
Labelled: TypeAlias = tuple[Sequence[Sequence[str]], NDArray[np.int64]]


def run(seed: int, steps: int) -> Iterator[Result]:
    found = []
    for fold in range(FOLDS):
        found.append(compared(*opinions(fold, seed), steps, np.random.default_rng([seed, fold])))
        figures: dict[str, str | float] = {
            "held_out": f"fold {fold + 1}",
            "gru": found[-1][0],
            "bag_of_words": found[-1][1],
        }
        yield Finding("share right", figures)
    by_gru, by_bag = (float(mean) for mean in np.mean(found, axis=0))
    order_gru, order_bag = compared(*ordered(np.random.default_rng(seed)), steps, np.random.default_rng(seed))
    passed = order_gru > 0.95 and order_bag < 0.6
    yield Finding("share right", {"held_out": "order decides", "gru": order_gru, "bag_of_words": order_bag}, passed)
    yield claim("opinions held out, five folds", f"{by_bag:.2f} by a bag", f"{by_gru:.2f}", passed=by_gru > 0.65)
    yield claim("opinions that the order decides", f"{order_bag:.2f} by a bag", f"{order_gru:.2f}", passed=passed)


def opinions(fold: int, seed: int) -> tuple[Labelled, Labelled]:
    """The written opinions: those to learn from, and those of one fold of the pairs."""
    lines = labelled_lines("opinions")
    order = np.random.default_rng(seed).permutation(len(lines) // 2)
    held_out = set(order[fold::FOLDS].tolist())
    parts: tuple[list[int], list[int]] = [], []
    for number in range(len(lines)):
        parts[number // 2 in held_out].append(number)
    learned, asked = (
        ([lines[i][1].split() for i in part], np.array([lines[i][0] == "good" for i in part], np.int64))
        for part in parts
    )
    return learned, asked


def ordered(rng: np.random.Generator) -> tuple[Labelled, Labelled]:
    """Sentences of the forms in pairs of one bag of words, a fifth of the pairs held out."""
    parts: tuple[list[tuple[str, str]], list[tuple[str, str]]] = [], []
    for noun, good, bad, form in itertools.product(NOUNS, GOOD, BAD, FORMS):
        part = parts[rng.random() < HELD_OUT]
        part.append(("good", form.format(noun=noun, one=bad, other=good)))
        part.append(("bad", form.format(noun=noun, one=good, other=bad)))
    return _of(parts[0]), _of(parts[1])


def _of(lines: Sequence[tuple[str, str]]) -> Labelled:
    """Lines as words, with 1 for good and 0 for bad."""
    return [text.split() for _, text in lines], np.array([label == "good" for label, _ in lines], np.int64)


def compared(learned: Labelled, asked: Labelled, steps: int, rng: np.random.Generator) -> tuple[float, float]:
    """The share of those asked that a network gets right, and a bag of words."""
    known = vocabulary(learned[0])
    x, x_asked = vectors(learned[0], known), vectors(asked[0], known)
    network, parameters = reader(x, learned[1], cell=CELL, H=H, steps=steps, rate=RATE, rng=rng)
    by_network = says(network, parameters, x_asked) == asked[1]
    bags, bags_asked = (np.nan_to_num(each).sum(axis=0) for each in (x, x_asked))  # (B, V + 1)
    counts = np.stack([bags[learned[1] == label].sum(axis=0) + 1.0 for label in (0, 1)])
    evidence = np.log(counts / counts.sum(axis=1, keepdims=True))
    by_bag = (bags_asked @ (evidence[1] - evidence[0]) > 0.0) == asked[1]
    return float(by_network.mean()), float(by_bag.mean())
