"""The probability bars: their length, the mark of the model's probability, and clicks."""

from typing import Any

import pytest
from textual.app import App, ComposeResult

from charrnn.tui.widgets.bars import Bar, Bars, bar, percent


class BarsApp(App[None]):
    """An application with bars, 40 cells wide; it keeps the index that was clicked last."""

    clicked = -1

    def compose(self) -> ComposeResult:
        yield Bars()

    def on_bars_chosen(self, event: Bars.Chosen) -> None:
        self.clicked = event.index


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "    "), (1.0, "████"), (0.5, "██  "), (0.28125, "█▏  "), (-1.0, "    "), (9.0, "████")],
)
def test_a_bar_is_exact_to_an_eighth_of_a_cell(share: float, expected: str) -> None:
    assert bar(share, 4) == expected


def test_percentages_have_five_characters() -> None:
    assert [percent(share) for share in (0.0, 0.0123, 0.5, 0.9999, 0.99999, 1.0)] == [
        " 0.0%",
        " 1.2%",
        "50.0%",
        "100.0%",
        " 100%",
        " 100%",
    ]


def test_a_mark_shows_the_probability_of_the_model(drive: Any) -> None:
    async def script(screen: Any) -> None:
        widget = screen.app.query_one(Bars)
        widget.show([Bar("a", 0.25, 0.5), Bar("\x1b[漢", 0.0, 0.25), Bar("c", 1.0, 1.0)])
        await screen.pilot.pause()
        lines = screen.text.splitlines()
        assert lines[0].startswith("1 a    25.0% ██████▊")
        assert lines[0].index("│") == 13 + 27 // 2
        assert "│" in lines[1]
        assert "│" not in lines[2]
        await screen.pilot.click(Bars, offset=(3, 2))
        assert screen.app.clicked == 2
        await screen.pilot.click(Bars, offset=(3, 9))
        assert screen.app.clicked == 2

    drive(BarsApp(), script, (40, 12))
