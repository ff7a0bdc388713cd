"""Baselines: n-gram models and xz."""

import numpy as np
import pytest

from charrnn.evaluation import baselines
from charrnn.evaluation.baselines import Baseline, xz_loss
from charrnn.language.ngrams import Ngrams
from charrnn.text.encoded import EncodedText
from charrnn.text.tokenizers import CharacterTokenizer

TOKENIZER = CharacterTokenizer("\nabcd")


def text_of(N: int) -> EncodedText:
    ids = np.random.default_rng(1).integers(1, 5, N) * (np.arange(N) % 2) + (np.arange(N) % 2 == 0)
    return EncodedText(ids, 1, N, 0)


def test_the_baseline_is_the_order_with_the_lowest_loss() -> None:
    text, ngrams = text_of(400), Ngrams.count(text_of(2000).ids, TOKENIZER.vocabulary_size, 4)
    shares: list[float] = []
    baseline = Baseline.measure(ngrams, 2000, text, TOKENIZER, 1000, shares.append)
    nats = -ngrams.log_probabilities(text).sum(axis=1) / 400
    assert baseline.order == ngrams.best_order(text)
    assert baseline.loss.nats_per_character == pytest.approx(nats.min())
    assert shares[-1] == 1.0
    assert str(baseline) == f"{baseline.order}-gram: {nats.min():.4f} nats per character on the validation text"


def test_a_long_text_is_sampled_evenly_and_the_summary_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "SAMPLE_SEGMENTS", 8)
    text, ngrams = text_of(4000), Ngrams.count(text_of(2000).ids, TOKENIZER.vocabulary_size, 4)
    whole, sample = (Baseline.measure(ngrams, 3000, text, TOKENIZER, most) for most in (4000, 800))
    assert (whole.measured_tokens, sample.measured_tokens) == (4000, 800)
    assert sample.loss.nats_per_character == pytest.approx(whole.loss.nats_per_character, rel=0.05)
    assert sample.loss.nats_per_character != whole.loss.nats_per_character
    assert str(sample).endswith(
        "counted on the first 2,000 of 3,000 tokens, measured on a sample of 800 of 4,000 tokens"
    )


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
