"""Prompts: from the command line, from standard input, and line by line."""

import io
import sys

import pytest

from charrnn.cli import prompt
from charrnn.cli.prompt import read_prompt, read_prompts
from charrnn.errors import TextError, UsageError


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_an_argument_is_the_prompt_with_invalid_bytes_replaced() -> None:
    assert read_prompt("The boat") == "The boat"
    assert read_prompt("a\udcff") == "a\N{REPLACEMENT CHARACTER}"
    assert list(read_prompts("The boat\nsank")) == ["The boat\nsank"]


def test_standard_input_is_the_prompt_with_its_newline(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"\xef\xbb\xbfThe boat\n")
    assert read_prompt("-") == "The boat\n"


def test_each_line_of_standard_input_is_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, "the old\x0clamp\u2028the\r\nthe quay".encode())
    assert list(read_prompts("-")) == ["the old\x0clamp\u2028the", "the quay"]


def test_another_encoding_is_refused_with_a_remedy_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands with prompts have no option --encoding."""
    pipe(monkeypatch, b"ab\xff")
    with pytest.raises(TextError, match="the prompt is not UTF-8 at byte 2; convert it to UTF-8 first"):
        read_prompt("-")
    pipe(monkeypatch, b"the old\n\xff\xfe lamp\n")
    with pytest.raises(TextError, match="convert it to UTF-8 first"):
        list(read_prompts("-"))


def test_a_missing_standard_input_and_a_long_prompt_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="no standard input"):
        read_prompt("-")
    monkeypatch.setattr(prompt, "LARGEST_PROMPT", 3)
    pipe(monkeypatch, b"abcd")
    with pytest.raises(TextError, match="longer than 3 bytes"):
        read_prompt("-")
