"""The classifier of texts: one-hot batches padded in front, with unknown tokens."""

import numpy as np
import pytest

from charrnn.lab.text_classifier import UNKNOWN_SHARE, batches_with_unknowns, one_hot, token_ids


def test_texts_end_at_the_last_step_and_unknown_tokens_have_an_entry_of_their_own() -> None:
    ids = token_ids(["ba", "c"])
    assert ids == {"a": 0, "b": 1, "c": 2}
    x = one_hot(["abx", "c"], ids)
    assert x.shape == (3, 2, 4)
    np.testing.assert_array_equal(x[:, 0].argmax(axis=-1), [0, 1, 3])
    assert np.isnan(x[:2, 1]).all()
    np.testing.assert_array_equal(x[2, 1], [0, 0, 1, 0])


def test_training_batches_replace_a_share_of_the_tokens_but_no_padding() -> None:
    texts = ["abc" * 10, "cab"] * 50
    x = one_hot(texts, token_ids(texts))
    targets = np.zeros(x.shape[:2], np.int64)
    original = x.copy()
    batch, _ = next(batches_with_unknowns(x, targets, np.random.default_rng(0)))
    np.testing.assert_array_equal(x, original)
    tokens = ~np.isnan(batch[..., 0])
    assert 3 * 32 < tokens.sum() < 30 * 32
    assert (batch[tokens].sum(axis=-1) == 1.0).all()
    assert batch[tokens][:, -1].mean() == pytest.approx(UNKNOWN_SHARE, abs=0.05)
