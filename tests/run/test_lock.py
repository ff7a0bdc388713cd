"""The lock: one process at a time holds it, and its end releases it."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.errors import RunError
from charrnn.run import lock as lock_module
from charrnn.run.lock import RunLock, last_log_line, log_path, refuse_if_trained, trainer_pid


def test_the_lock_names_its_process_until_it_is_released(tmp_path: Path) -> None:
    assert trainer_pid(tmp_path) is None
    lock = RunLock(tmp_path)
    assert trainer_pid(tmp_path) == os.getpid()
    with pytest.raises(RunError, match=f"process {os.getpid()}"):
        refuse_if_trained(tmp_path)
    lock.release()
    assert trainer_pid(tmp_path) is None
    refuse_if_trained(tmp_path)


def test_a_second_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "LOCK_TIMEOUT", 0.05)
    lock = RunLock(tmp_path)
    with pytest.raises(RunError, match="charrnn watch"):
        RunLock(tmp_path)
    lock.release()
    RunLock(tmp_path).release()


def test_the_end_of_a_process_releases_its_lock(tmp_path: Path) -> None:
    program = "import os, sys, pathlib; from charrnn.run.lock import *; lock = RunLock(pathlib.Path(sys.argv[1])); "
    end = "print(trainer_pid(pathlib.Path(sys.argv[1])), flush=True); os._exit(9)"
    process = subprocess.run([sys.executable, "-c", program + end, str(tmp_path)], capture_output=True, timeout=60)
    assert int(process.stdout) > 0
    assert trainer_pid(tmp_path) is None


def test_a_run_whose_lock_cannot_exist_is_not_trained(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("a plain file", "utf-8")
    assert trainer_pid(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", '{"process": "x"}', "nul\0"])
def test_a_held_lock_without_a_process_id_counts_as_held(content: str, tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    (tmp_path / "control" / "lock").write_text(content, "utf-8")
    assert trainer_pid(tmp_path) == 0
    lock.release()


@pytest.mark.parametrize("call", ["open_regular", "_lock"])
def test_a_lock_that_cannot_be_written_is_named_with_the_remedy(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(lock_module, call, fail)
        message = r"lock cannot be written: Permission denied; make its folder writable, then resume the run: charrnn"
        with pytest.raises(RunError, match=message):
            RunLock(tmp_path)
    RunLock(tmp_path).release()


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_lock_notices_that_its_run_is_gone(how: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    lock = RunLock(run)
    lock.refuse_if_gone()
    run.rename(tmp_path / "other")
    if how == "deleted":
        shutil.rmtree(tmp_path / "other")
    elif how == "replaced":
        run.mkdir()
        RunLock(run).release()
    with pytest.raises(RunError, match="run was deleted or moved"):
        lock.refuse_if_gone()
    lock.release()


def test_the_last_line_of_the_log_is_returned_without_the_name_of_the_program(tmp_path: Path) -> None:
    assert last_log_line(tmp_path) == ""
    (tmp_path / "control").mkdir()
    log_path(tmp_path).write_bytes("step 1\ncharrnn: no space left é\n\n".encode() + b"\n")
    assert last_log_line(tmp_path) == "no space left é"


def test_the_last_line_of_a_long_log_is_the_last(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    log_path(tmp_path).write_text("step\n" * 10_000 + "charrnn: disk full\n", encoding="utf-8")
    assert last_log_line(tmp_path) == "disk full"
