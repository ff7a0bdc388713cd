"""The inspector: units ranked by correlation, and a text colored by the activation of one."""

import json
from pathlib import Path
from typing import Any

import pytest

from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.inspector import Inspector, activation_style

SIZES = [(40, 24), (80, 24), (120, 40)]


def inspector(path: Path) -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Inspector(OpenModel.open(path))))


@pytest.mark.parametrize("size", SIZES)
def test_units_are_ranked_and_any_unit_can_be_shown(run: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("unit ", ", r ", "feature, unit, correlation", "layer 0: spectral")
        first = screen.app.screen.unit
        await screen.press(*["down"] * 4)
        await screen.until(lambda: screen.app.screen.unit != first)
        await screen.press("g", *["backspace"] * 8, *"1:23", "enter")
        await screen.shows("unit 1:23")
        await screen.press("right")
        await screen.shows("unit 1:0")
        await screen.press("left", "left")
        await screen.shows("unit 1:22")
        await screen.press("g", *["backspace"] * 8, *"7:1", "enter")
        await screen.shows("no unit")

    drive(inspector(run), script, size)


def test_a_text_of_the_user_is_read(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("unit ")
        await screen.press("t", *"the quay, the lamp", "enter")
        await screen.shows("the quay, the lamp", "your text")

    drive(inspector(run), script)


def test_a_sample_is_read_where_the_validation_text_is_missing(run: Path, drive: Any) -> None:
    config = json.loads((run / "config.json").read_text("utf-8"))
    config["text"]["sources"] = ["/nowhere/at-all.txt"]
    (run / "config.json").write_text(json.dumps(config), "utf-8")

    async def script(screen: Any) -> None:
        await screen.shows("a sample of 6,000", "spectral")

    drive(inspector(run), script, (120, 40))


@pytest.mark.parametrize(
    ("activation", "style"),
    [
        (0.0, "plain"),
        (0.2, "plain"),
        (0.5, "positive"),
        (-0.5, "negative"),
        (0.95, "strongly-positive"),
        (-1.0, "strongly-negative"),
    ],
)
def test_the_style_of_an_activation_tells_its_sign_and_strength(activation: float, style: str) -> None:
    assert activation_style(activation) == style
