"""Fixtures of several test files: a small text, and a small run trained on it once."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.pipeline.start import start_run

STORY = "the old lamp at the end of the quay was lit by ottoline, who had never once been late.\n" * 60


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of some 5,000 characters that repeats itself."""
    path = tmp_path_factory.mktemp("text") / "story.txt"
    path.write_text(STORY, "utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of 120 steps."""
    path = tmp_path_factory.mktemp("runs") / "tiny"
    overrides = Overrides(hidden=24, layers=2, bptt=16, batch=8, steps=120, evaluate_every=40, threads=2, lr=0.01)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return path


@pytest.fixture(autouse=True)
def no_user_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test without the settings of the user who runs it."""
    folder = str(tmp_path_factory.mktemp("settings"))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, folder)
    monkeypatch.delenv("NO_COLOR", raising=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the long tests in tests/fuzz."""
    group = parser.getgroup("fuzz", "long fuzz tests: pytest -m fuzz --fuzz-minutes 60")
    group.addoption("--fuzz-minutes", type=float, help="run the long fuzz tests, for so many minutes in all")
    group.addoption("--fuzz-seed", type=int, default=0, help="first seed of the long fuzz tests, to repeat a finding")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the long fuzz tests have counted and found."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.getreports(name)]
    results = [
        (report.nodeid, values) for report in reports for key, values in report.user_properties if key == "fuzz"
    ]
    if not any("long" in node for node, _ in results):
        return
    counts: Counter[str] = Counter()
    terminalreporter.section("fuzzing")
    for node, values in results:
        counts.update(values["counts"])
        terminalreporter.write_line(f"{node}: {_in_words(values['counts'])}, {len(values['findings'])} findings")
        for finding in values["findings"]:
            terminalreporter.write_line(f"  FINDING, repeat with --fuzz-minutes 0 --fuzz-seed as in: {finding}")
    findings = sum(len(values["findings"]) for _, values in results)
    terminalreporter.write_line(f"in all: {_in_words(counts)}, {findings} findings")


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
