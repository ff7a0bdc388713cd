"""Output: JSON without invalid numbers, and nothing that a terminal would obey."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from charrnn.cli import console
from charrnn.cli.console import (
    print_message,
    shortened,
    write_indented_json,
    write_json,
    write_line,
    write_pieces,
    write_text,
)


def test_numbers_that_json_lacks_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": [float("nan"), {"b": float("-inf")}], "c": 1.5})
    assert json.loads(capsys.readouterr().out) == {"a": [None, {"b": None}], "c": 1.5}


def test_a_pipe_gets_text_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    write_text("a\x1b")
    write_line("b\x9b")
    write_pieces(["c", "\u202e"])
    write_pieces(["d"], newline=True)
    assert capsys.readouterr().out == "a\x1bb\x9b\nc\u202ed\n"


def test_a_terminal_gets_control_characters_as_escapes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    write_text("a\x1b")
    write_line("b\x9b")
    write_pieces(["c", "\u202e"])
    write_pieces(["e"], newline=True)
    print_message("d\x07")
    captured = capsys.readouterr()
    assert captured.out == "a\\x1bb\\x9b\nc\\u202e\ne\n"
    assert captured.err == "d\\x07\n"


@pytest.mark.parametrize("write", [write_json, write_indented_json])
def test_json_on_a_terminal_has_no_control_characters_and_the_same_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, write: Callable[[Mapping[str, Any]], None]
) -> None:
    values = {"text": "\x1b\x7f\x9b\x9d\u202e\u2066\ud800 é漢\U0001f600\U000e0041\n"}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    write(values)
    output = capsys.readouterr().out
    assert json.loads(output) == values
    assert "é漢\U0001f600" in output
    assert output.replace("\n", "").isprintable()


def test_a_count_of_one_has_its_noun_in_the_singular() -> None:
    assert [console.counted(count, "step") for count in (0, 1, 2000)] == ["0 steps", "1 step", "2,000 steps"]


def test_a_quote_is_cut_to_its_longest_length() -> None:
    assert shortened("a" * console.LONGEST_QUOTE) == "a" * console.LONGEST_QUOTE
    assert shortened("a" * 1000) == "a" * (console.LONGEST_QUOTE - 1) + "…"
