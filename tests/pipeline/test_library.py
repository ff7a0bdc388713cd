"""The library's entry points: train, load, and what they return."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import charrnn
from charrnn.errors import RunError, UsageError
from charrnn.run.events import Event, Started, StepDone

SMALL: dict[str, Any] = {"hidden": 8, "layers": 1, "bptt": 16, "batch": 4, "threads": 1}


def test_train_reports_events_and_returns_a_run_with_its_model(story: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    run = charrnn.train(story, out=tmp_path / "run", steps=12, on_event=events.append, **SMALL)
    assert events[0].kind == "start"
    assert sum(isinstance(event, StepDone) for event in events) == 12
    assert (run.path, run.finished.reason, run.finished.step) == (tmp_path / "run", "done", 12)
    assert isinstance(run.model, charrnn.LanguageModel)
    assert run.model is run.model
    assert run.best_loss == pytest.approx(run.model.evaluate(_validation_text(story)).nats_per_character, rel=0.05)


def _validation_text(path: Path) -> str:
    text = path.read_text("utf-8")
    return text[int(0.9 * len(text)) :]


def test_options_and_their_defaults_are_those_of_the_command(story: Path, tmp_path: Path) -> None:
    run = charrnn.train([story], out=tmp_path / "run", steps=2)
    assert (run.model.config.network.hidden, run.model.config.training.lr) == (128, 0.002)
    assert run.model.config.training.steps == 2


def test_resume_continues_in_the_same_folder(story: Path, tmp_path: Path) -> None:
    run = charrnn.train(story, out=tmp_path / "run", steps=5, **SMALL)
    events: list[Event] = []
    longer = charrnn.train(resume=run.path, steps=9, on_event=events.append)
    assert (longer.path, longer.finished.step) == (run.path, 9)
    assert isinstance(events[0], Started)
    assert events[0].resumed
    assert charrnn.train(resume=run.path).finished.step == 9  # nothing is left to do


def test_more_steps_or_minutes_continue_a_finished_run(story: Path, tmp_path: Path) -> None:
    run = charrnn.train(story, out=tmp_path / "run", steps=5, **SMALL)
    assert charrnn.train(resume=run.path, more=3).finished.step == 8
    assert charrnn.train(resume=run.path, more_minutes=0.002).finished.step > 8
    with pytest.raises(UsageError, match="`more` and `more_minutes` need `resume`"):
        charrnn.train(story, out=tmp_path / "other", more=3)


def test_a_keyboard_interrupt_saves_the_run_before_it_is_raised(story: Path, tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == 7:
            signal.raise_signal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        charrnn.train(story, out=tmp_path / "run", steps=100, on_event=interrupt, **SMALL)
    assert signal.getsignal(signal.SIGINT) is handler
    steps: list[int] = []
    charrnn.train(resume=tmp_path / "run", steps=10, on_event=lambda event: steps.append(event.step))
    assert steps[0] == 7


def test_train_works_outside_the_main_thread(story: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(charrnn.train, story, out=tmp_path / "run", steps=3, **SMALL).result()
    assert run.finished.step == 3


def test_objects_have_readable_reprs(tiny_run: Path, story: Path, tmp_path: Path) -> None:
    run = charrnn.train(story, out=tmp_path / "run", steps=3, **SMALL)
    assert repr(run).startswith(f"TrainedRun({str(run.path)!r}, step 3, best ")
    model = charrnn.load(tiny_run)
    assert repr(model).startswith("LanguageModel(2 × 24 tanh, ")
    assert repr(charrnn.LanguageModel.load(tiny_run).ngrams(3)).startswith("NgramModel(order=3, ")


def test_errors_speak_of_values(story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no option hiden; did you mean hidden"):
        charrnn.train(story, hiden=8)
    with pytest.raises(UsageError, match="`hidden` must be at least 1, got 0"):
        charrnn.train(story, hidden=0)
    with pytest.raises(UsageError, match="leave `out` and `base_run` out"):
        charrnn.train(resume=tmp_path, out="elsewhere")
    with pytest.raises(RunError, match="exists already"):
        charrnn.train(story, out=story.parent, steps=1)
    with pytest.raises(UsageError, match="there is no run"):
        charrnn.load(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []
