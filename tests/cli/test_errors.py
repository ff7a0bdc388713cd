"""Errors: one line on stderr, the exit code, and a traceback only with --debug."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from charrnn.cli.errors import error_message
from charrnn.errors import ModelError

Charrnn = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trian",), "no such command 'trian'; did you mean 'train'?"),
        (("sample", "run", "--lenght", "3"), "no such option: --lenght; did you mean --length?"),
        (("sample", "run", "--zzz"), "no such option: --zzz; see charrnn sample --help"),
        (("complete",), "missing argument 'MODEL'; see charrnn complete --help"),
        (("sample", "run", "--prompt"), "option '--prompt' requires an argument; see charrnn"),
        (("corpora", "get"), "missing argument 'NAME'; see charrnn corpora get --help"),
        (("sample", "run", "--length", "-1"), "--length must be 0 or more, got -1"),
        (("sample", "run", "--temperature", "-1"), "--temperature must be"),
        (("bench", "--cell", "relu"), "--cell must be one of tanh, lstm, gru, got relu"),
        (("train", "english", "--lr", "0"), "--lr "),
    ],
)
def test_wrong_usage_is_one_line_with_a_remedy(
    charrnn: Charrnn, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "run").mkdir()
    result = charrnn(*arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"charrnn: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["many", "\x1b[31m\n"])
def test_a_value_of_the_wrong_type_is_one_line_with_a_remedy(charrnn: Charrnn, tmp_path: Path, value: str) -> None:
    (tmp_path / "run").mkdir()
    result = charrnn("sample", "run", "--length", value, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("charrnn: --length must be a whole number, got ")
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_control_characters_of_arguments_become_visible(charrnn: Charrnn, tmp_path: Path) -> None:
    for arguments in (("sample", "a\x1b[31m\nb"), ("sample", "run", "--\x1b\n"), ("\x1b\n",)):
        result = charrnn(*arguments, cwd=tmp_path)
        assert result.returncode in (1, 2)
        assert "\\x1b" in result.stderr
        assert "\x1b" not in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_traceback_is_printed_only_with_debug(charrnn: Charrnn, tmp_path: Path) -> None:
    plain = charrnn("sample", ".", cwd=tmp_path)
    assert plain.returncode == 1
    assert plain.stderr.startswith("charrnn: . is not a run")
    debug = charrnn("--debug", "sample", ".", cwd=tmp_path)
    assert debug.returncode == 1
    assert "Traceback" in debug.stderr


def test_memory_and_system_errors_have_a_message() -> None:
    assert "try a smaller --hidden" in error_message(MemoryError())
    assert error_message(OSError(28, "No space left on device")).endswith("free some space, then try again")
    assert error_message(FileNotFoundError(2, "No such file or directory", "a")) == "a: No such file or directory"
    assert error_message(ModelError("run is not a run")) == "run is not a run"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGPIPE")
def test_help_that_nobody_reads_ends_like_any_other_output() -> None:
    command = [sys.executable, "-m", "charrnn", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141
