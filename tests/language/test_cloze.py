"""Filling blanks: the fillings that the text on both sides requires, their shares, and refused texts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.errors import UsageError
from charrnn.language.cloze import BLANK_EVERY, SHOWN, ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.network.network import Network
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Saved
from charrnn.run.listing import summarize
from charrnn.text.dataset import dataset_of_run
from charrnn.text.encoded import encode_text


def text_with_dependent_words() -> str:
    """Return lines with "red rose" or "blue sky" at random, so that each word determines the other."""
    rng = np.random.default_rng(0)
    return "".join(f"the {'red rose' if is_red else 'blue sky'} is there\n" for is_red in rng.integers(2, size=400))


@pytest.fixture(scope="module")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cloze") / "text.txt"
    path.write_text(text_with_dependent_words(), "utf-8")
    return path


@pytest.fixture(scope="module")
def train(text_file: Path) -> Callable[[Path, bool], Path]:
    """A function that trains a run that fills blanks, or one that reads forward."""

    def train(path: Path, cloze: bool) -> Path:
        overrides = Overrides(hidden=32, layers=1, bptt=32, batch=8, steps=250, lr=0.01, evaluate_every=125)
        overrides |= {"dropout": 0.0, "cloze": cloze}
        list(start_run(path, TextConfig((str(text_file),)), overrides).train())
        return path

    return train


@pytest.fixture(scope="module")
def cloze_run(train: Callable[[Path, bool], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("runs") / "cloze", True)


@pytest.fixture(scope="module")
def model(cloze_run: Path) -> ClozeModel:
    return ClozeModel.load(cloze_run)


def test_a_blank_is_filled_with_what_the_right_side_requires(model: ClozeModel) -> None:
    assert model.fill("the red ____ose is there\n", longest=1)[0].text == "r"
    assert model.fill("the blue ____ky is there\n", longest=1)[0].text == "s"
    assert model.fill("the ____d rose is there\n", longest=3)[0].text == "re"
    assert model.fill("the ____ue sky is there\n", longest=3)[0].text == "bl"


def test_the_validation_loss_is_far_below_that_of_a_forward_model(
    model: ClozeModel, train: Callable[[Path, bool], Path], tmp_path: Path
) -> None:
    forward = LanguageModel.load(train(tmp_path / "forward", False))
    text = dataset_of_run(model.config.text, model.tokenizer).validation_text()
    assert model.evaluate(text).nats_per_character < 0.5 * forward.evaluate(text).nats_per_character


def test_the_shares_of_all_fillings_sum_to_one(model: ClozeModel) -> None:
    fillings = model.fill("the ____ rose", n=10_000, longest=2)
    assert sum(filling.probability for filling in fillings) == pytest.approx(1.0)
    assert [filling.score for filling in fillings] == sorted((filling.score for filling in fillings), reverse=True)
    assert len({filling.text for filling in fillings}) == len(fillings)


def test_a_score_is_the_log_probability_of_the_neighboring_tokens(model: ClozeModel) -> None:
    """All tokens of a short text are neighbors."""
    for filling in model.fill("e ____ose", n=3, longest=1):
        text = encode_text(f"e {filling.text}ose", model.tokenizer)
        assert filling.score == pytest.approx(float(model.token_log_probabilities(text).sum()), rel=1e-5)


@pytest.mark.parametrize("text", ["no blank", "two ____ and ____ blanks", "__ is no blank"])
def test_a_text_without_exactly_one_blank_is_refused(model: ClozeModel, text: str) -> None:
    with pytest.raises(UsageError, match="one blank"):
        model.fill(text)


def test_a_run_that_fills_blanks_is_listed_without_a_fault(cloze_run: Path) -> None:
    assert summarize(cloze_run, lambda config: Network.from_config(config).shapes()).fault is None


def test_a_run_that_fills_blanks_resumes_to_the_bit(text_file: Path, tmp_path: Path) -> None:
    text = TextConfig((str(text_file),))
    overrides = Overrides(hidden=8, layers=2, bptt=8, batch=4, steps=10, evaluate_every=5, cloze=True)
    list(start_run(tmp_path / "whole", text, overrides).train())
    for event in start_run(tmp_path / "interrupted", text, overrides).train():
        if isinstance(event, Saved) and event.step == 5:
            break
    list(resume_run(tmp_path / "interrupted").train())
    whole, resumed = (ClozeModel.load(tmp_path / name).parameters for name in ("whole", "interrupted"))
    for name, array in whole.items():
        np.testing.assert_array_equal(array, resumed[name])


def test_fillings_are_whole_characters_in_the_order_of_their_shares(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("我们在路上说。我们在家里说。" * 60, "utf-8")
    text = TextConfig((str(tmp_path / "text.txt"),), tokenizer="byte")
    overrides = Overrides(hidden=16, layers=1, bptt=16, batch=8, steps=30, lr=0.01, dropout=0.0, cloze=True)
    list(start_run(tmp_path / "run", text, overrides).train())
    fillings = ClozeModel.load(tmp_path / "run").fill("我们在____上说", n=10)
    shares = [filling.probability for filling in fillings]
    assert shares == sorted(shares, reverse=True)
    assert fillings
    assert not any("\ufffd" in filling.text for filling in fillings)


def test_a_blank_is_never_filled_with_the_unknown_token(tmp_path: Path) -> None:
    """In a small alphabet, all tokens are candidates."""
    (tmp_path / "text.txt").write_text("ACGTTGCA" * 100)
    overrides = Overrides(hidden=8, layers=1, bptt=16, batch=8, steps=5, lr=0.01, dropout=0.0, cloze=True)
    list(start_run(tmp_path / "run", TextConfig((str(tmp_path / "text.txt"),)), overrides).train())
    fillings = ClozeModel.load(tmp_path / "run").fill("AC____GT", n=10, longest=1)
    assert {filling.text for filling in fillings} == set("ACGT")


def test_a_training_sample_shows_the_predictions_of_every_eighth_token(model: ClozeModel) -> None:
    dataset = dataset_of_run(model.config.text, model.tokenizer)
    sample = model.training_sample(dataset, np.random.default_rng(0))
    held_out = model.tokenizer.decode(dataset.validation[:SHOWN])
    assert sample.count("[") == SHOWN // BLANK_EVERY
    shown = sample.replace("[", "").replace("]", "")
    assert len(shown) == len(held_out)
    agreeing = sum(a == b for a, b in zip(shown, held_out, strict=True))
    assert agreeing > len(held_out) - 4
