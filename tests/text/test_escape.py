"""Escapes: no text can control the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.escape import visible, visible_line


@given(st.text(st.characters()))
def test_a_visible_line_is_printable(text: str) -> None:
    assert visible_line(text).isprintable()


@given(st.text(st.characters()))
def test_visible_text_has_no_control_characters_but_newlines_and_tabs(text: str) -> None:
    kept = "\n\t\u200c\u200d"
    shown = visible(text)
    assert all(character in kept or character.isprintable() or character.isspace() for character in shown)
    assert not set(shown) & set("\x1b\r\x85\x9b\u2028\u202e\u2066")


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("a\tb\n", "a\tb\n", "a\\tb\\n"),
        ("\x1b[31m", "\\x1b[31m", "\\x1b[31m"),
        ("\u202eabc", "\\u202eabc", "\\u202eabc"),
        ("\ud800", "\\ud800", "\\ud800"),
        ("a\u3000b", "a\u3000b", "a\\u3000b"),
        ("né 水", "né 水", "né 水"),
    ],
)
def test_unprintable_characters_become_escapes(text: str, shown: str, line: str) -> None:
    assert visible(text) == shown
    assert visible_line(text) == line
