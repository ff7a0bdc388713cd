"""`charrnn runs` as a program: what it tells of whole runs, of broken ones, and of folders that are none."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from charrnn.run.lock import RunLock

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))


def charrnn(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, capture_output=True, encoding="utf-8", timeout=60)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run runs/story in it."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    result = charrnn("train", "story.txt", "--hidden", "8", "--steps", "20", "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def listed(*arguments: str, cwd: Path) -> dict[str, dict[str, Any]]:
    result = charrnn("runs", *arguments, "--json", cwd=cwd)
    assert result.returncode == 0, result.stderr
    return {Path(each["path"]).name: each for each in json.loads(result.stdout)["runs"]}


def test_a_run_is_told_with_its_sizes_and_its_best(folder: Path) -> None:
    run = listed(cwd=folder)["story"]
    journal = [json.loads(line) for line in (folder / "runs/story/metrics.jsonl").read_text("utf-8").splitlines()]
    assert (run["text"], run["characters"]) == ("story.txt", len(STORY))
    assert (run["layers"], run["hidden"], run["embedding"], run["step"]) == (2, 8, 8, 20)
    assert run["parameters"] == next(event["parameters"] for event in journal if event["event"] == "start")
    evaluations = [event for event in journal if event["event"] == "evaluation"]
    assert run["nats_per_character"] == min(event["nats_per_character"] for event in evaluations)
    assert run["bits_per_character"] == min(event["bits_per_character"] for event in evaluations)
    assert (run["state"], run["fault"]) == ("finished", None)


def test_a_line_a_run_in_a_pipe(folder: Path) -> None:
    result = charrnn("runs", cwd=folder)
    assert [line.split("\t")[:2] for line in result.stdout.splitlines()] == [["runs/story", "finished"]]


def test_a_run_can_be_named_itself(folder: Path) -> None:
    assert list(listed("runs/story", cwd=folder)) == ["story"]


def _cut_short(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()[:8]
    (run / "metrics.jsonl").write_text("\n".join([*lines, '{"event": "st']), encoding="utf-8")


def _say_strange_things(run: Path) -> None:
    with (run / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(
            'x\n[1]\n{"event": "evaluation", "step": 21, "nats_per_character": "?"}\n{"event": 5, "step": 21}\n'
        )


def test_a_run_without_a_last_word_was_broken_off(folder: Path) -> None:
    _cut_short(folder / "runs" / "story")
    run = listed(cwd=folder)["story"]
    assert (run["state"], run["fault"]) == ("broken off", None)
    assert run["step"] < 20


def test_strange_lines_are_passed_over(folder: Path) -> None:
    _say_strange_things(folder / "runs" / "story")
    run = listed(cwd=folder)["story"]
    assert (run["state"], run["fault"], run["step"]) == ("finished", None, 20)


def test_a_run_that_a_process_trains_is_under_way(folder: Path) -> None:
    claim = RunLock(folder / "runs" / "story")
    assert listed(cwd=folder)["story"]["state"] == "under way"
    claim.release()
    assert listed(cwd=folder)["story"]["state"] == "finished"


def test_broken_runs_are_listed_with_their_fault_beside_whole_ones(folder: Path) -> None:
    runs = folder / "runs"
    for name in ("torn", "lost", "garbled", "odd"):
        shutil.copytree(runs / "story", runs / name)
    weights = runs / "torn" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    (runs / "lost" / "config.json").unlink()
    (runs / "garbled" / "config.json").write_bytes(b"\x00{")
    (runs / "odd" / "config.json").unlink()
    (runs / "odd" / "config.json").mkdir()
    (runs / "no run").mkdir()
    (runs / "a file").touch()
    found = listed(cwd=folder)
    assert {name: each["state"] for name, each in found.items()} == {
        "story": "finished",
        "torn": "broken",
        "lost": "broken",
        "garbled": "broken",
        "odd": "broken",
    }
    assert all(each["fault"] for name, each in found.items() if name != "story")


def test_no_runs_is_no_failure_but_no_folder_is(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    none = charrnn("runs", cwd=tmp_path)
    assert (none.returncode, none.stdout) == (0, "")
    absent = charrnn("runs", "absent", cwd=tmp_path)
    assert absent.returncode == 2
    assert "absent" in absent.stderr
