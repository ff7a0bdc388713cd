"""The distribution of the next token: what is sampled from, the order of the tokens, and their names."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.language.distribution import Distribution, entropy, token_name, without_tokens
from charrnn.language.model import LanguageModel
from charrnn.language.sampling import Sampling
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, never_sampled

AB = CharacterTokenizer(" ab", None)
LOGITS = np.log(np.array([0.05, 0.5, 0.3, 0.15]))  # <unk>, space, a, b


def test_top_tokens_are_in_the_order_of_the_model_with_both_probabilities() -> None:
    top = Distribution(LOGITS, Sampling(1.0, 2, 1.0), AB).top_tokens()
    assert [token.token for token in top] == [1, 2, 3, 0]
    assert [token.name for token in top] == ["·", "a", "b", "<unk>"]
    assert [token.model_probability for token in top] == pytest.approx([0.5, 0.3, 0.15, 0.05])
    assert [token.probability for token in top] == pytest.approx([0.625, 0.375, 0.0, 0.0])
    assert len(Distribution(LOGITS, Sampling(), AB).top_tokens(2)) == 2


def test_the_unknown_token_is_in_the_model_and_never_sampled() -> None:
    distribution = Distribution(LOGITS, Sampling(), AB)
    assert distribution.probabilities[0] == 0.0
    assert distribution.probabilities.sum() == pytest.approx(1.0)
    assert distribution.model_probabilities[0] == pytest.approx(0.05)
    rng = np.random.default_rng(0)
    assert {distribution.sample(rng) for _ in range(200)} == {1, 2, 3}


def test_a_sample_is_that_of_the_sampling_settings(tiny_run: Path) -> None:
    model, sampling = LanguageModel.load(tiny_run), Sampling(0.8, 5, 0.9)
    logits, _ = model.predictor().advance([3, 4, 5], model.predictor().start())
    distribution = Distribution(logits, sampling, model.tokenizer)
    allowed = without_tokens(logits, never_sampled(model.tokenizer))
    np.testing.assert_array_equal(distribution.probabilities, sampling.probabilities(allowed))
    for seed in range(5):
        first, second = (np.random.default_rng(seed) for _ in range(2))
        assert distribution.sample(first) == sampling.choose(allowed, second)


def test_excluding_tokens_leaves_the_logits_of_the_caller_unchanged() -> None:
    logits = LOGITS.copy()
    assert np.isneginf(without_tokens(logits, [0, 2])[[0, 2]]).all()
    np.testing.assert_array_equal(logits, LOGITS)


@pytest.mark.parametrize(
    ("text", "name"), [(" ", "·"), ("\n", "⏎"), ("\t", "⇥"), ("\x1b", "\\x1b"), ("\u202e", "\\u202e"), ("é", "é")]
)
def test_white_space_and_control_characters_have_visible_names(text: str, name: str) -> None:
    tokenizer = CharacterTokenizer("".join(sorted(" \n\t\x1b\u202eé")), None)
    assert token_name(tokenizer, int(tokenizer.encode(text)[0])) == name
    assert token_name(tokenizer, 0) == "<unk>"
    assert token_name(ByteTokenizer(), 0xC3).isprintable()


def test_entropy_is_in_bits_and_of_the_distribution_that_is_sampled_from() -> None:
    assert entropy(np.full(8, 0.125)) == pytest.approx(3.0)
    assert entropy(np.array([1.0, 0.0])) == 0.0
    assert Distribution(LOGITS, Sampling(0.0), AB).entropy == 0.0
    assert Distribution(np.zeros(4), Sampling(), AB).entropy == pytest.approx(np.log2(3.0))
