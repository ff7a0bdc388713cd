"""`charrnn doctor`: the forms of the report, and a remedy for every problem."""

import io
import json
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from charrnn import blas
from charrnn.cli import doctor as cli
from charrnn.cli.terminal import Problem, find_ui_problem

CHOICE = blas.KernelChoice(None, "left to the library")


@pytest.fixture(autouse=True)
def isolated_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with 1 GFLOP/s per thread, which takes no time to measure, and an empty home."""

    def peak(threads: int, budget: float = 0.0) -> float:
        return 1e9 * threads

    monkeypatch.setattr(blas, "matmul_peak", peak)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def run(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(cli.doctor)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def test_json_has_every_section_and_a_remedy_for_every_problem() -> None:
    report = json.loads(run("--json"))
    assert set(report) == {"versions", "machine", "blas", "terminal", "data", "settings", "problems"}
    assert report["versions"]["numpy"].startswith("2.")
    assert report["machine"]["cores"] >= 1
    assert report["blas"]["peak_flops"] == 1e9 * report["machine"]["cores"]
    assert report["blas"]["kernel_choice"] == blas.choose_kernel().reason
    assert all(set(problem) == {"problem", "remedy"} and all(problem.values()) for problem in report["problems"])


def test_a_pipe_gets_one_name_and_value_per_line_without_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = run().splitlines()
    assert all(": " in line for line in lines)
    assert not any("\x1b" in line for line in lines)
    assert {"blas.library", "terminal.ui_can_start", "versions.numpy"} <= {line.split(": ")[0] for line in lines}


def test_versions_are_read_without_importing_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch", "sentencepiece"):
        monkeypatch.setitem(sys.modules, name, None)  # an import would raise
    problems: list[Problem] = []
    assert cli.versions(problems)["sentencepiece"]


def test_a_missing_package_is_a_problem_if_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    problems: list[Problem] = []
    assert cli.versions(problems)["torch"] is None
    assert [problem.remedy for problem in problems] == [f"pip install {name}" for name in cli.REQUIRED]


@pytest.mark.parametrize(
    ("library", "kernel", "avx512", "count"),
    [
        ("openblas", "Haswell", True, 1),
        ("openblas", "Haswell", False, 0),
        ("openblas", "SkylakeX", True, 0),
        ("mkl", "Intel", True, 0),
    ],
)
def test_a_kernel_without_avx512_is_a_problem_on_a_processor_with_avx512(
    library: str, kernel: str, avx512: bool, count: int
) -> None:
    problems = cli.kernel_problems(blas.BlasInfo(library, "1", kernel, 1), CHOICE, avx512)
    assert len(problems) == count
    assert all("OPENBLAS_CORETYPE=SKYLAKEX" in problem.remedy for problem in problems)


def test_more_blas_threads_than_cores_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "blas_info", lambda: blas.BlasInfo("openblas", "1", "Haswell", 64))
    monkeypatch.setattr(blas, "physical_cores", lambda: 2)
    monkeypatch.setattr(blas, "read_cpuinfo", lambda: "")
    problems: list[Problem] = []
    cli.blas_section(problems)
    assert ["OPENBLAS_NUM_THREADS=2" in problem.remedy for problem in problems] == [True]


def test_a_numpy_that_cannot_be_loaded_is_a_problem_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> blas.BlasInfo:
        raise ImportError("libopenblas.so: cannot open")

    monkeypatch.setattr(blas, "blas_info", broken)
    problems: list[Problem] = []
    assert cli.blas_section(problems)["library"] is None
    assert "libopenblas.so" in problems[0].problem


@pytest.mark.parametrize(
    ("stdin", "stderr", "term", "word"),
    [
        (False, True, "xterm", "stdin"),
        (True, False, "xterm", "stderr"),
        (True, True, "", "empty"),
        (True, True, "dumb", "dumb"),
    ],
)
def test_the_terminal_ui_needs_a_terminal_on_stdin_and_stderr_and_a_term(
    stdin: bool, stderr: bool, term: str, word: str
) -> None:
    problem = find_ui_problem(stdin, stderr, term)
    assert problem is not None
    assert word in problem.problem
    assert find_ui_problem(True, True, "xterm-256color") is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_each_stream_is_reported_as_a_terminal_or_not() -> None:
    import termios

    keyboard, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (30, 100))
    with os.fdopen(keyboard, "rb", buffering=0), os.fdopen(terminal, "w", encoding="utf-8") as screen:
        section = cli.terminal({"TERM": "xterm"}, (screen, io.StringIO(), screen), [])
    assert [section[f"{name}_is_terminal"] for name in ("stdin", "stdout", "stderr")] == [True, False, True]
    assert section["ui_can_start"] is True
    assert (section["columns"], section["lines"]) == (100, 30)


def test_another_encoding_than_utf_8_is_a_problem() -> None:
    problems: list[Problem] = []
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    cli.terminal({}, (io.StringIO(), stdout, io.StringIO()), problems)
    assert any("PYTHONUTF8=1" in problem.remedy for problem in problems)


def test_a_data_folder_that_cannot_be_created_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("CHARRNN_DATA", str(tmp_path / "file" / "charrnn"))
    problems: list[Problem] = []
    assert cli.data_folder(problems)["writable"] is False
    assert len(problems) == 1


def test_control_characters_of_the_environment_become_visible() -> None:
    assert "\x1b" not in cli.readable("TERM", "xterm\x1b[31m")
