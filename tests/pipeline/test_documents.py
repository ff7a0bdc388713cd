"""Runs over documents, words and subwords: the default for documents, and resuming to the bit."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.config import Overrides, TextConfig
from charrnn.language.model import LanguageModel
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Evaluated
from charrnn.run.folder import RunFolder
from charrnn.text.split import training_text, validation_text

OVERRIDES = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=12, evaluate_every=6, threads=1)


@pytest.mark.parametrize(
    ("files", "given", "expected"),
    [(2, None, "files"), (1, None, "none"), (2, "none", "none"), (2, "lines", "lines")],
)
def test_several_files_are_documents_unless_another_value_is_given(
    tmp_path: Path, files: int, given: str | None, expected: str
) -> None:
    sources = tuple(str(tmp_path / f"{number}.txt") for number in range(files))
    for source in sources:
        Path(source).write_text("some words in a file\n" * 9, "utf-8")
    run = start_run(tmp_path / "run", TextConfig(sources, documents=given), OVERRIDES)
    config = RunFolder(run.folder.path).read_config()
    assert config.text.documents == expected
    assert (config.network.bos_id is None) == (expected == "none")


@pytest.mark.parametrize(
    "options", [{"tokenizer": "word", "documents": "lines"}, {"tokenizer": "subword", "vocab_size": 280}]
)
def test_a_run_of_words_or_subwords_resumes_to_the_bit(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the lamp was lit by ottoline, who had never been late\n" * 30, "utf-8")
    text = TextConfig((str(path),), **options)  # type: ignore[arg-type]
    list(start_run(tmp_path / "whole", text, OVERRIDES).train())
    events = start_run(tmp_path / "stopped", text, OVERRIDES).train()
    for event in events:
        if event.kind == "checkpoint" and event.step == 6:
            break
    events.close()  # type: ignore[attr-defined]
    list(resume_run(tmp_path / "stopped").train())
    whole, resumed = (LanguageModel.load(tmp_path / name).parameters for name in ("whole", "stopped"))
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array)


def test_the_held_out_lines_are_those_that_the_seed_draws(tmp_path: Path) -> None:
    """The last tenth of a sorted list is unlike the rest, so lines are drawn, and evaluated as such again."""
    path = tmp_path / "list.txt"
    path.write_text("".join(f"word{number:03}\n" for number in range(200)))
    text = TextConfig((str(path),), documents="lines")
    runs = {seed: start_run(tmp_path / f"run{seed}", text, OVERRIDES | {"seed": seed}) for seed in (1, 2)}
    config = RunFolder(tmp_path / "run1").read_config().text
    assert (config.holdout, config.holdout_seed, config.held_out_documents) == ("random", 1, 20)
    held_out = {seed: validation_text(run.preflight.config.text, 10**6) for seed, run in runs.items()}
    assert held_out[1] != held_out[2]
    assert len(held_out[1].splitlines()) == 20
    training = training_text(config, 10**6).splitlines()
    assert sorted(training + held_out[1].splitlines()) == path.read_text().splitlines()
    evaluated = [event for event in runs[1].train() if isinstance(event, Evaluated)]
    evaluation = CliRunner().invoke(app, ["eval", str(tmp_path / "run1"), "--validation", "--json"])
    values = json.loads(evaluation.stdout)
    assert values["characters"] == len(held_out[1])
    best = min(event.evaluation.nats_per_character for event in evaluated)
    assert values["nats_per_character"] == pytest.approx(best, rel=1e-5)
    assert LanguageModel.load(tmp_path / "run1").ngrams(2).training_tokens == runs[1].preflight.training_tokens
    list(runs[2].train())
    against = ["eval", str(tmp_path / "run1"), "--validation", "--against", str(tmp_path / "run2")]
    assert "different validation texts" in str(CliRunner().invoke(app, against).exception)


def test_the_held_out_files_are_named_in_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.txt").write_text(f"some words in file {number}\n" * 9)
    run = start_run(tmp_path / "run", TextConfig((str(folder),)), OVERRIDES)
    values = json.loads((tmp_path / "run" / "config.json").read_text())["text"]
    assert (values["holdout"], values["held_out_documents"], len(values["held_out"])) == ("random", 2, 2)
    text = "".join(Path(name).read_text() for name in values["held_out"])
    assert validation_text(run.preflight.config.text, 10**6) == text
    before = run.session.state.parameters["head.W"].copy()
    np.testing.assert_array_equal(resume_run(tmp_path / "run").session.state.parameters["head.W"], before)


def test_the_preflight_says_that_lines_are_drawn_at_random(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("".join(f"word{number:03}\n" for number in range(100)))
    run = ["train", str(tmp_path / "list.txt"), "--no-tui", "--steps", "1", "--hidden", "4"]
    for documents, clause in (("lines", " for validation (10 % of the lines, drawn at random)"), ("none", "")):
        arguments = [*run, "--documents", documents, "--out", str(tmp_path / documents)]
        stderr = CliRunner().invoke(app, arguments, catch_exceptions=False).stderr
        assert ("drawn at random" in stderr) == bool(clause)
        assert clause in stderr
