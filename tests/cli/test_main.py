"""The command line as a whole: quick help, exit codes, closed streams, tracebacks only when asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")


def charrnn(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, capture_output=True, encoding="utf-8", timeout=60)


def test_help_of_every_command_loads_nothing_that_takes_time() -> None:
    code = """
import sys
from charrnn.cli import app
from typer.main import get_command
for name in get_command(app).commands:
    try:
        app([name, "--help"])
    except SystemExit as stop:
        assert stop.code == 0, name
    heavy = {"numpy", "textual", "sentencepiece", "safetensors"} & set(sys.modules)
    assert not heavy, (name, heavy)
"""
    environment = os.environ | {"COLUMNS": "200"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    for panel in ("Text", "Model", "Training", "Run"):
        assert f"─ {panel} ─" in result.stdout


def test_without_a_command_there_is_help_and_an_unknown_one_is_wrong_usage(tmp_path: Path) -> None:
    assert "train" in charrnn(cwd=tmp_path).stdout
    unknown = charrnn("trian", cwd=tmp_path)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "trian" in unknown.stderr


def test_a_traceback_is_shown_only_when_asked_for(tmp_path: Path) -> None:
    plain = charrnn("sample", "absent", cwd=tmp_path)
    assert plain.returncode == 1
    assert plain.stderr.startswith("charrnn: absent")
    debug = charrnn("--debug", "sample", "absent", cwd=tmp_path)
    assert debug.returncode == 1
    assert "Traceback" in debug.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that can close streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_streams_that_are_closed_do_no_harm(tmp_path: Path, closed: str) -> None:
    options = "--hidden 8 --steps 2 --out run"
    command = f'"$0" -W error -m charrnn train minerals {options} {closed}'
    result = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert "Warning" not in result.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_what_an_encoding_lacks_is_escaped(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [*PROGRAM, "train", "chinese", "--hidden", "8", "--steps", "2", "--out", "run"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert b"\\u" in result.stdout
    assert result.stdout.isascii()
