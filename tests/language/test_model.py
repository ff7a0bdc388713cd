"""The language model of a run, over characters and over documents, and the n-gram model of its text."""

import math
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.errors import TextError, UsageError
from charrnn.language import ngram_counts
from charrnn.language.model import LanguageModel, NgramModel
from charrnn.pipeline.start import start_run
from charrnn.text.dataset import dataset_of_run
from charrnn.text.encoded import encode_text
from charrnn.text.progress import COUNTING

OVERRIDES = Overrides(hidden=24, layers=1, bptt=16, batch=4, steps=150, lr=0.01, dropout=0.0, threads=1)


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> LanguageModel:
    return LanguageModel.load(tiny_run)


def train(run: Path, sources: tuple[str, ...], **options: object) -> LanguageModel:
    text = TextConfig(sources, val_fraction=0.0, **options)  # type: ignore[arg-type]
    list(start_run(run, text, OVERRIDES).train())
    return LanguageModel.load(run)


def test_all_six_transitions_of_a_sentence_are_learned(tmp_path: Path) -> None:
    sentence = "我 昨天 上学 迟到 了\n"
    (tmp_path / "text.txt").write_text(sentence, "utf-8")
    model = train(tmp_path / "run", (str(tmp_path / "text.txt"),), tokenizer="word", documents="lines")
    tokenizer, predictor = model.tokenizer, model.predictor()
    assert tokenizer.bos_id is not None
    tokens = [tokenizer.bos_id, *tokenizer.encode(sentence).tolist()[:-1]]
    names = [tokenizer.token_text(token) for token in tokens]
    assert names == ["<s>", "我", " 昨天", " 上学", " 迟到", " 了", "</s>"]
    state, predicted = predictor.start(), []
    for token in tokens[:-1]:
        logits, state = predictor.advance([token], state)
        predicted.append(int(logits.argmax()))
    assert predicted == tokens[1:]
    assert model.complete("我 昨天", 1)[0].word == "上学"
    assert model.complete("我 昨天 ", 1)[0].word == "上学"


@pytest.mark.parametrize("documents", ["lines", "files"])
def test_sampling_ends_at_the_end_of_a_document(documents: str, tmp_path: Path) -> None:
    for name in ("anna", "bert", "carl"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n", "utf-8")
    model = train(tmp_path / "run", (f"{tmp_path}/*.txt",), documents=documents)
    for seed in range(8):
        assert model.sample(length=100, seed=seed).rstrip("\n") in ("anna", "bert", "carl")
    assert model.sample("be", length=100, temperature=0.0).rstrip("\n") == "rt"
    dataset = dataset_of_run(model.config.text, model.tokenizer)
    training_sample = model.training_sample(dataset, np.random.default_rng(0))
    assert training_sample.rstrip("\n") in ("anna", "bert", "carl")


def test_a_training_sample_depends_on_the_generator_alone(model: LanguageModel) -> None:
    dataset = dataset_of_run(model.config.text, model.tokenizer)
    samples = [model.training_sample(dataset, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert samples[0] == samples[1] != samples[2]
    assert len(samples[0]) == 200


def test_the_gradient_flow_is_that_of_a_window(model: LanguageModel) -> None:
    ids = np.random.default_rng(0).integers(model.tokenizer.vocabulary_size, size=(9, 2))
    flow = model.gradient_flow(ids[:-1], ids[1:], model.network.initial_state(2))
    assert flow.norms.shape == (2, 8)
    assert (flow.norms > 0.0).all()


def test_the_n_gram_model_of_order_0_has_the_best_order_on_the_validation_text(model: LanguageModel) -> None:
    best = model.ngrams()
    dataset = dataset_of_run(model.config.text, model.tokenizer)
    losses = {n: -model.ngrams(n).token_log_probabilities(dataset.validation_text()).sum() for n in range(1, 9)}
    assert losses[best.order] == pytest.approx(min(losses.values()))


def test_the_n_gram_model_predicts_completes_and_samples(model: LanguageModel) -> None:
    ngrams = model.ngrams(6)
    assert isinstance(ngrams, NgramModel)
    assert repr(ngrams).startswith("NgramModel(order=6, character vocabulary")
    assert ngrams.sample("the old ", length=4, temperature=0.0) == "lamp"
    assert ngrams.complete("the old l", 1)[0].word == "lamp"
    text = "the old lamp"
    bits = ngrams.scorer().score(text).bits
    assert sum(bits) == pytest.approx(-ngrams.log_probabilities(text).sum() / math.log(2.0))


def test_an_n_gram_model_says_what_was_left_out_of_its_text(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.ngrams(3).limits is None
    monkeypatch.setattr(ngram_counts, "MOST_TOKENS", 1000)
    shares: list[float] = []
    ngrams = model.ngrams(3, on_progress=lambda stage, share: shares.append(share) if stage == COUNTING else None)
    assert "on the first 1,000 of 4,698 tokens" in str(ngrams.limits)
    assert ngrams.ngrams.name(3, ngrams.training_tokens) == "3-gram of the first 1,000 tokens"
    assert shares


@pytest.mark.parametrize("order", [-1, 33])
def test_an_impossible_order_is_refused(model: LanguageModel, order: int) -> None:
    with pytest.raises(UsageError, match="order"):
        model.ngrams(order)


def test_a_missing_training_text_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the old lamp was late\n" * 40, "utf-8")
    overrides = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=2)
    list(start_run(tmp_path / "run", TextConfig((str(path),)), overrides).train())
    model = LanguageModel.load(tmp_path / "run")
    assert model.ngrams(2).order == 2
    path.unlink()
    with pytest.raises(TextError):
        model.ngrams(2)


def test_the_log_probabilities_of_an_n_gram_model_are_those_of_its_order(model: LanguageModel) -> None:
    text = encode_text("the old lamp", model.tokenizer)
    second, third = model.ngrams(2), model.ngrams(3)
    expected = third.ngrams.log_probabilities(text)
    np.testing.assert_array_equal(third.token_log_probabilities(text), expected[2])
    assert not np.array_equal(second.token_log_probabilities(text), expected[2])
