"""A run in training: its journal, its lock, its mailbox and its probes."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.errors import RunError
from charrnn.pipeline.run import Run
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.commands import Pause
from charrnn.run.events import CommandApplied, GradientFlowMeasured, StepDone
from charrnn.run.journal import read_journal
from charrnn.run.lock import RunLock, trainer_pid

SHORT = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=30, evaluate_every=10, threads=1)
TELL = "import sys; from charrnn.cli import main; sys.argv[1:] = ['tell', *sys.argv[1:]]; main()"


@pytest.fixture
def run(story: Path, tmp_path: Path) -> Run:
    """A new run of 30 steps."""
    return start_run(tmp_path / "run", TextConfig((str(story),)), SHORT)


def test_every_event_is_in_the_journal_before_it_is_yielded(run: Run) -> None:
    for number, event in enumerate(run.train(), start=1):
        journal = list(read_journal(run.folder.path))
        assert len(journal) == number
        assert journal[-1] == event


def test_every_line_of_the_journal_has_event_time_and_step(tiny_run: Path) -> None:
    lines = [json.loads(line) for line in (tiny_run / "metrics.jsonl").read_text().splitlines()]
    assert all({"event", "time", "step"} <= line.keys() for line in lines)
    step = next(line for line in lines if line["event"] == "step")
    assert {"loss", "learning_rate", "gradient_norm", "characters_per_second"} <= step.keys()
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)


@pytest.mark.parametrize("word", ["sample", "restore-best", "back"])
def test_another_process_can_send_a_command(word: str, run: Run) -> None:
    path = run.folder.path
    assert trainer_pid(path) is None
    with ExitStack() as stack:
        for event in run.train():
            if isinstance(event, StepDone) and event.step == 15:
                assert trainer_pid(path) is not None
                program = [sys.executable, "-c", TELL, str(path), word, "--json"]
                tell = stack.enter_context(subprocess.Popen(program, stdout=subprocess.PIPE, text=True))
                while not (path / "control" / "commands.jsonl").read_text():
                    time.sleep(0.01)
            if isinstance(event, CommandApplied):
                applied = event
        output, _ = tell.communicate(timeout=60)
    assert (applied.step, applied.command) == (15, "restore-best" if word == "back" else word)
    assert trainer_pid(path) is None
    assert (tell.returncode, json.loads(output)) == (0, applied.to_json())


def test_only_one_process_trains_a_run(run: Run) -> None:
    path = run.folder.path
    events = run.train()
    next(events)
    with pytest.raises(RunError, match="charrnn watch"):
        resume_run(path)
    with pytest.raises(RunError, match="being trained"):
        RunLock(path)
    del events  # as if the process had ended
    assert list(resume_run(path).train())[-1].step == 30


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_training_ends_soon_after_the_folder_of_the_run_is_gone(how: str, run: Run, tmp_path: Path) -> None:
    path, step = run.folder.path, 0
    with pytest.raises(RunError, match="run was deleted or moved"):  # noqa: PT012
        for event in run.train():
            step = event.step
            if isinstance(event, StepDone) and event.step == 12:
                shutil.rmtree(path) if how == "deleted" else path.rename(tmp_path / "other")
    assert step == 12
    assert not path.exists()


def test_a_paused_run_ends_when_its_folder_is_gone(run: Run) -> None:
    commands = iter([(), (Pause(),)])
    with pytest.raises(RunError, match="run was deleted or moved"):  # noqa: PT012
        for event in run.train(lambda: next(commands, ())):
            if isinstance(event, CommandApplied):
                shutil.rmtree(run.folder.path)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EFBIG, "allow larger files"),
        (errno.EACCES, "make its folder writable"),
        (errno.EIO, "check the disk"),
    ],
)
@pytest.mark.parametrize("name", ["model.safetensors", "metrics.jsonl"])
def test_a_file_that_cannot_be_written_is_named_with_a_remedy_and_the_run_can_be_resumed(
    name: str, number: int, remedy: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    message = rf"{name} cannot be written: .*{remedy}.*, then resume .* charrnn train --resume {run.folder.path}"
    with pytest.raises(RunError, match=message):  # noqa: PT012
        for event in run.train():
            if isinstance(event, StepDone) and event.step == 10 and name == "model.safetensors":
                monkeypatch.setattr(os, "fsync", fail)
            elif isinstance(event, StepDone) and event.step == 10:
                monkeypatch.setattr(json, "dumps", fail)
    monkeypatch.undo()
    assert list(resume_run(run.folder.path).train())[-1].step == 30


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_limit_on_the_size_of_files_is_named_with_the_journal(run: Run) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    events = run.train()
    next(events)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(RunError, match=r"metrics\.jsonl cannot be written: File too large"):
            list(events)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(resume_run(run.folder.path).train())[-1].step == 30


def test_a_run_measures_its_gradient_flow(tiny_run: Path) -> None:
    probe = next(event for event in read_journal(tiny_run) if isinstance(event, GradientFlowMeasured))
    assert len(probe.gradient_flow) == 2  # layers
    assert len(probe.gradient_flow[0]) == 16  # steps of the window
    assert probe.gradient_flow[1][-1] > 0.0
    assert all(0.0 <= share <= 1.0 for share in probe.saturated)
    assert probe.memory > 1 << 20
