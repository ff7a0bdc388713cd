"""The listing: each run with its status and results, and broken ones do not hide the others."""

import json
import shutil
from pathlib import Path

import pytest

from charrnn.network import Network
from charrnn.run.commands import Pause
from charrnn.run.events import CommandApplied
from charrnn.run.journal import append_event, open_journal, read_journal
from charrnn.run.listing import RunSummary, list_runs
from charrnn.run.lock import RunLock
from charrnn.run.status import Status


def summaries(folder: Path) -> dict[str, RunSummary]:
    listed = list_runs(folder, lambda config: Network.from_config(config).shapes())
    return {Path(summary.path).name: summary for summary in listed}


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, in a folder of runs."""
    return Path(shutil.copytree(tiny_run, tmp_path / "runs" / "run"))


def test_a_run_is_listed_with_its_sizes_and_its_best_loss(run: Path) -> None:
    summary = summaries(run.parent)["run"]
    values = [event.to_json() for event in read_journal(run)]
    losses = [line["nats_per_character"] for line in values if line["event"] == "evaluation"]
    assert (summary.status, summary.fault) == (Status.FINISHED, None)
    assert (summary.cell, summary.layers, summary.hidden, summary.embedding) == ("tanh", 2, 24, 24)
    assert (summary.step, summary.nats_per_character) == (120, min(losses))
    assert summary.parameters == values[0]["parameters"]


def test_the_json_of_a_run_has_these_fields(run: Path) -> None:
    values = summaries(run.parent)["run"].to_json()
    assert list(values) == [
        *("path", "state", "age", "text", "characters", "cell", "layers", "hidden", "embedding", "parameters"),
        *("step", "nats_per_character", "bits_per_character", "fault"),
    ]
    assert json.loads(json.dumps(values))["state"] == "finished"


def test_training_runs_are_listed_as_such(run: Path) -> None:
    lock = RunLock(run)
    summary = summaries(run.parent)["run"]
    assert (summary.status, summary.to_json()["state"]) == (Status.TRAINING, "under way")
    with open_journal(run) as journal:
        append_event(journal, CommandApplied(120, 9.0, Pause.kind, "done"))
    summary = summaries(run.parent)["run"]
    assert (summary.status, summary.to_json()["state"]) == (Status.PAUSED, "paused")
    lock.release()


def test_an_interrupted_run_is_listed_with_its_last_step(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()[:8]
    (run / "metrics.jsonl").write_text("\n".join([*lines, '{"event": "st']), encoding="utf-8")
    summary = summaries(run.parent)["run"]
    assert (summary.status, summary.to_json()["state"]) == (Status.INTERRUPTED, "broken off")
    assert summary.step == json.loads(lines[-1])["step"]


def test_a_run_that_has_saved_nothing_yet_is_not_broken(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()[:2]
    (run / "metrics.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (run / "model.safetensors").unlink()
    summary = summaries(run.parent)["run"]
    assert (summary.status, summary.fault, summary.nats_per_character) == (Status.INTERRUPTED, None, None)


def test_a_shared_model_is_listed_as_one_without_steps_and_checked(run: Path) -> None:
    shutil.rmtree(run / "checkpoints")
    (run / "metrics.jsonl").unlink()
    summary = summaries(run.parent)["run"]
    assert (summary.status, summary.to_json()["state"]) == (Status.MODEL, "model")
    assert (summary.step, summary.nats_per_character, summary.fault) == (None, None, None)
    weights = run / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert summaries(run.parent)["run"].status == Status.BROKEN


def test_an_unfinished_new_run_is_not_listed(run: Path) -> None:
    shutil.copytree(run, run.with_name(".new.123.part"))
    assert list(summaries(run.parent)) == ["run"]


def test_a_broken_run_is_listed_with_its_fault_beside_the_others(run: Path) -> None:
    folder = run.parent
    for name in ("torn", "lost", "garbled", "odd", "untold", "other", "invalid"):
        shutil.copytree(run, folder / name)
    weights = folder / "torn" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    (folder / "lost" / "config.json").unlink()
    (folder / "garbled" / "config.json").write_bytes(b"\x00{")
    (folder / "odd" / "config.json").unlink()
    (folder / "odd" / "config.json").mkdir()
    (folder / "untold" / "tokenizer.json").write_text("[")
    for name, part, values in (("other", "network", {"hidden": 23}), ("invalid", "text", {"sources": [1, 2]})):
        config = json.loads((folder / name / "config.json").read_text())
        config[part] |= values
        (folder / name / "config.json").write_text(json.dumps(config))
    (folder / "no run").mkdir()
    (folder / "a file").touch()
    listed = summaries(folder)
    assert {name for name, summary in listed.items() if summary.status == Status.BROKEN} == set(listed) - {"run"}
    assert set(listed) == {"run", "torn", "lost", "garbled", "odd", "untold", "other", "invalid"}
    assert all(summary.fault for name, summary in listed.items() if name != "run")


def test_lines_that_are_not_events_are_skipped(run: Path) -> None:
    with (run / "metrics.jsonl").open("a") as journal:
        journal.write(f'x\n[1]\n{{"event": "step", "step": 1, "time": {10**400}}}\n{{"event": 5, "step": 121}}\n')
    assert (summaries(run.parent)["run"].status, summaries(run.parent)["run"].step) == (Status.FINISHED, 120)


def test_a_folder_that_is_a_run_lists_itself(run: Path) -> None:
    assert [summary.path for summary in summaries(run).values()] == [str(run)]
