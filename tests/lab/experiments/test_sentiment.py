"""Sentiment: pairs stay together, and only word order tells the second task's pairs apart."""

from collections.abc import Callable

import numpy as np

from charrnn.lab.experiments import sentiment
from charrnn.lab.experiments.sentiment import Labeled
from charrnn.lab.protocol import Finding


def sentences(labeled: Labeled) -> set[tuple[str, ...]]:
    return {tuple(sentence) for sentence in labeled[0]}


def test_sentences_of_an_order_pair_have_the_same_words() -> None:
    train, test = sentiment.order_pairs(np.random.default_rng(0))
    assert test[1].mean() == 0.5
    bags = [sorted(sentence) for sentence in test[0]]
    assert bags[::2] == bags[1::2]
    assert not sentences(train) & sentences(test)


def test_folds_hold_out_every_opinion_once() -> None:
    held_out = []
    for fold in range(sentiment.FOLDS):
        train, test = sentiment.opinions(fold, 0)
        assert len(train[0]) + len(test[0]) == 218
        assert not sentences(train) & sentences(test)
        held_out += [tuple(sentence) for sentence in test[0]]
    assert len(held_out) == len(set(held_out)) == 218


def test_shorter_training_reaches_the_figures(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("sentiment", 200) if not finding.passed] == []
