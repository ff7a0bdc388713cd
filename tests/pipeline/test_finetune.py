"""Fine-tuning: it starts from the base run's weights and tokenizer, and evaluates the base run's text too."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import LanguageModel
from charrnn.cli import app
from charrnn.config import Overrides, TextConfig
from charrnn.errors import CharrnnError, UsageError
from charrnn.pipeline.run import Run
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Evaluated, StepDone

TEXT = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.\n" * 40
OVERRIDES = Overrides(steps=40, evaluate_every=20, bptt=16, batch=8, threads=1)


@pytest.fixture
def text(tmp_path: Path) -> TextConfig:
    """A German text, of which the base run has seen few characters."""
    path = tmp_path / "german.txt"
    path.write_text(TEXT, "utf-8")
    return TextConfig((str(path),))


def finetune(path: Path, text: TextConfig, base_run: Path) -> Run:
    return start_run(path, text, OVERRIDES, base_run=base_run)


def test_the_new_text_is_learned_and_the_loss_on_the_old_one_is_reported(
    text: TextConfig, tiny_run: Path, tmp_path: Path
) -> None:
    events = list(finetune(tmp_path / "run", text, tiny_run).train())
    evaluations = [event for event in events if isinstance(event, Evaluated)]
    losses = [event.evaluation.nats_per_character for event in evaluations]
    previous_losses = [event.previous_loss for event in evaluations if event.previous_loss is not None]
    assert evaluations[0].step == 0
    assert losses[-1] < losses[0] - 0.5
    assert len(previous_losses) == len(evaluations)
    assert previous_losses[0] < 0.6
    assert previous_losses[-1] > previous_losses[0]
    model = LanguageModel.load(tmp_path / "run")
    assert model.tokenizer.decode(model.tokenizer.encode("Zwölf quay")) == "Zwölf quay"
    assert model.config.network.hidden == 24
    assert model.config.text.base_run == str(tiny_run)


def test_the_learning_rate_is_lower_and_rises_slowly(text: TextConfig, tiny_run: Path, tmp_path: Path) -> None:
    events = finetune(tmp_path / "run", text, tiny_run).train()
    rates = [event.learning_rate for event in events if isinstance(event, StepDone)]
    assert rates[0] < 0.05 * max(rates)
    assert max(rates) <= 0.0005
    assert rates.index(max(rates)) >= 3


def test_a_resume_continues_to_the_bit_even_without_the_base_run(
    text: TextConfig, tiny_run: Path, tmp_path: Path
) -> None:
    base_run = Path(shutil.copytree(tiny_run, tmp_path / "base"))
    list(finetune(tmp_path / "whole", text, base_run).train())
    events = finetune(tmp_path / "half", text, base_run).train()
    next(event for event in events if event.kind == "checkpoint" and event.step == 20)
    del events  # as if the process had been killed
    shutil.rmtree(base_run)
    resumed = resume_run(tmp_path / "half")
    assert any("is not evaluated" in note for note in resumed.preflight.notes)
    list(resumed.train())
    whole, half = (LanguageModel.load(tmp_path / name).parameters for name in ("whole", "half"))
    for name, array in whole.items():
        np.testing.assert_array_equal(array, half[name])


@pytest.mark.parametrize("option", ["--hidden=9", "--layers=1", "--tokenizer=byte", "--cloze", "--documents=lines"])
def test_options_of_the_base_run_cannot_be_chosen(tiny_run: Path, tmp_path: Path, option: str) -> None:
    arguments = ["train", "minerals", "--no-tui", "--from", str(tiny_run), "--out", str(tmp_path / "run"), option]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UsageError)
    assert option.split("=")[0] in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_a_base_run_that_is_not_a_run_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    arguments = ["train", "minerals", "--no-tui", "--from", str(tmp_path), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, CharrnnError)
    assert not (tmp_path / "run").exists()
