"""Streams: files and pipes in any encoding, and lines as soon as they are complete."""

import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from charrnn.cli.streams import read_chunks, whole_lines
from charrnn.errors import TextError, UsageError

TEXT = "the old lamp\n\nλit by ottoline"


def text_of(name: Path | str, encoding: str = "utf-8") -> str:
    return "".join(read_chunks(str(name), encoding))


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), "utf-8"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode("utf-16"), "utf_16"),
        (TEXT.encode("utf-16"), "utf16"),
    ],
)
def test_a_file_and_a_pipe_give_the_same_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, encoding: str
) -> None:
    (tmp_path / "text").write_bytes(data)
    assert text_of(tmp_path / "text", encoding) == TEXT
    pipe(monkeypatch, data)
    assert text_of("-", encoding) == TEXT


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(TEXT, "utf-8"))
    writer.start()
    assert text_of(tmp_path / "pipe") == TEXT
    writer.join()


@pytest.mark.parametrize(("data", "message"), [(b"a\xffb", "at byte 1"), (b"a\0b", "binary")])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "odd").write_bytes(data)
    with pytest.raises(TextError, match=message):
        text_of(tmp_path / "odd")


def test_a_missing_file_a_folder_and_an_unknown_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        text_of(tmp_path / "absent")
    with pytest.raises(TextError, match="is a folder"):
        text_of(tmp_path)
    with pytest.raises(UsageError, match="klingon"):
        text_of("-", "klingon")


def test_a_pipe_in_another_encoding_is_refused_with_a_line_and_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"the old\n\xff\xfe lamp\n")
    with pytest.raises(TextError, match="standard input is not utf-8; name its encoding with --encoding"):
        text_of("-")
    pipe(monkeypatch, b"the old\n" * 10_000 + b"\xff\xfe lamp\n")
    with pytest.raises(TextError, match=r"standard input is not utf-8 somewhere after line [0-9],[0-9]{3};"):
        text_of("-")


def test_a_line_is_there_before_the_next_chunk_is_read() -> None:
    def chunks() -> Iterator[str]:
        yield "one\ntwo"
        pytest.fail("the next chunk was read")

    assert next(whole_lines(chunks(), longest=10)) == "one"


def test_only_a_newline_ends_a_line() -> None:
    lines = whole_lines(["the old\x0clamp\u2028the\n", "the ", "quay"], longest=100)
    assert list(lines) == ["the old\x0clamp\u2028the", "the quay"]


def test_a_line_that_is_too_long_is_refused_with_its_number() -> None:
    assert list(whole_lines(["a\n", "b" * 9 + "\n"], longest=10)) == ["a", "b" * 9]
    with pytest.raises(TextError, match="line 2 has more than 10 characters"):
        list(whole_lines(["a\n", "b" * 11], longest=10))
