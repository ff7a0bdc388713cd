"""Baselines: xz."""

from charrnn.evaluation.baselines import xz_loss


def test_xz_counts_bytes_not_blocks() -> None:
    training = "the old lamp at the end of the quay\n" * 40
    losses = {xz_loss(training, "z" * n + "q" * (n // 2), n).bits_per_character * n for n in range(1, 30)}
    assert min(losses) > 0.0
    assert any(loss % 32 for loss in losses)
