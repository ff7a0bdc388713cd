"""Predictions that are not finite: one clear error wherever weights are too large, and no warning of NumPy."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from charrnn.config import Overrides, TextConfig
from charrnn.errors import ModelError
from charrnn.inspection.units import read
from charrnn.language.cloze import ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.language.predictor import LARGEST_WEIGHT, RnnPredictor, may_overflow
from charrnn.language.ranking import Candidate
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Parameters
from charrnn.pipeline.start import start_run

MESSAGE = "the predictions of .* are not finite numbers, .* restore its model.safetensors, or train again"


def huge(parameters: Parameters) -> Parameters:
    """Return weights of the largest size in float32, which are finite."""
    largest = np.finfo(np.float32).max
    return {name: np.where(w < 0.0, -largest, largest).astype(np.float32) for name, w in parameters.items()}


def exploding(parameters: Parameters) -> Parameters:
    """Return weights of moderate size with which an unbounded state grows threefold each step."""
    return {
        name: (3.0 * np.eye(*w.shape)).astype(np.float32) if name.endswith("Wh") else w
        for name, w in parameters.items()
    }


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> LanguageModel:
    return LanguageModel.load(tiny_run)


@pytest.fixture(scope="module")
def unbounded(story: Path, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A model of a ReLU network."""
    path = tmp_path_factory.mktemp("runs") / "relu"
    overrides = Overrides(hidden=8, layers=2, steps=5, bptt=8, batch=4, cell="relu", embedding=4)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return LanguageModel.load(path)


@pytest.fixture(scope="module")
def cloze_model(story: Path, tmp_path_factory: pytest.TempPathFactory) -> ClozeModel:
    path = tmp_path_factory.mktemp("runs") / "cloze"
    overrides = Overrides(hidden=8, layers=1, steps=5, bptt=8, batch=4, cloze=True)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return ClozeModel.load(path)


TEXT = "the old lamp at the end of the quay was lit by ottoline. " * 8
USES: dict[str, Callable[[LanguageModel], object]] = {
    "sample": lambda model: model.sample("the ", length=300, seed=0),
    "sample of the most probable": lambda model: model.sample("the ", length=300, temperature=0.0),
    "stream": lambda model: list(model.stream(length=300, sampling=Sampling(0.7, 5, 0.9), seed=0)),
    "next": lambda model: model.next(TEXT),
    "log_probabilities": lambda model: model.log_probabilities(TEXT),
    "evaluate": lambda model: model.evaluate(TEXT),
    "complete": lambda model: model.complete(TEXT),
    "score": lambda model: model.scorer().score(TEXT),
    "rank": lambda model: model.ranker().rank([Candidate(TEXT), Candidate("the new lamp")]),
    "inspect": lambda model: read(model, TEXT),
}


@pytest.mark.parametrize("use", USES)
def test_huge_weights_are_one_error(model: LanguageModel, use: str) -> None:
    with pytest.raises(ModelError, match=re.escape(model.name)):
        USES[use](replace(model, parameters=huge(model.parameters)))


@pytest.mark.parametrize("use", USES)
def test_a_state_that_grows_without_limit_is_one_error(unbounded: LanguageModel, use: str) -> None:
    with pytest.raises(ModelError, match=MESSAGE):
        USES[use](replace(unbounded, parameters=exploding(unbounded.parameters)))


@pytest.mark.parametrize("use", USES)
def test_the_same_weights_do_no_harm_to_a_bounded_state(model: LanguageModel, use: str) -> None:
    USES[use](replace(model, parameters=exploding(model.parameters)))


def test_huge_weights_that_fill_blanks_are_one_error(cloze_model: ClozeModel) -> None:
    broken = replace(cloze_model, parameters=huge(cloze_model.parameters))
    with pytest.raises(ModelError, match=MESSAGE):
        broken.fill("the old ____ at")
    with pytest.raises(ModelError, match=MESSAGE):
        broken.evaluate(TEXT)


def test_the_error_names_the_run(tiny_run: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    path = tmp_path / "run" / "model.safetensors"
    save_file(huge(load_file(path)), path)
    with pytest.raises(ModelError, match=re.escape(f"the predictions of {tmp_path / 'run'} are not finite numbers")):
        LanguageModel.load(tmp_path / "run").sample()


def test_only_networks_that_may_overflow_are_checked(model: LanguageModel, unbounded: LanguageModel) -> None:
    assert not may_overflow(model.network, model.parameters)
    assert may_overflow(unbounded.network, unbounded.parameters)
    scale = 2 * LARGEST_WEIGHT / max(np.abs(w).max() for w in model.parameters.values())
    assert may_overflow(model.network, {name: w * np.float32(scale) for name, w in model.parameters.items()})


def test_weights_below_the_limit_give_finite_logits(model: LanguageModel) -> None:
    largest = {name: np.full_like(w, LARGEST_WEIGHT) for name, w in model.parameters.items()}
    predictor = RnnPredictor(model.network, largest)
    logits, _ = predictor.advance([1, 2, 3], predictor.start())
    assert np.isfinite(logits).all()
