"""Help: the keys of a screen as the user has set them, and the manual's text."""

import json
from pathlib import Path
from typing import Any

import pytest

from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.home import Home
from charrnn.tui.settings import settings_path

SIZES = [(40, 24), (80, 24), (120, 40)]


def scroll_text(screen: Any) -> str:
    """Return the source of the text that the help shows."""
    return str(screen.app.screen.query_one("Markdown").source)


@pytest.mark.parametrize("size", SIZES)
def test_f1_shows_the_keys_and_the_section_of_each_screen(run: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        for key, row, heading in (
            ("f2", "Run, stop", "# Sampler"),
            ("f3", "Accept", "# Completion"),
            ("f4", "Show any", "# Inspector"),
        ):
            await screen.press(key, "f1")
            await screen.shows(row)
            assert heading in scroll_text(screen)
            await screen.press("escape")

    drive(CharrnnApp(lambda app: app.show_model(OpenModel.open(run))), script, size)


def test_the_help_shows_changed_keys(runs_folder: Path, drive: Any) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(json.dumps({"keymap": {"home.watch": "z"}}), "utf-8")

    async def script(screen: Any) -> None:
        await screen.press("f1")
        await screen.shows("z   Open the dashboard")

    drive(CharrnnApp(lambda app: app.push_screen(Home())), script)


def test_a_link_opens_another_page_of_the_manual(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f3", "f1")
        await screen.shows("Accept the suggestion")
        markdown = screen.app.screen.query_one("Markdown")
        markdown.post_message(markdown.LinkClicked(markdown, "completion.md"))
        await screen.until(lambda: "charrnn complete" in scroll_text(screen))
        await screen.until(lambda: "Accept the suggestion" not in screen.text)

    drive(CharrnnApp(lambda app: app.show_model(OpenModel.open(run))), script)
