"""Runs of charrnn 0.4.0 still open: the same losses, the same samples, and a resume to the same weights."""

import hashlib
import json
import shutil
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn.blas import blas_info, single_threaded
from charrnn.config import Overrides
from charrnn.language.cloze import ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.language.registry import load_model
from charrnn.network.arrays import Parameters
from charrnn.pipeline.start import resume_run
from charrnn.run.events import Evaluated, Event, Finished
from charrnn.run.journal import read_journal
from charrnn.text.corpus import read_corpus
from charrnn.text.dataset import dataset_of_run
from charrnn.text.encoded import encode_corpus

FIXTURES = Path(__file__).parent.parent / "fixtures" / "runs-0.4.0"
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "expected.json").read_text("utf-8"))
RUNS: dict[str, Any] = EXPECTED["runs"]
HALF_TRAINED = [name for name, run in RUNS.items() if not run["finished"]]
TOLERANCE = 1e-9


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the fixtures as the working directory, since the runs name their texts relative to it."""
    copy = Path(shutil.copytree(FIXTURES, tmp_path / "runs"))
    monkeypatch.chdir(copy)
    return copy


@pytest.mark.parametrize("name", RUNS)
def test_an_old_run_has_the_same_losses(name: str, folder: Path) -> None:
    model = load_model(folder / name)
    parameters: Parameters = {key: array.astype(np.float64) for key, array in model.parameters.items()}
    double, expected = replace(model, parameters=parameters), RUNS[name]
    text = encode_corpus(read_corpus([expected["text"]]), model.tokenizer)
    validation = dataset_of_run(model.config.text, model.tokenizer).validation_text()
    with single_threaded():
        assert double.evaluate(text).nats_per_character == pytest.approx(
            expected["float64_nats_per_character"], abs=TOLERANCE, rel=0.0
        )
        assert double.evaluate(validation).nats_per_character == pytest.approx(
            expected["float64_validation_nats_per_character"], abs=TOLERANCE, rel=0.0
        )
        evaluation = model.evaluate(text)
    for key, value in expected["evaluation"].items():
        assert getattr(evaluation, key) == pytest.approx(value, rel=1e-5), key


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if "sample" in run])
def test_an_old_run_gives_the_same_sample(name: str, folder: Path) -> None:
    model, sample = load_model(folder / name), RUNS[name]["sample"]
    assert isinstance(model, LanguageModel)
    text = model.sample(length=sample["length"], temperature=sample["temperature"], seed=sample["seed"])
    assert text == sample["text"]


def test_an_old_cloze_run_fills_the_same_blank(folder: Path) -> None:
    model, fill = load_model(folder / "cloze"), RUNS["cloze"]["fill"]
    assert isinstance(model, ClozeModel)
    fillings = model.fill(fill["text"])
    assert [filling.text for filling in fillings] == [filling["text"] for filling in fill["fillings"]]


@pytest.mark.parametrize("name", HALF_TRAINED)
def test_an_old_run_that_was_stopped_is_resumed_to_the_same_end(name: str, folder: Path) -> None:
    expected = RUNS[name]["resumed"]
    options = expected["options"]
    overrides = Overrides(**{options[0].removeprefix("--"): int(options[1])} if options else {})
    events: list[Event] = list(resume_run(folder / name, overrides=overrides).train())
    evaluation = [event for event in events if isinstance(event, Evaluated)][-1]
    assert evaluation.step == expected["step"]
    loss = expected["validation_nats_per_character"]
    assert evaluation.evaluation.nats_per_character == pytest.approx(loss, rel=1e-4)
    assert isinstance(events[-1], Finished)
    assert events[-1].best_nats_per_character == pytest.approx(
        expected["best_validation_nats_per_character"], rel=1e-4
    )
    if is_machine_of_fixtures():
        model = (folder / name / "model.safetensors").read_bytes()
        assert hashlib.sha256(model).hexdigest() == expected["model_sha256"]
    assert json.loads((folder / name / "config.json").read_text("utf-8"))["format"] == 2


def is_machine_of_fixtures() -> bool:
    """Return True where the last bits of a product are those of the machine that made the fixtures."""
    made_with = EXPECTED["made_with"]
    return bool(
        metadata.version("numpy") == made_with["numpy"] and blas_info().architecture == made_with["blas_kernel"]
    )


@pytest.mark.parametrize("name", RUNS)
def test_a_line_of_an_old_journal_is_written_as_it_was_read(name: str) -> None:
    lines = (FIXTURES / name / "metrics.jsonl").read_text("utf-8").splitlines()
    events = list(read_journal(FIXTURES / name))
    assert len(events) == len(lines)
    renamed = {"go-on": "resume", "back": "restore-best"}
    for line, event in zip(lines, events, strict=True):
        values = json.loads(line)
        if "command" in values:
            values["command"] = renamed.get(values["command"], values["command"])
        if values["event"] == "evaluation":
            values["scope"] = "whole"
        if values["event"] == "finish":
            values["note"] = ""
        if values["event"] == "baseline":
            names = ("tokens", "training_tokens", "measured_tokens", "validation_tokens")
            values |= dict.fromkeys(names, 0)
        assert event.to_json() == values
        assert list(event.to_json()) == list(values)
