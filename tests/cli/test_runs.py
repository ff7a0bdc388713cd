"""`charrnn runs`: complete runs, broken runs, and folders that are not runs."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charrnn.run.lock import RunLock

STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))
Charrnn = Callable[..., subprocess.CompletedProcess[str]]
RunsByName = Callable[[], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, charrnn: Charrnn) -> Path:
    """A folder with the run runs/story in it."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    result = charrnn("train", "story.txt", "--hidden", 8, "--steps", 20, "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


@pytest.fixture
def runs(folder: Path, charrnn: Charrnn) -> RunsByName:
    """A function that returns the runs of the folder by name, from --json."""

    def read() -> dict[str, dict[str, Any]]:
        result = charrnn("runs", "--json", cwd=folder)
        assert result.returncode == 0, result.stderr
        return {Path(run["path"]).name: run for run in json.loads(result.stdout)["runs"]}

    return read


def test_json_has_the_sizes_and_the_best_loss_of_a_run(folder: Path, runs: RunsByName) -> None:
    run = runs()["story"]
    journal = [json.loads(line) for line in (folder / "runs/story/metrics.jsonl").read_text("utf-8").splitlines()]
    assert (run["text"], run["characters"]) == ("story.txt", len(STORY))
    assert (run["layers"], run["hidden"], run["embedding"], run["step"]) == (2, 8, 8, 20)
    assert run["parameters"] == next(event["parameters"] for event in journal if event["event"] == "start")
    evaluations = [event for event in journal if event["event"] == "evaluation"]
    assert run["nats_per_character"] == min(event["nats_per_character"] for event in evaluations)
    assert run["bits_per_character"] == min(event["bits_per_character"] for event in evaluations)
    assert (run["state"], run["fault"]) == ("finished", None)


def test_a_pipe_gets_one_line_per_run(folder: Path, charrnn: Charrnn) -> None:
    headings, *lines = charrnn("runs", cwd=folder).stdout.splitlines()
    assert headings.split("\t")[:4] == ["#run", "state", "age", "text"]
    assert [line.split("\t")[:2] for line in lines] == [[str(Path("runs/story")), "finished"]]
    assert len(lines[0].split("\t")) == len(headings.split("\t"))


@pytest.mark.parametrize("name", ["runs/story", "story"])
def test_a_single_run_can_be_named(folder: Path, charrnn: Charrnn, name: str) -> None:
    result = charrnn("runs", name, "--json", cwd=folder)
    assert [run["path"] for run in json.loads(result.stdout)["runs"]] == [str(Path("runs/story"))]


def test_a_journal_without_a_finish_is_a_run_that_was_broken_off(folder: Path, runs: RunsByName) -> None:
    journal = folder / "runs" / "story" / "metrics.jsonl"
    lines = journal.read_text("utf-8").splitlines()[:8]
    journal.write_text("\n".join([*lines, '{"event": "st']), encoding="utf-8")
    run = runs()["story"]
    assert (run["state"], run["fault"]) == ("broken off", None)
    assert run["step"] < 20


def test_lines_that_are_not_events_are_skipped(folder: Path, runs: RunsByName) -> None:
    with (folder / "runs" / "story" / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write("x\n[1]\n")
        file.write('{"event": "evaluation", "step": 21, "nats_per_character": "?"}\n')
        file.write('{"event": 5, "step": 21}\n')
    run = runs()["story"]
    assert (run["state"], run["fault"], run["step"]) == ("finished", None, 20)


def test_a_locked_run_is_under_way(folder: Path, runs: RunsByName) -> None:
    lock = RunLock(folder / "runs" / "story")
    assert runs()["story"]["state"] == "under way"
    lock.release()
    assert runs()["story"]["state"] == "finished"


def test_broken_runs_are_listed_with_their_fault_beside_complete_ones(folder: Path, runs: RunsByName) -> None:
    parent = folder / "runs"
    for name in ("torn", "lost", "garbled", "odd"):
        shutil.copytree(parent / "story", parent / name)
    weights = parent / "torn" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    (parent / "lost" / "config.json").unlink()
    (parent / "garbled" / "config.json").write_bytes(b"\x00{")
    (parent / "odd" / "config.json").unlink()
    (parent / "odd" / "config.json").mkdir()
    (parent / "no run").mkdir()
    (parent / "a file").touch()
    by_name = runs()
    assert {name: run["state"] for name, run in by_name.items()} == {
        "story": "finished",
        "torn": "broken",
        "lost": "broken",
        "garbled": "broken",
        "odd": "broken",
    }
    assert all(run["fault"] for name, run in by_name.items() if name != "story")


def test_an_empty_folder_is_no_error_and_a_missing_one_is_wrong_usage(tmp_path: Path, charrnn: Charrnn) -> None:
    (tmp_path / "runs").mkdir()
    empty = charrnn("runs", cwd=tmp_path)
    assert (empty.returncode, empty.stdout) == (0, "")
    missing = charrnn("runs", "absent", cwd=tmp_path)
    assert missing.returncode == 2
    assert "absent" in missing.stderr


def test_a_terminal_gets_a_table_with_the_faults_below(folder: Path, on_terminal: Callable[..., str]) -> None:
    shutil.copytree(folder / "runs" / "story", folder / "runs" / "lost")
    (folder / "runs" / "lost" / "config.json").unlink()
    output = on_terminal("runs", cwd=folder, NO_COLOR="1", TERM="dumb")
    assert "parameters" in output
    assert "runs/story" in output
    assert "runs/lost is broken: " in output
    assert max(map(len, output.splitlines()[:3])) <= 80
