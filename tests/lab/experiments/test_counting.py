"""Counting: the words and brackets are well formed, and a network counts within its training range."""

import numpy as np

from charrnn.lab.experiments import counting


def test_trained_network_counts_within_its_training_range() -> None:
    network, parameters = counting.train_counter("relu", 2000, np.random.default_rng([0, 0]))
    assert counting.largest_right(network, parameters) >= counting.LARGEST_TRAINED


def test_words_are_followed_by_their_next_tokens_and_padded_behind() -> None:
    x, targets = counting.words(np.array([2, 1]))
    np.testing.assert_array_equal(targets, [[1, 1], [1, 2], [2, 0], [2, -1], [0, -1]])
    assert np.isnan(x[3:, 1]).all()
    assert np.isfinite(x[:3, 1]).all()


def test_brackets_are_balanced_at_every_step_and_targets_mark_a_depth_of_zero() -> None:
    x, closed = counting.brackets(40, 5, np.random.default_rng(0))
    depth = (x[..., 0] - x[..., 1]).cumsum(axis=0)
    assert depth.min() == 0
    np.testing.assert_array_equal(closed[..., 0], depth == 0)
