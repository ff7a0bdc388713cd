"""The completion screen: suggestions, the keys that accept them, and the count of keys."""

from pathlib import Path
from typing import Any

import pytest

from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.completion import CompletionScreen
from charrnn.tui.widgets.completing_editor import CompletingEditor

SIZES = [(40, 24), (80, 24), (120, 40)]


def completion(path: Path) -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(CompletionScreen(OpenModel.open(path))))


def editor(screen: Any) -> CompletingEditor:
    widget: CompletingEditor = screen.app.screen.query_one(CompletingEditor)
    return widget


@pytest.mark.parametrize("size", SIZES)
def test_the_suggested_ending_is_accepted_by_tab_which_saves_keys(
    run: Path, size: tuple[int, int], drive: Any
) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("completion", "next word", "keys saved")
        await screen.press(*"the old la")
        await screen.shows("1 lamp", "the old lamp")  # its end is the suggestion
        assert editor(screen).text == "the old la"
        await screen.press("tab")
        assert editor(screen).text == "the old lamp"
        keys = screen.app.screen.keys
        assert (keys.pressed, keys.characters) == (11, 12)
        await screen.shows("8%")

    drive(completion(run), script, size)


def test_shift_tab_changes_the_suggestion_and_a_click_accepts_a_word(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*"the old l")
        first = editor(screen).suggestion
        await screen.press("shift+tab")
        assert editor(screen).suggestion != first
        completions = editor(screen).completions
        await screen.pilot.click("Bars", offset=(4, 1))
        await screen.pilot.pause()
        assert editor(screen).text == "the old l" + completions[1].ending

    drive(completion(run), script)


def test_characters_that_the_model_does_not_know_can_be_written(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*"Thé old", "enter", "[", "/", "b", "]", "漢", "left", "backspace", "home")
        assert editor(screen).text == "Thé old\n[/b漢"

    drive(completion(run), script)


def test_the_next_word_is_suggested_after_a_complete_one(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*"the old lamp")
        assert editor(screen).suggestion == " at"
        await screen.press("tab")
        assert editor(screen).text == "the old lamp at"

    drive(completion(run), script)
