"""A day's journal, of 1,000,000 steps, or of 30,000 in the short run: memory flat, reading quick."""

import json
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from charrnn.run.events import StepDone
from charrnn.run.journal import NAME, Tail, read_milestones
from charrnn.tui.history import History
from tests.fuzz.oracles import Outcome, Program

STEPS, MANY_STEPS, FEW_STEPS = 30_000, 1_000_000, 1_000
STEPS_PER_EVALUATION = 1_000
LARGEST_GROWTH = 32 << 20
"""Bytes by which the memory of a command may grow from few steps to many."""
BYTES_PER_STEP = 80
"""Bytes that the history of a dashboard may keep per step; three numbers, and a copy while they grow."""


def make_journal(run: Path, steps: int) -> None:
    """Write a journal of so many steps, with an evaluation now and then, from the events of a real one."""
    lines = (run / NAME).read_text("utf-8").splitlines()
    start, step, evaluation = (
        next(json.loads(line) for line in lines if json.loads(line)["event"] == kind)
        for kind in ("start", "step", "evaluation")
    )
    head, tail = json.dumps(step | {"step": "@", "time": "#"}).replace('"#"', "#").split('"@"')
    with (run / NAME).open("w", encoding="utf-8") as file:
        file.write(json.dumps(start) + "\n")
        for number in range(1, steps + 1):
            file.write(f"{head}{number}{tail.replace('#', str(number * 0.0864), 1)}\n")
            if number % STEPS_PER_EVALUATION == 0:
                file.write(json.dumps(evaluation | {"step": number, "time": number * 0.0864}) + "\n")


@pytest.fixture(params=[STEPS, pytest.param(MANY_STEPS, marks=pytest.mark.fuzz)])
def steps(request: pytest.FixtureRequest) -> int:
    """The number of steps of a long journal."""
    return int(request.param)


@pytest.fixture
def long_run(old_runs: Path, tmp_path: Path, steps: int) -> Path:
    """The folder of a run with a long journal, which was interrupted."""
    run = Path(shutil.copytree(old_runs / "character", tmp_path / "runs" / "long"))
    make_journal(run, steps)
    return run


def test_the_commands_need_no_more_memory_for_a_long_journal(
    program: Program, old_runs: Path, tmp_path: Path, long_run: Path
) -> None:
    few = Path(shutil.copytree(old_runs / "character", tmp_path / "few" / "few"))
    make_journal(few, FEW_STEPS)

    def run(command: str, path: Path, *options: str) -> Outcome:
        outcome = program(command, path, *options, folder=tmp_path, limits={"RLIMIT_CPU": 200}, seconds=400.0)
        assert list(outcome.faults({0, 1})) == []
        return outcome

    for command, options in (("runs", ()), ("watch", ("--no-tui",)), ("sample", ("--length", "5"))):
        growth = run(command, long_run, *options).memory - run(command, few, *options).memory
        assert growth < LARGEST_GROWTH, f"{command} needs {growth >> 20} MiB more"


def test_milestones_are_read_without_parsing_the_steps(
    long_run: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str | bytes] = []
    parse = json.loads

    def counting(line: str | bytes) -> Any:
        parsed.append(line)
        return parse(line)

    monkeypatch.setattr(json, "loads", counting)
    events = list(read_milestones(long_run))
    assert events[-1].step == steps
    assert len(events) == steps // STEPS_PER_EVALUATION + 1
    assert len(parsed) <= len(events) + 1


def test_a_dashboard_keeps_three_numbers_per_step(long_run: Path, steps: int) -> None:
    tracemalloc.start()
    try:
        history, tail = History(), Tail(long_run)
        for event in tail.read_all():
            history.update(event)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(history.progress.step, StepDone)
    assert len(history.steps) == steps
    assert peak < LARGEST_GROWTH + BYTES_PER_STEP * steps
