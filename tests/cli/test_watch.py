"""`charrnn watch` in a pipe: the events of a run, a damaged journal, and a model without one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from charrnn.errors import RunError

Invoke = Callable[..., Result]


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of a run that a test may change."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


def test_the_lines_of_a_finished_run_are_printed(invoke: Invoke, run: Path) -> None:
    result = invoke("watch", run, "--no-tui")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "step 0: training begins"
    assert lines[-1].startswith("step 120: done after")


@pytest.mark.parametrize("time", ["1e999", "1e308", "-1e308", "NaN", "null"])
def test_a_time_that_no_run_has_is_no_traceback(time: str, invoke: Invoke, run: Path) -> None:
    with (run / "metrics.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(f'{{"event": "finish", "step": 120, "time": {time}, "reason": "done"}}\n')
        journal.write(
            f'{{"event": "step", "step": 121, "time": {time}, "loss": 1.0, "learning_rate": 1.0, '
            '"gradient_norm": 1.0, "characters_per_second": 1.0, "progress": 0.5, "epoch": 1.0}\n'
        )
    result = invoke("watch", run, "--no-tui")
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_model_without_a_journal_is_refused(invoke: Invoke, run: Path) -> None:
    shutil.rmtree(run / "checkpoints")
    (run / "metrics.jsonl").unlink()
    error = invoke("watch", run, "--no-tui").exception
    assert isinstance(error, RunError)
    assert "there is nothing to watch" in str(error)
