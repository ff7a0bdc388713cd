"""The application: the ways between its screens, the user's theme and keys, and the palette."""

import json
from pathlib import Path
from typing import Any

import pytest

from charrnn.errors import ModelError
from charrnn.language.sample_tree import SampleTree
from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens import inspector
from charrnn.tui.screens.home import Home
from charrnn.tui.settings import settings_path


def home() -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Home()))


def write_settings_file(text: str) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(text, "utf-8")


def test_each_screen_over_a_model_keeps_its_state(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old", "escape", "f3", *"lamp", "f4", "f2")
        await screen.shows("the old")
        assert screen.app.screen.session.tree.text() == "the old"
        await screen.press("f3")
        assert screen.app.screen.query_one("TextArea").text == "lamp"
        await screen.press("escape")

    app = CharrnnApp(lambda app: app.show_model(OpenModel.open(run)))
    drive(app, script)
    assert app.return_code == 0


def test_a_sampler_that_was_left_stops_running(runs_folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        await screen.press("enter")
        await screen.shows("sampler")
        await screen.press("f3", "f2", "space")
        sampler = screen.app.screen
        assert sampler.session.is_running
        await screen.press("q")
        await screen.shows("texts to train on")
        assert not sampler.session.is_running
        assert not sampler.is_attached

    drive(home(), script)


def test_the_theme_is_saved_and_the_keys_of_the_user_apply(runs_folder: Path, drive: Any) -> None:
    write_settings_file(json.dumps({"keymap": {"home.leave": "ctrl+x"}}))
    app = home()

    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        screen.app.theme = "nord"
        await screen.press("q")
        assert app.is_running
        await screen.press("ctrl+x")

    drive(app, script)
    assert json.loads(settings_path().read_text("utf-8")) == {"theme": "nord", "keymap": {"home.leave": "ctrl+x"}}
    restarted = home()

    async def script_of_second_start(screen: Any) -> None:
        assert restarted.theme == "nord"

    drive(restarted, script_of_second_start)


def test_unreadable_settings_are_reported_and_not_overwritten(runs_folder: Path, drive: Any) -> None:
    write_settings_file('{"keymap": {"home.le')

    async def script(screen: Any) -> None:
        await screen.shows("cannot", "read")
        screen.app.theme = "nord"
        await screen.pilot.pause()

    drive(home(), script)
    assert settings_path().read_text("utf-8") == '{"keymap": {"home.le'


def test_the_palette_finds_keys_by_name(runs_folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        await screen.press("ctrl+p", *"your text")
        await screen.shows("Train on a text of your own")
        await screen.press("down", "enter")
        await screen.shows("A file or a folder")

    drive(home(), script)


def test_predictions_that_are_not_finite_end_the_application_with_the_error(
    run: Path, drive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        del arguments
        raise ModelError("the predictions are not finite numbers")

    async def script(screen: Any) -> None:
        await screen.shows("sampler")
        monkeypatch.setattr(SampleTree, "take", fail)
        screen.app.screen.session.set_running(True)
        await screen.until(lambda: not screen.app.is_running)

    app = CharrnnApp(lambda app: app.show_model(OpenModel.open(run)))
    drive(app, script)
    assert app.return_code == 1
    assert str(app.failure) == "the predictions are not finite numbers"


def test_an_error_in_another_thread_is_the_same(run: Path, drive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        del arguments
        raise ModelError("the activations are not finite numbers")

    async def script(screen: Any) -> None:
        await screen.shows("sampler")
        monkeypatch.setattr(inspector, "analyze", fail)
        await screen.press("f4")
        await screen.until(lambda: not screen.app.is_running)

    app = CharrnnApp(lambda app: app.show_model(OpenModel.open(run)))
    drive(app, script)
    assert str(app.failure) == "the activations are not finite numbers"


def test_the_end_of_an_application_raises_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    app = home()
    monkeypatch.setattr(app, "run", lambda: None)
    app.run_to_end()
    app.failure = ModelError("not finite")
    with pytest.raises(ModelError, match="not finite"):
        app.run_to_end()
