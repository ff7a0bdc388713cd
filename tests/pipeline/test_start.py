"""Start and resume: the same seed gives the same run, and a resumed run is the run that was never interrupted."""

import io
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from charrnn.config import Overrides, TextConfig
from charrnn.errors import CharrnnError, RunError, TextError
from charrnn.language.model import LanguageModel
from charrnn.pipeline.probes import measure_baseline
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Evaluated, StepDone
from charrnn.text.corpus import read_corpus
from charrnn.text.dataset import build_dataset
from charrnn.text.progress import COUNTING

SHORT = Overrides(hidden=16, bptt=8, batch=4, steps=30, evaluate_every=10, threads=1)
THREADED = Overrides(hidden=16, bptt=8, batch=4, steps=60, evaluate_every=20, threads=2, dropout=0.2, seed=5)


def train(path: Path, source: Path, overrides: Overrides) -> bytes:
    """Train a run to its end and return its model file."""
    list(start_run(path, TextConfig((str(source),)), overrides).train())
    return (path / "model.safetensors").read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(story: Path, tmp_path: Path) -> None:
    first = train(tmp_path / "a", story, SHORT)
    assert train(tmp_path / "b", story, SHORT) == first
    assert train(tmp_path / "c", story, Overrides(**SHORT | {"seed": 1})) != first


@pytest.mark.parametrize("until", [5, 20, 40])
def test_a_resume_after_a_kill_continues_to_the_bit(until: int, story: Path, tmp_path: Path) -> None:
    train(tmp_path / "whole", story, THREADED)
    events = start_run(tmp_path / "half", TextConfig((str(story),)), THREADED).train()
    next(event for event in events if event.kind == "checkpoint" and event.step == until)
    del events  # as SIGKILL would leave it
    list(resume_run(tmp_path / "half").train())
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "half" / name).read_bytes(), name
    whole, half = (load_file(tmp_path / name / "checkpoints/last/training.safetensors") for name in ("whole", "half"))
    assert whole.keys() == half.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(array, half[name], err_msg=name)


def test_a_run_killed_before_its_first_checkpoint_starts_again(story: Path, tmp_path: Path) -> None:
    whole = train(tmp_path / "whole", story, SHORT)
    next(iter(start_run(tmp_path / "early", TextConfig((str(story),)), SHORT).train()))
    list(resume_run(tmp_path / "early").train())
    assert (tmp_path / "early" / "model.safetensors").read_bytes() == whole


def test_another_end_continues_a_finished_run(story: Path, tmp_path: Path) -> None:
    train(tmp_path / "run", story, SHORT)
    events = list(resume_run(tmp_path / "run", overrides=Overrides(steps=40)).train())
    assert [event.step for event in events if isinstance(event, StepDone)] == list(range(31, 41))
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["training"]["steps"] == 40


def test_a_resumed_run_continues_from_the_last_checkpoint_of_another_process(story: Path, tmp_path: Path) -> None:
    train(tmp_path / "run", story, SHORT)
    late = resume_run(tmp_path / "run", overrides=Overrides(steps=45))
    list(resume_run(tmp_path / "run", overrides=Overrides(steps=40)).train())
    assert [event.step for event in late.train() if isinstance(event, StepDone)] == list(range(41, 46))


def test_a_text_that_has_changed_cannot_be_resumed(story: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(story.read_text())
    train(tmp_path / "run", text, SHORT)
    text.write_text(story.read_text() + "and more")
    with pytest.raises(TextError, match="not the text"):
        resume_run(tmp_path / "run", overrides=Overrides(steps=40))


def test_the_new_place_of_a_moved_text_is_kept(story: Path, tmp_path: Path) -> None:
    old, new, path = tmp_path / "old.txt", tmp_path / "new.txt", tmp_path / "run"
    old.write_bytes(story.read_bytes())
    train(path, old, SHORT)
    old.rename(new)
    list(resume_run(path, sources=(str(new),), overrides=Overrides(steps=35)).train())
    assert list(resume_run(path, overrides=Overrides(steps=40)).train())[-1].step == 40


def test_a_text_from_standard_input_must_be_given_again(story: Path, tmp_path: Path) -> None:
    run = start_run(tmp_path / "run", TextConfig(("-",)), SHORT, stdin=io.BytesIO(story.read_bytes()))
    list(run.train())
    with pytest.raises(CharrnnError, match="standard input"):
        resume_run(tmp_path / "run")
    resumed = resume_run(tmp_path / "run", sources=("-",), stdin=io.BytesIO(story.read_bytes()))
    assert resumed.session.state.step == 30


def test_a_short_text_reduces_the_batch_with_a_note(tmp_path: Path) -> None:
    text = tmp_path / "short.txt"
    text.write_text("a short text, hardly worth it.")
    run = start_run(tmp_path / "run", TextConfig((str(text),)), Overrides(hidden=8, steps=3))
    assert run.preflight.config.training.batch == 1
    assert "the text is short: the batch is 1 instead of 32" in run.preflight.notes
    assert list(run.train())[-1].kind == "finish"


def test_a_batch_larger_than_the_text_is_refused(story: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="`batch` must be below"):
        start_run(tmp_path / "run", TextConfig((str(story),)), Overrides(batch=100_000))
    assert not (tmp_path / "run").exists()


def test_without_a_validation_part_the_model_has_the_last_weights(story: Path, tmp_path: Path) -> None:
    run = start_run(tmp_path / "run", TextConfig((str(story),), val_fraction=0.0), SHORT)
    events = list(run.train())
    assert not [event for event in events if isinstance(event, Evaluated)]
    model = LanguageModel.load(tmp_path / "run")
    for name, array in run.session.state.parameters.items():
        np.testing.assert_array_equal(model.parameters[name], array)


def test_nothing_is_left_of_a_run_that_could_not_start(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    with pytest.raises(TextError):
        start_run(tmp_path / "run", TextConfig((str(empty),)), SHORT)
    assert not (tmp_path / "run").exists()


def test_an_existing_run_is_not_overwritten(tiny_run: Path, story: Path) -> None:
    model = (tiny_run / "model.safetensors").read_bytes()
    with pytest.raises(RunError, match="exists already"):
        start_run(tiny_run, TextConfig((str(story),)), SHORT)
    assert (tiny_run / "model.safetensors").read_bytes() == model


def test_a_run_inside_its_text_folder_is_not_part_of_the_text(story: Path, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "story.txt").write_bytes(story.read_bytes())
    path = folder / "runs" / "own"
    list(start_run(path, TextConfig((str(folder),)), SHORT).train())
    resumed = resume_run(path, overrides=Overrides(steps=35))
    assert resumed.preflight.corpus.files == 1
    assert list(resumed.train())[-1].step == 35


def test_the_preflight_describes_the_run(story: Path, tmp_path: Path) -> None:
    preflight = start_run(tmp_path / "run", TextConfig((str(story),)), SHORT).preflight
    characters = len(story.read_text())
    assert preflight.corpus.characters == characters
    assert preflight.training_tokens + preflight.validation_tokens == characters
    assert preflight.parameters == sum(
        array.size for array in resume_run(tmp_path / "run").session.state.parameters.values()
    )
    assert preflight.steps == 30
    assert preflight.seconds == pytest.approx(30 * 8 * 4 / preflight.characters_per_second)
    assert preflight.baseline is not None
    assert 2 <= preflight.baseline.order <= 8
    assert 0.0 < preflight.baseline.loss.nats_per_character < 1.0


def test_the_baseline_is_counted_on_all_of_a_long_text(tmp_path: Path) -> None:
    """Its last half, of which the first knows nothing, is what the validation text is like."""
    rng = np.random.default_rng(0)
    halves = ["".join(rng.choice(list(letters), 1_200_000)) for letters in ("abcdefgh\n", "ijklmnop\n")]
    (tmp_path / "text.txt").write_text("".join(halves))
    config = TextConfig((str(tmp_path / "text.txt"),))
    stages: list[tuple[str, float]] = []
    dataset = build_dataset(read_corpus(config.sources), config)
    baseline = measure_baseline(dataset, lambda stage, share: stages.append((stage, share)))
    assert baseline is not None
    assert baseline.counted_tokens == baseline.training_tokens == 2_160_000
    assert baseline.measured_tokens == baseline.validation_tokens == 240_000
    assert baseline.loss.nats_per_character == pytest.approx(math.log(9), rel=0.01)
    assert {stage for stage, _ in stages} == {COUNTING}
    assert [share for _, share in stages] == sorted(share for _, share in stages)
    assert stages[-1] == (COUNTING, 1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_a_file_name_that_is_not_unicode_is_kept(story: Path, tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")
    Path(name).write_bytes(story.read_bytes())
    list(start_run(tmp_path / "run", TextConfig((name,)), SHORT).train())
    assert resume_run(tmp_path / "run").preflight.config.text.sources == (name,)
