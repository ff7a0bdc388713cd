"""Completion and the inspector driven by their keys, and the way from one screen over a model to another."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.completion import Keystrokes, Page
from charrnn.tui.screens.inspector import look_of

SIZES = [(40, 24), (80, 24), (120, 40)]


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


def playing(path: Path) -> CharrnnApp:
    return CharrnnApp(lambda app: app.play(OpenModel.open(path)))


def page(screen: Any) -> Page:
    found: Page = screen.app.screen.query_one(Page)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_words_are_suggested_taken_and_counted(run: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f3")
        await screen.shows("completion", "next word", "keys saved")
        await screen.press(*"the old la")
        await screen.shows("1 lamp", "the old lamp")  # the end of it is a suggestion
        assert page(screen).text == "the old la"
        await screen.press("tab")
        assert page(screen).text == "the old lamp"
        keys = screen.app.screen.keystrokes
        assert (keys.pressed, keys.characters) == (11, 12)
        assert keys.saved == pytest.approx(1 / 12)

    drive(playing(run), script, size)


def test_another_suggestion_is_a_key_away_and_a_click_takes_a_word(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f3", *"the old l")
        first = page(screen).suggestion
        await screen.press("shift+tab")
        assert page(screen).suggestion != first
        words = page(screen).words
        await screen.pilot.click("Bars", offset=(4, 1))
        await screen.pilot.pause()
        assert page(screen).text == "the old l" + words[1].ending

    drive(playing(run), script)


def test_a_page_can_be_written_with_characters_that_the_model_does_not_know(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f3", *"Thé old", "enter", "[", "/", "b", "]", "漢", "left", "backspace", "home")
        assert page(screen).text == "Thé old\n[/b漢"

    drive(playing(run), script)


def test_after_a_whole_word_the_next_one_is_suggested(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f3", *"the old lamp")
        assert page(screen).suggestion == " at"
        await screen.press("tab")
        assert page(screen).text == "the old lamp at"

    drive(playing(run), script)


def test_writing_less_than_every_key_saves_and_never_less_than_nothing() -> None:
    assert Keystrokes(3, 12).saved == 0.75
    assert Keystrokes(20, 12).saved == 0.0
    assert Keystrokes().saved == 0.0


@pytest.mark.parametrize("size", SIZES)
def test_units_are_ranked_and_colour_a_text_that_was_held_out(run: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f4")
        await screen.shows("unit ", ", r ", "units that follow", "layer 0: spectral")
        before = screen.app.screen._unit
        await screen.press("down", "down")
        await screen.press("g", *["backspace"] * 8, *"1:23", "enter")
        await screen.shows("unit 1:23")
        await screen.press("right")
        await screen.shows("unit 1:0")
        await screen.press("g", *["backspace"] * 8, *"7:1", "enter")
        await screen.shows("no unit")
        assert before is not None

    drive(playing(run), script, size)


def test_a_text_of_ones_own_is_read(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f4")
        await screen.shows("unit ")
        await screen.press("t", *"the quay, the lamp", "enter")
        await screen.shows("the quay, the lamp")

    drive(playing(run), script)


def test_where_the_text_is_gone_the_model_speaks_itself(run: Path, drive: Any) -> None:
    config = json.loads((run / "config.json").read_text("utf-8"))
    config["text"]["sources"] = ["/nowhere/at-all.txt"]
    (run / "config.json").write_text(json.dumps(config), "utf-8")

    async def script(screen: Any) -> None:
        await screen.press("f4")
        await screen.shows("made", "itself", "spectral")

    drive(playing(run), script, (120, 40))


def test_each_screen_goes_on_where_it_was_left(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old", "escape", "f3", *"lamp", "f4", "f2")
        await screen.shows("the old")
        assert screen.app.screen.sample.text() == "the old"
        await screen.press("f3")
        assert page(screen).text == "lamp"
        await screen.press("escape")

    app = playing(run)
    drive(app, script)
    assert app.return_code == 0


@pytest.mark.parametrize(
    ("activation", "look"),
    [(0.0, "calm"), (0.2, "calm"), (0.5, "plus"), (-0.5, "minus"), (0.95, "double-plus"), (-1.0, "double-minus")],
)
def test_an_activation_has_a_look(activation: float, look: str) -> None:
    assert look_of(activation) == look
