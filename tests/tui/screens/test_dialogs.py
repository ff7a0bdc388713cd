"""Dialogs: the answers that keys, buttons and Escape give."""

from typing import Any

import pytest
from textual.screen import ModalScreen

from charrnn.tui.app import CharrnnApp
from charrnn.tui.screens.dialogs import ChoiceDialog, InputDialog


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["s"], "stop"), (["right", "enter"], "leave"), (["escape"], "")],
)
@pytest.mark.parametrize("size", [(40, 24), (80, 24)])
def test_a_choice_is_made_by_its_letter_or_its_button(
    keys: list[str], answer: str, size: tuple[int, int], drive: Any
) -> None:
    answers = run_dialog(ChoiceDialog("Go on?", {"stop": "Stop", "leave": "[b]Leave"}), keys, drive, size)
    assert answers == [answer]


@pytest.mark.parametrize(("keys", "answer"), [([*"xy", "enter"], "axy"), (["x", "escape"], "")])
def test_an_input_gives_its_text_or_nothing_after_escape(keys: list[str], answer: str, drive: Any) -> None:
    assert run_dialog(InputDialog("Text:", "a"), ["end", *keys], drive) == [answer]


def run_dialog(
    dialog: ModalScreen[str], keys: list[str], drive: Any, size: tuple[int, int] = (80, 24)
) -> list[str | None]:
    answers: list[str | None] = []

    async def script(screen: Any) -> None:
        await screen.press(*keys)

    drive(CharrnnApp(lambda app: app.push_screen(dialog, answers.append)), script, size)
    return answers
