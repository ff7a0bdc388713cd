"""Trained models: loading, and the evaluation of a text."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.errors import ModelError
from charrnn.language.log_probabilities import SHORTEST_SEGMENT
from charrnn.language.model import LanguageModel
from charrnn.language.trained_model import last_value, read_tokenizer
from charrnn.pipeline.start import start_run
from charrnn.run.events import Evaluated
from charrnn.run.folder import RunFolder
from charrnn.text.encoded import EncodedText, encode_text


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> LanguageModel:
    return LanguageModel.load(tiny_run)


@pytest.fixture(scope="module")
def long_text(model: LanguageModel, story: Path) -> EncodedText:
    return encode_text((story.read_text("utf-8") * 3)[: 5 * SHORTEST_SEGMENT + 123], model.tokenizer)


def test_an_evaluation_is_the_sum_of_the_log_probabilities(model: LanguageModel, long_text: EncodedText) -> None:
    one_stream = -model.token_log_probabilities(long_text)
    assert one_stream.shape == long_text.ids.shape
    for threads in (1, 2):
        evaluation = model.evaluate(long_text, threads=threads)
        assert evaluation.nats_per_token == pytest.approx(one_stream.mean(dtype=np.float64), rel=1e-5)
        assert (evaluation.tokens, evaluation.characters) == (len(long_text.ids), long_text.characters)


def test_a_string_is_evaluated_like_its_encoded_text(model: LanguageModel) -> None:
    text = "the old lamp\u0394"
    evaluation = model.evaluate(text)
    assert evaluation == model.evaluate(encode_text(text, model.tokenizer))
    assert (evaluation.characters, evaluation.tokens, evaluation.unknown) == (13, 13, 1)


def test_the_steps_of_an_evaluation_end_at_the_whole_text(model: LanguageModel, long_text: EncodedText) -> None:
    shares = list(model.evaluation_steps(long_text))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 5
    assert last_value(model.evaluation_steps(long_text)) == model.evaluate(long_text)


def test_an_evaluation_of_a_sample_reads_always_the_same_tokens(model: LanguageModel, long_text: EncodedText) -> None:
    def evaluate(sample: int) -> tuple[float, int, int]:
        evaluation = last_value(model.evaluation_steps(long_text, sample=sample))
        return evaluation.nats_per_character, evaluation.tokens, evaluation.characters

    assert evaluate(5000) == evaluate(5000)
    nats, tokens, characters = evaluate(5000)
    assert tokens == characters == 2 * SHORTEST_SEGMENT
    assert nats == pytest.approx(model.evaluate(long_text).nats_per_character, rel=0.05)
    assert evaluate(len(long_text.ids))[1] == len(long_text.ids)


def test_the_best_evaluation_of_a_run_is_that_of_its_saved_model(tiny_run: Path, story: Path) -> None:
    lines = [json.loads(line) for line in (tiny_run / "metrics.jsonl").read_text("utf-8").splitlines()]
    best = min(line["nats_per_character"] for line in lines if line["event"] == "evaluation")
    model, text = LanguageModel.load(tiny_run), story.read_text("utf-8")
    cut = int(len(text) * 0.9)
    ids = model.tokenizer.encode(text)
    validation = EncodedText(ids[cut:], int(ids[cut - 1]), len(text) - cut, 0)
    assert -model.token_log_probabilities(validation).mean() == pytest.approx(best, rel=1e-5)


def test_an_evaluation_is_per_character_and_per_token(tmp_path: Path) -> None:
    """Of bytes, of which some characters have two."""
    path = tmp_path / "text.txt"
    path.write_text("grüße aus köln, schöne grüße " * 40, "utf-8")
    run = start_run(tmp_path / "run", TextConfig((str(path),), tokenizer="byte"), Overrides(hidden=8, steps=4))
    evaluation = next(event.evaluation for event in run.train() if isinstance(event, Evaluated))
    assert evaluation.characters == 116
    assert evaluation.tokens == len("grüße aus köln, schöne grüße ".encode()) * 4
    nats = evaluation.nats_per_token * evaluation.tokens
    assert nats == pytest.approx(evaluation.nats_per_character * evaluation.characters)


def test_a_misspelled_text_is_less_likely(model: LanguageModel) -> None:
    correct, misspelled = (
        model.log_probabilities(text).sum() for text in ("the end of the quay", "the edn of the quay")
    )
    assert misspelled < correct - 5.0


def test_a_model_shows_its_sizes_and_texts(model: LanguageModel, story: Path) -> None:
    count = f"{model.network.parameter_count():,}"
    assert re.fullmatch(
        rf"LanguageModel\(2 × 24 tanh, {count} parameters, character vocabulary \d+, trained on .*story.txt\)",
        repr(model),
    )


def test_a_tokenizer_of_another_size_is_refused(tiny_run: Path, tmp_path: Path, story: Path) -> None:
    overrides = Overrides(hidden=8, steps=1, bptt=8, batch=4)
    list(start_run(tmp_path / "run", TextConfig((str(story),), tokenizer="byte"), overrides).train())
    config = RunFolder(tmp_path / "run").read_config()
    with pytest.raises(ModelError, match=r"restore both files from one run"):
        read_tokenizer(RunFolder(tiny_run), config)
