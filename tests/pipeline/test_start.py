"""Runs: started, resumed, reproduced."""

import io
import json
from pathlib import Path

import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.errors import RunError, TextError
from charrnn.language.model import LanguageModel
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Evaluated

OVERRIDES = Overrides(hidden=16, bptt=8, batch=4, steps=30, evaluate_every=10, threads=1)


def weights(path: Path, source: Path, overrides: Overrides) -> bytes:
    list(start_run(path, TextConfig((str(source),)), overrides).train())
    return (path / "model.safetensors").read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(story: Path, tmp_path: Path) -> None:
    first = weights(tmp_path / "a", story, OVERRIDES)
    assert weights(tmp_path / "b", story, OVERRIDES) == first
    assert weights(tmp_path / "c", story, OVERRIDES | {"seed": 1}) != first


def test_a_text_that_has_changed_is_not_gone_on_with(story: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(story.read_text())
    weights(tmp_path / "run", text, OVERRIDES)
    text.write_text(story.read_text() + "and more")
    with pytest.raises(RunError, match="not the one"):
        resume_run(tmp_path / "run", overrides=Overrides(steps=40))


def test_another_end_lets_a_finished_run_go_on(story: Path, tmp_path: Path) -> None:
    weights(tmp_path / "run", story, OVERRIDES)
    events = list(resume_run(tmp_path / "run", overrides=Overrides(steps=40)).train())
    assert [event.step for event in events if event.kind == "step"] == list(range(31, 41))


def test_a_text_from_standard_input_must_be_given_again(story: Path, tmp_path: Path) -> None:
    run = start_run(tmp_path / "run", TextConfig(("-",)), OVERRIDES, stdin=io.BytesIO(story.read_bytes()))
    list(run.train())
    with pytest.raises(RunError, match="standard input"):
        resume_run(tmp_path / "run")
    resumed = resume_run(tmp_path / "run", sources=("-",), stdin=io.BytesIO(story.read_bytes()))
    assert resumed.session.state.step == 30


def test_a_short_text_shrinks_the_batch_and_says_so(tmp_path: Path) -> None:
    text = tmp_path / "short.txt"
    text.write_text("a short text, hardly worth it.")
    run = start_run(tmp_path / "run", TextConfig((str(text),)), Overrides(hidden=8, steps=3))
    assert run.preflight.config.training.batch == 1
    assert any("short" in note for note in run.preflight.notes)
    assert list(run.train())[-1].kind == "finish"


def test_without_a_validation_part_the_last_weights_are_the_model(story: Path, tmp_path: Path) -> None:
    run = start_run(tmp_path / "run", TextConfig((str(story),), val_fraction=0.0), OVERRIDES)
    events = list(run.train())
    assert not [event for event in events if isinstance(event, Evaluated)]
    model = LanguageModel.load(tmp_path / "run")
    for name, w in run.session.state.parameters.items():
        assert (model.parameters[name] == w).all()


def test_nothing_is_left_of_a_run_that_could_not_start(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    with pytest.raises(TextError):
        start_run(tmp_path / "run", TextConfig((str(empty),)), OVERRIDES)
    assert not (tmp_path / "run").exists()


def test_every_line_of_the_journal_has_event_time_and_step(tiny_run: Path) -> None:
    lines = [json.loads(line) for line in (tiny_run / "metrics.jsonl").read_text().splitlines()]
    assert all({"event", "time", "step"} <= line.keys() for line in lines)
    step = next(line for line in lines if line["event"] == "step")
    assert {"loss", "learning_rate", "gradient_norm", "characters_per_second"} <= step.keys()
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
