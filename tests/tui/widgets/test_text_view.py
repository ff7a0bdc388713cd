"""The text view: wrapping, escapes, the cursor, and clicks."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from charrnn.tui.widgets.text_view import Line, StyledPiece, TextView, drawn, wrap


def pieces(text: str) -> list[StyledPiece]:
    return [StyledPiece(character) for character in text]


def wrapped(text: str, width: int) -> list[str]:
    return [text[line.begin : line.end] for line in wrap(pieces(text), 0, width)]


def test_lines_break_between_words_and_within_a_word_that_is_too_long() -> None:
    assert wrapped("the old lamp", 8) == ["the old ", "lamp"]
    assert wrapped("the oldest lamp", 4) == ["the ", "olde", "st ", "lamp"]
    assert wrapped("a\n\nb", 8) == ["a\n", "\n", "b"]
    assert wrapped("", 8) == [""]
    assert wrapped("漢字かな", 4) == ["漢字", "かな"]


@given(st.text(alphabet="ab \n漢\x1b", max_size=60), st.integers(7, 20))
def test_no_line_is_too_wide_and_no_piece_is_lost(text: str, width: int) -> None:
    lines: list[Line] = list(wrap(pieces(text), 0, width))
    assert [index for line in lines for index in range(line.begin, line.end)] == list(range(len(text)))
    for line in lines:
        assert sum(cell_len(drawn(character)) for character in text[line.begin : line.end]) <= width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("\n", ""),
        ("\t", "    "),
        ("\x1b", "\\x1b"),
        ("\u0301", "◌\u0301"),
        ("", ""),
        ("\u202e", "\\u202e"),
    ],
)
def test_pieces_are_drawn_visibly_and_harmlessly(text: str, expected: str) -> None:
    assert drawn(text) == expected


class ViewApp(App[None]):
    """An application with one view; it keeps the index that was clicked last."""

    clicked = -1

    def compose(self) -> ComposeResult:
        yield TextView()

    def on_text_view_piece_clicked(self, event: TextView.PieceClicked) -> None:
        self.clicked = event.index


def words(count: int) -> Iterator[StyledPiece]:
    return (StyledPiece(f"w{number} ") for number in range(count))


def test_the_view_scrolls_to_the_cursor_and_a_click_gives_the_piece_under_it(drive: Any) -> None:
    async def script(screen: Any) -> None:
        view, all_words = screen.app.query_one(TextView), list(words(100))
        view.show(all_words, 100)
        await screen.shows("w99")
        view.show(all_words, 0, 100)
        await screen.shows("w0")
        assert "w99" not in screen.text
        for offset, index in (((1, 1), 0), ((4, 1), 1), ((36, 1), 11), ((1, 2), 11)):
            await screen.pilot.click(TextView, offset=offset)
            assert screen.app.clicked == index
        view.show(list(words(3)), 3)
        await screen.pilot.pause()
        await screen.pilot.click(TextView, offset=(1, 6))
        assert screen.app.clicked == 11  # below the text

    drive(ViewApp(), script, (40, 10))


def test_text_that_grows_is_wrapped_as_if_it_were_new(drive: Any) -> None:
    async def script(screen: Any) -> None:
        view, all_words = screen.app.query_one(TextView), list(words(60))
        for count in range(61):
            view.show(all_words[:count], count, max(0, count - 1))
        await screen.pilot.pause()
        grown = screen.text
        view.show([], 0)
        view.show(all_words, 60)
        await screen.pilot.pause()
        assert screen.text == grown

    drive(ViewApp(), script, (40, 10))
