"""Runs that came from elsewhere: links, pipes and devices among their files do no harm."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from charrnn.config import Overrides
from charrnn.errors import ModelError, RunError
from charrnn.language.registry import load_model
from charrnn.network import Network
from charrnn.pipeline.start import resume_run
from charrnn.run.commands import Mailbox
from charrnn.run.folder import FILES
from charrnn.run.journal import open_journal
from charrnn.run.listing import list_runs
from charrnn.run.lock import RunLock, last_log_line, trainer_pid
from charrnn.run.status import Status

FOLDERS = ("checkpoints", "checkpoints/last", "control")
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, in a folder of runs."""
    return Path(shutil.copytree(tiny_run, tmp_path / "runs" / "run"))


def list_status(run: Path) -> Status:
    (summary,) = list_runs(run.parent, lambda config: Network.from_config(config).shapes())
    return summary.status


def replace(path: Path) -> None:
    """Make room for something else at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_no_file_of_a_run_is_followed_out_of_it(name: str, run: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    victim = Path(shutil.copytree(run, elsewhere)) / name
    if not victim.exists():
        victim.write_bytes(b"precious")
    victims = contents(elsewhere)
    replace(run / name)
    (run / name).symlink_to(victim)
    with pytest.raises(ModelError, match="is a symbolic link"):
        list(resume_run(run, overrides=Overrides(steps=121)).train())
    assert list_status(run) is Status.BROKEN
    assert (trainer_pid(run), last_log_line(run)) == (None, "")
    assert contents(elsewhere) == victims


@pytest.mark.parametrize(
    ("name", "open_file"),
    [("control/lock", RunLock), ("control/commands.jsonl", Mailbox), ("metrics.jsonl", open_journal)],
)
def test_each_file_that_training_writes_in_place_is_guarded_by_itself(
    name: str, open_file: Callable[[Path], object], run: Path, tmp_path: Path
) -> None:
    (tmp_path / "victim").write_bytes(b"precious")
    replace(run / name)
    (run / name).symlink_to(tmp_path / "victim")
    with pytest.raises(ModelError, match="is a symbolic link"):
        open_file(run)
    assert (tmp_path / "victim").read_bytes() == b"precious"


@posix
@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_place_of_a_file_stops_nothing(name: str, run: Path) -> None:
    replace(run / name)
    os.mkfifo(run / name)
    assert list_status(run) is Status.BROKEN
    assert (trainer_pid(run), last_log_line(run)) == (None, "")
    with pytest.raises(ModelError, match="is not a regular file"):
        resume_run(run)


@posix
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_model_is_not_read_from_a_device(name: str, run: Path) -> None:
    replace(run / name)
    (run / name).symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="is a symbolic link"):
        load_model(run)


def test_the_folder_of_a_run_may_be_a_link(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run)
    assert list(resume_run(tmp_path / "link", overrides=Overrides(steps=121)).train())[-1].step == 121


def test_a_model_without_a_checkpoint_is_not_trained_from_the_beginning(run: Path) -> None:
    for name in ("checkpoints", "metrics.jsonl"):
        replace(run / name)
    weights = (run / "model.safetensors").read_bytes()
    with pytest.raises(RunError, match="charrnn train TEXT --from"):
        resume_run(run, overrides=Overrides(steps=130))
    assert (run / "model.safetensors").read_bytes() == weights
