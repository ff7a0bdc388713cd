"""Fixtures of several test files: a small text, and a small run trained on it once."""

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
