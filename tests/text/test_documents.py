"""Documents: one decoded text, wherever chunks end, and errors with their place."""

import gzip
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import TextError, UsageError
from charrnn.text import documents
from charrnn.text.documents import Document, ReadingCounts
from charrnn.text.sources import Source


def document_of(path: Path, data: bytes | str, encoding: str = "utf-8") -> Document:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Document(path.name, path, encoding)


def read(document: Document) -> str:
    return "".join(document.chunks())


def counts_of(document: Document) -> ReadingCounts:
    counts = ReadingCounts()
    for _ in document.chunks(counts):
        pass
    return counts


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 5 bytes, so that characters and line ends are cut in two."""
    monkeypatch.setattr(documents, "CHUNK_BYTES", 5)


# --- line ends, byte order marks, encodings -----------------------------------------------------------------


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("padding", range(6))
def test_line_ends_become_lf_wherever_a_chunk_ends(tmp_path: Path, padding: int) -> None:
    document = document_of(tmp_path / "a", "x" * padding + "a\r\nb\rc\n\r\n\r\r")
    assert read(document) == "x" * padding + "a\nb\nc\n\n\n\n"
    assert counts_of(document).crlf == 1


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32", "gb18030"])
def test_a_byte_order_mark_is_dropped_and_counted(tmp_path: Path, encoding: str) -> None:
    writes_mark = encoding in ("utf-16", "utf-32")
    text = "水a\ufeff😀"
    document = document_of(tmp_path / "a", (text if writes_mark else "\ufeff" + text).encode(encoding), encoding)
    assert read(document) == text
    assert counts_of(document).bom == 1


def test_a_text_without_mark_and_with_lf_counts_neither(tmp_path: Path) -> None:
    assert counts_of(document_of(tmp_path / "a", "é\n")) == ReadingCounts(bytes=3, bom=0, crlf=0)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), size=st.integers(1, 9))
def test_any_text_is_the_same_with_chunks_of_any_size(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "CHUNK_BYTES", size)
        document = Document("text", None, "utf-8", io.BytesIO(text.encode()))
        assert read(document) == text.removeprefix("\ufeff")
        assert "" not in document.chunks()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("data", "encoding", "place"),
    [
        (b"abcdefg\xff", "utf-8", 7),
        (b"ab\xe6\xb0", "utf-8", 2),
        (b"\xef\xbb\xbfab\xe6\xb0x", "utf-8", 5),
        (b"abcd\x81", "cp1252", 4),
        (b"a\0b\0c\0\0\xd8a\0", "utf-16-le", 6),
        (b"abcd\xff", "gb18030", 4),
    ],
)
def test_an_undecodable_byte_is_reported_with_its_place(
    tmp_path: Path, data: bytes, encoding: str, place: int
) -> None:
    with pytest.raises(TextError) as caught:
        read(document_of(tmp_path / "a.txt", data, encoding))
    assert str(caught.value).startswith(f"a.txt is not {encoding} at byte {place};")
    assert "`encoding`" in str(caught.value)


def test_utf_16_is_recognized_by_its_mark_and_named_as_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="`encoding` utf-16"):
        read(document_of(tmp_path / "a", "\ufeff水水水".encode("utf-16-le")))


# --- pipes and gzip -----------------------------------------------------------------------------------------


def test_standard_input_can_be_read_twice() -> None:
    document = Document.from_source(Source("standard input", None, piped=True), "utf-8", io.BytesIO(b"piped\r\n"))
    assert [read(document), read(document)] == ["piped\n", "piped\n"]


def test_without_standard_input_a_file_must_be_named() -> None:
    with pytest.raises(UsageError, match="name a file"):
        Document.from_source(Source("standard input", None, piped=True), "utf-8", None)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without end")
def test_a_device_without_end_is_refused_by_its_first_bytes() -> None:
    with pytest.raises(TextError, match="zeros looks like a binary file"):
        Document.from_source(Source("zeros", Path("/dev/zero"), piped=True), "utf-8", None)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_named_pipe_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"through a pipe",))
    writer.start()
    document = Document.from_source(Source("pipe", pipe, piped=True), "utf-8", None)
    writer.join()
    assert [read(document), read(document)] == ["through a pipe"] * 2


@pytest.mark.parametrize("name", ["a.gz", "packed-without-suffix"])
def test_gzip_is_unpacked(tmp_path: Path, name: str) -> None:
    document = document_of(tmp_path / name, gzip.compress("gé\n".encode(), mtime=0))
    assert read(document) == "gé\n"
    assert counts_of(document).bytes == 4


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"abc" * 999, mtime=0)[:-9],
        b"not gzip",
        gzip.compress(b"abc" * 999, mtime=0)[:20] + b"\xff" * 20,
    ],
)
def test_a_damaged_gzip_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TextError, match="damaged or incomplete gzip"):
        read(document_of(tmp_path / "a.gz", data))


# --- files that are not texts -------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "place"), [(b"ab\0", "byte 2"), (b"%PDF-1.7 text", "byte 0")])
def test_a_binary_file_is_recognized(tmp_path: Path, data: bytes, place: str) -> None:
    assert place in str(document_of(tmp_path / "a", data).binary_fault())


def test_zeros_are_allowed_in_utf_16(tmp_path: Path) -> None:
    document = document_of(tmp_path / "a", "text".encode("utf-16"), "utf-16")
    assert document.binary_fault() is None
    assert read(document) == "text"


def test_a_file_without_bytes_is_empty(tmp_path: Path) -> None:
    assert document_of(tmp_path / "a", b"").is_empty()
    assert document_of(tmp_path / "b", gzip.compress(b"", mtime=0)).is_empty()
    assert not document_of(tmp_path / "c", b"\n").is_empty()


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="cannot read a"):
        read(Document("a", tmp_path / "a", "utf-8"))
