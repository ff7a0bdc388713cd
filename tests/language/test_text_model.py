"""Text models: samples of a prompt, the next token, and the objects that keep what they have read."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.language.model import LanguageModel
from charrnn.language.sampling import Sampling
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import initial_id


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> LanguageModel:
    return LanguageModel.load(tiny_run)


def test_a_sample_is_reproducible_from_its_seed_and_has_its_length(model: LanguageModel) -> None:
    first, same, different = (model.sample("the ", length=80, seed=seed) for seed in (1, 1, 2))
    assert first == same != different
    assert len(first) == 80
    assert model.sample("the ", length=0) == ""


def test_the_unknown_token_is_never_sampled(model: LanguageModel) -> None:
    assert "\N{REPLACEMENT CHARACTER}" not in model.sample(length=500, temperature=5.0, seed=0)


def test_a_stream_yields_the_pieces_of_the_sample(model: LanguageModel) -> None:
    pieces = list(model.stream("the ", length=30, sampling=Sampling(0.7), seed=3))
    assert "".join(pieces) == model.sample("the ", length=30, temperature=0.7, seed=3)
    assert len(pieces) == 30


def test_the_next_token_of_a_learned_text_is_predicted(model: LanguageModel) -> None:
    p = model.next("the old lamp at the end of the qua")
    assert p.sum() == pytest.approx(1.0, abs=1e-5)
    assert model.tokenizer.decode([int(p.argmax())]) == "y"
    assert model.sample("who had never o", length=3, temperature=0.0) == "nce"


def test_a_text_is_read_as_if_a_line_break_preceded_it(model: LanguageModel) -> None:
    assert model.tokenizer.decode([initial_id(model.tokenizer)]) == "\n"
    predictor = model.predictor()
    logits, _ = predictor.advance([initial_id(model.tokenizer)], predictor.start())
    np.testing.assert_array_equal(model.next(""), softmax(logits))


def test_log_probabilities_are_those_of_the_next_tokens(model: LanguageModel) -> None:
    text = "the lamp"
    expected = [np.log(model.next(text[:n])[model.tokenizer.encode(text[n])[0]]) for n in range(len(text))]
    np.testing.assert_allclose(model.log_probabilities(text), expected, rtol=1e-4, atol=1e-5)


def test_scorer_ranker_and_completer_begin_anew_for_each_call(model: LanguageModel) -> None:
    first, second = model.scorer(), model.scorer()
    first.score("something else")
    assert second.score("the old").bits == model.scorer().score("the old").bits
    assert model.ranker() is not model.ranker()
    assert model.completer().complete("the old l", 1) == model.complete("the old l", 1)
