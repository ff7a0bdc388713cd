"""What was doctored or is odd is refused in one sentence, and never spoils what stands beside it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.errors import ModelError, TextError
from charrnn.network import Network, Workspace
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Event
from charrnn.run.listing import list_runs
from charrnn.text.corpus import read_corpus

TINY = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=6, evaluate_every=3, threads=1)
HUGE = 10**400


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "runs" / "run"))


def change_config(run: Path, part: str, **values: object) -> None:
    config = json.loads((run / "config.json").read_text("utf-8"))
    config[part] |= values
    (run / "config.json").write_text(json.dumps(config), "utf-8")


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("text", {"sources": [1, 2]}),
        ("text", {"sources": "long.txt"}),
        ("text", {"encoding": 5}),
        ("training", {"lr": HUGE}),
        ("training", {"seed": 1.5}),
        ("training", {"seed": HUGE}),
        ("network", {"hidden": 6000}),
        ("network", {"vocabulary": 10}),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_before_anything_is_made(
    run: Path, part: str, values: dict[str, Any]
) -> None:
    change_config(run, part, **values)
    with pytest.raises(ModelError):
        resume_run(run)


def test_a_run_that_cannot_be_read_does_not_spoil_the_list(run: Path) -> None:
    other = Path(shutil.copytree(run, run.parent / "odd"))
    change_config(other, "text", sources=[1, 2])
    with (run / "metrics.jsonl").open("a") as journal:
        journal.write(f'{{"event": "step", "step": 1, "time": {HUGE}}}\n')
    states = {Path(each.path).name: each.state for each in list_runs(run.parent)}
    assert states == {"run": "finished", "odd": "broken"}


def test_a_number_that_no_float_can_hold_is_no_event() -> None:
    assert Event.from_json({"event": "checkpoint", "step": 1, "time": HUGE}) is None
    assert Event.from_json({"event": "checkpoint", "step": True, "time": 1.0}) is None
    assert Event.from_json({"event": ["checkpoint"], "step": 1, "time": 1.0}) is None


INF, NAN = float("inf"), float("nan")
IMPOSSIBLE = [
    {"step": INF},
    {"step": -5},
    {"window": -7},
    {"rate_scale": NAN},
    {"rate_scale": 0.0},
    {"time": NAN},
]


@pytest.mark.parametrize("notes", IMPOSSIBLE)
def test_notes_of_a_checkpoint_that_cannot_be_are_refused(run: Path, notes: dict[str, float]) -> None:
    path = run / "checkpoints" / "last" / "training.safetensors"
    with safe_open(path, framework="numpy") as file:
        values = json.loads(file.metadata()["charrnn"])
    save_file(load_file(path), path, metadata={"charrnn": json.dumps(values | notes)})
    with pytest.raises(ModelError, match="damaged"):
        resume_run(run)


def test_a_run_inside_its_own_text_is_no_part_of_it(story: Path, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    shutil.copy(story, folder / "story.txt")
    list(start_run(folder / "runs" / "own", TextConfig((str(folder),)), TINY).train())
    assert read_corpus([folder]).report.files == 1
    assert list(resume_run(folder / "runs" / "own", overrides=Overrides(steps=8)).train())[-1].step == 8


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who may be refused")
def test_a_folder_in_a_folder_that_cannot_be_read_is_refused(story: Path, tmp_path: Path) -> None:
    (tmp_path / "texts" / "inner").mkdir(parents=True)
    shutil.copy(story, tmp_path / "texts" / "story.txt")
    (tmp_path / "texts" / "inner").chmod(0)
    try:
        with pytest.raises(TextError, match="inner"):
            read_corpus([tmp_path / "texts"])
    finally:
        (tmp_path / "texts" / "inner").chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")
def test_a_name_that_is_no_unicode_is_kept(story: Path, tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")
    shutil.copy(story, name)
    list(start_run(tmp_path / "run", TextConfig((name,)), TINY).train())
    assert resume_run(tmp_path / "run", overrides=Overrides(steps=8)).preflight.config.text.sources == (name,)


@pytest.mark.parametrize("options", [("--seed", "1" + "0" * 400), ("--lr", "1e400"), ("--embedding", "-1")])
def test_numbers_out_of_every_range_are_wrong_usage(options: tuple[str, str], tmp_path: Path) -> None:
    program = [sys.executable, "-m", "charrnn", "train", "english", *options]
    result = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)


def test_the_workspace_does_not_grow_with_the_number_of_tokens_that_differ() -> None:
    network = Network(NetworkConfig(500, 6, layers=1, embedding=4))
    p, workspace, sizes = network.initialize(np.random.default_rng(0)), Workspace(), []
    for different in (3, 17, 40, 90):
        ids = np.random.default_rng(different).integers(different, size=(21, 5))
        network.loss_and_gradients(p, ids[:-1], ids[1:], network.start(5), None, 100, workspace)
        sizes.append(len(workspace._arrays))
    assert len(set(sizes)) == 1
