"""Home, the palette and the settings: where one begins, and what stays between starts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from charrnn.tui.app import CharrnnApp
from charrnn.tui.screens.home import Home
from charrnn.tui.settings import settings_path

SIZES = [(40, 24), (80, 24), (120, 40)]


@pytest.fixture
def folder(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a run and with the ruins of one."""
    shutil.copytree(tiny_run, tmp_path / "runs" / "tiny")
    shutil.copytree(tiny_run, tmp_path / "runs" / "ruin")
    (tmp_path / "runs" / "ruin" / "model.safetensors").write_bytes(b"?")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def home() -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Home()))


@pytest.mark.parametrize("size", SIZES)
def test_runs_and_texts_are_listed_and_a_run_is_opened(folder: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("tiny", "finished", "ruin", "broken", "english", "chinese")
        names = [line.split()[0] for line in screen.text.splitlines() if line.split()[:1]]
        for _ in range(2 if names.index("tiny") > names.index("ruin") else 1):
            await screen.press("down")
        await screen.press("up", "up", *["down"] * (names.index("tiny") > names.index("ruin")), "enter")
        await screen.shows("sampler: runs/tiny")
        await screen.press("q")
        await screen.shows("texts to train on")

    drive(home(), script, size)


def test_a_sampler_that_is_left_does_not_run_on(folder: Path, drive: Any) -> None:
    shutil.rmtree(folder / "runs" / "ruin")

    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        await screen.press("enter")
        await screen.shows("sampler")
        await screen.press("f3", "f2", "space")
        sampler = screen.app.screen
        assert sampler.running
        await screen.press("q")
        await screen.shows("texts to train on")
        assert not sampler.running
        assert not sampler.is_attached

    drive(home(), script)


def test_a_run_is_watched_and_left(folder: Path, drive: Any) -> None:
    shutil.rmtree(folder / "runs" / "ruin")

    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        await screen.press("w")
        await screen.shows("finished", "step 120 of 120")
        await screen.press("p")
        await screen.shows("sampler")
        await screen.press("q", "q")
        await screen.shows("texts to train on")

    drive(home(), script)


def test_a_folder_without_runs_begins_with_the_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drive: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    async def script(screen: Any) -> None:
        await screen.shows("no runs yet", "english")

    drive(home(), script)


def test_a_text_that_is_not_there_is_said(folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("o")
        await screen.shows("A file or a folder")
        await screen.press(*"nowhere.txt", "enter")
        await screen.shows("nowhere.txt")

    drive(home(), script)


def test_the_theme_stays_and_keys_are_ones_own(folder: Path, drive: Any) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(json.dumps({"keymap": {"home.leave": "ctrl+x"}}), "utf-8")
    app = home()

    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        screen.app.theme = "nord"
        await screen.press("q")
        assert app.is_running
        await screen.press("ctrl+x")

    drive(app, script)
    assert json.loads(settings_path().read_text("utf-8")) == {"theme": "nord", "keymap": {"home.leave": "ctrl+x"}}
    assert home()._settings.theme == "nord"


def test_settings_that_cannot_be_read_are_said_and_left_alone(folder: Path, drive: Any) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text('{"keymap": {"home.le', "utf-8")

    async def script(screen: Any) -> None:
        await screen.shows("cannot", "read")
        screen.app.theme = "nord"
        await screen.pilot.pause()

    drive(home(), script)
    assert settings_path().read_text("utf-8") == '{"keymap": {"home.le'


def test_the_palette_finds_keys_by_name(folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        await screen.press("ctrl+p", *"own text")
        await screen.shows("Own text")
        await screen.press("down", "enter")
        await screen.shows("A file or a folder")

    drive(home(), script)
