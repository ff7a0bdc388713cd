"""The application as a whole: help, closed streams, encodings."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from charrnn.cli import app

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
Charrnn = Callable[..., subprocess.CompletedProcess[str]]


def test_the_help_of_train_has_a_panel_per_group_of_options() -> None:
    text = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "200"}).stdout
    for panel in ("Text", "Model", "Training", "Run"):
        assert f"─ {panel} ─" in text


def test_every_command_and_option_has_a_help_text_of_one_form() -> None:
    """A help text begins with a capital letter, ends with a full stop, and leaves the default to Typer."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    subcommands = commands["corpora"].commands
    for name, command in (commands | subcommands).items():
        assert command.help, name
        for parameter in command.params:
            help_text = parameter.help
            assert getattr(parameter, "hidden", False) or help_text, (name, parameter.name)
            assert not help_text or help_text.endswith("."), (name, help_text)
            assert "default" not in (help_text or "").lower(), (name, help_text)


def test_help_is_printed_without_a_command(charrnn: Charrnn, tmp_path: Path) -> None:
    result = charrnn(cwd=tmp_path)
    assert (result.returncode, result.stderr) == (2, "")
    assert "train" in result.stdout


def test_the_version_is_printed(charrnn: Charrnn, tmp_path: Path) -> None:
    result = charrnn("--version", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout.startswith("charrnn ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that can close streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams_do_not_disturb_training(tmp_path: Path, closed: str) -> None:
    options = "--hidden 8 --steps 2 --out run"
    command = f'"$0" -W error -m charrnn train minerals {options} {closed}'
    result = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert "Warning" not in result.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_characters_that_the_encoding_of_stdout_lacks_are_escaped(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [*PROGRAM, "train", "chinese", "--hidden", "8", "--steps", "2", "--out", "run"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert b"\\u" in result.stdout
    assert result.stdout.isascii()
