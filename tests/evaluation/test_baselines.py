"""Baselines: xz."""

import numpy as np

from charrnn.evaluation.baselines import xz_loss


def test_xz_counts_bytes_not_blocks() -> None:
    training = "the old lamp at the end of the quay\n" * 40
    losses = {xz_loss(training, "z" * n + "q" * (n // 2), n).bits_per_character * n for n in range(1, 30)}
    assert min(losses) > 0.0
    assert any(loss % 32 for loss in losses)


def test_xz_uses_the_training_text() -> None:
    """A copy of the training text costs next to nothing, and other random letters log2(26) = 4.7 bits each."""
    letters = bytes(np.random.default_rng(0).integers(97, 123, 20_000).tolist()).decode()
    known, new = xz_loss(letters, letters[:5000], 5000), xz_loss(letters[5000:], letters[:5000], 5000)
    assert known.bits_per_character < 0.1
    assert 4.6 < new.bits_per_character < 5.2
