"""Corpora: whatever is named comes out as one decoded text, and every fault is told in one sentence."""

import gzip
import hashlib
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import TextError, UsageError
from charrnn.text import documents
from charrnn.text.chunks import strings
from charrnn.text.corpus import Corpus, read_corpus


def text_of(corpus: Corpus) -> str:
    return "".join(strings(corpus.chunks()))


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 5 bytes, so that characters and line ends are cut in two everywhere."""
    monkeypatch.setattr(documents, "CHUNK_BYTES", 5)


# --- what is found ------------------------------------------------------------------------------------------


def test_a_file_is_one_document(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / "a.txt", "né\n")])
    assert text_of(corpus) == "né\n"
    assert [each.name for each in corpus.documents] == [str(tmp_path / "a.txt")]
    report = corpus.report
    assert (report.files, report.bytes, report.characters, report.encoding) == (1, 4, 3, "utf-8")
    assert report.sha256 == hashlib.sha256("né\n".encode()).hexdigest()


def test_a_corpus_can_be_read_again_and_again(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / "a.txt", "abc")])
    assert [text_of(corpus) for _ in range(3)] == ["abc"] * 3


def test_a_text_that_grows_between_two_readings_is_told(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / "a.txt", "abc")])
    write(tmp_path / "a.txt", "abcd")
    with pytest.raises(TextError, match="changed"):
        text_of(corpus)


def test_a_folder_gives_its_texts_in_order_without_hidden_binary_and_empty_files(tmp_path: Path) -> None:
    for name, data in {"b.txt": "b", "a/z.py": "z\n", "a/b.txt": "ab", "empty": "", ".hidden": "h"}.items():
        write(tmp_path / name, data)
    write(tmp_path / ".git/config", "no")
    write(tmp_path / "c.bin", b"x\0y")
    write(tmp_path / "d.pdf", b"%PDF-1.7 text")
    corpus = read_corpus([tmp_path])
    assert [Path(each.name).relative_to(tmp_path).as_posix() for each in corpus.documents] == [
        "a/b.txt",
        "a/z.py",
        "b.txt",
    ]
    assert text_of(corpus) == "ab\nz\nb"
    assert corpus.report.skipped == 2


def test_documents_are_parted_by_a_newline_only_where_one_is_missing(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, data) for name, data in [("1", "a"), ("2", "b\n"), ("3", "c")]]
    corpus = read_corpus(paths)
    assert text_of(corpus) == "a\nb\nc"
    assert corpus.report.characters == 5
    assert corpus.report.sha256 == hashlib.sha256(b"a\nb\nc").hexdigest()


def test_a_pattern_gives_its_matches_in_order(tmp_path: Path) -> None:
    write(tmp_path / "2.txt", "two")
    write(tmp_path / "1.txt", "one")
    write(tmp_path / "deep/3.txt", "three")
    assert text_of(read_corpus([f"{tmp_path}/*.txt"])) == "one\ntwo"
    assert text_of(read_corpus([f"{tmp_path}/**/*.txt"])) == "one\ntwo\nthree"


def test_a_file_whose_name_looks_like_a_pattern_is_read_as_a_file(tmp_path: Path) -> None:
    assert text_of(read_corpus([write(tmp_path / "a[1]*.txt", "odd")])) == "odd"


def test_standard_input_can_be_read_twice() -> None:
    corpus = read_corpus(["-"], stdin=io.BytesIO(b"piped\r\n"))
    assert [text_of(corpus), text_of(corpus)] == ["piped\n", "piped\n"]
    assert corpus.documents[0].name == "standard input"


def test_a_pipe_with_a_name_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"through a pipe",))
    writer.start()
    corpus = read_corpus([pipe])
    writer.join()
    assert [text_of(corpus), text_of(corpus)] == ["through a pipe"] * 2


@pytest.mark.parametrize("name", ["a.gz", "packed-without-suffix"])
def test_gzip_is_unpacked(tmp_path: Path, name: str) -> None:
    corpus = read_corpus([write(tmp_path / name, gzip.compress("gé\n".encode()))])
    assert text_of(corpus) == "gé\n"
    assert corpus.report.bytes == 4


# --- line ends, marks, encodings ----------------------------------------------------------------------------


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("pad", range(6))
def test_line_ends_become_lf_wherever_a_chunk_ends(tmp_path: Path, pad: int) -> None:
    corpus = read_corpus([write(tmp_path / "a", "x" * pad + "a\r\nb\rc\n\r\n\r\r")])
    assert text_of(corpus) == "x" * pad + "a\nb\nc\n\n\n\n"
    assert corpus.report.crlf == 1


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"])
def test_a_byte_order_mark_is_dropped_and_told(tmp_path: Path, encoding: str) -> None:
    text = "\ufeff水a\ufeff😀"
    data = text[1:].encode(encoding) if encoding in ("utf-8-sig", "utf-16", "utf-32") else text.encode(encoding)
    corpus = read_corpus([write(tmp_path / "a", data)], encoding=encoding)
    assert text_of(corpus) == "水a\ufeff😀"
    assert corpus.report.bom == 1
    assert "byte order mark" in str(corpus.report)


def test_a_text_without_mark_or_foreign_line_ends_reports_neither(tmp_path: Path) -> None:
    report = read_corpus([write(tmp_path / "a", "a\n")]).report
    assert (report.bom, report.crlf, report.skipped, report.shadowed) == (0, 0, 0, ())
    assert str(report) == "1 document, 2 characters"


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")), size=st.integers(1, 9))
def test_any_text_survives_any_chunking(text: str, size: int) -> None:
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "CHUNK_BYTES", size)
        if text.removeprefix("\ufeff"):
            corpus = read_corpus(["-"], stdin=io.BytesIO(data))
            assert text_of(corpus) == text.removeprefix("\ufeff")
            assert corpus.report.characters == len(text.removeprefix("\ufeff"))


def test_other_encodings_go_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "né".encode("latin-1"))
    assert text_of(read_corpus([path], encoding="Latin1")) == "né"


@pytest.mark.parametrize("encoding", ["utf-9", "", "hex", "rot13", "a\0b", "undefined"])
def test_an_unknown_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_corpus([write(tmp_path / "a", "a")], encoding=encoding)
    assert repr(encoding) in str(caught.value)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("data", "encoding", "place"),
    [
        (b"abcdefg\xff", "utf-8", 7),
        (b"ab\xe6\xb0", "utf-8", 2),
        (b"\xef\xbb\xbfab\xe6\xb0x", "utf-8-sig", 5),
        (b"abcd\x81", "cp1252", 4),
        (b"a\0b\0c\0\0\xd8a\0", "utf-16-le", 6),
        (b"abcd\xff", "gb18030", 4),
    ],
)
def test_an_undecodable_byte_is_told_with_its_place(tmp_path: Path, data: bytes, encoding: str, place: int) -> None:
    path = write(tmp_path / "a.txt", data)
    with pytest.raises(TextError) as caught:
        read_corpus([path], encoding=encoding)
    assert f"at byte {place};" in str(caught.value)
    assert str(path) in str(caught.value)
    assert "--encoding" in str(caught.value)


def test_utf_16_is_recognised_in_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="--encoding utf-16"):
        read_corpus([write(tmp_path / "a", "\ufeff水水水".encode("utf-16-le"))])


# --- what cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["no-such-file", "no-such-*.txt", "x" * 5000, "nul\0byte"])
def test_a_name_that_stands_for_nothing_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(TextError):
        read_corpus([f"{tmp_path}/{name}"])


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", gzip.compress(b"")])
def test_an_empty_text_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TextError, match="empty"):
        read_corpus([write(tmp_path / "a", data)])


@pytest.mark.parametrize("files", [{}, {"a": b""}, {"a": b"\0"}, {".hidden": b"text"}])
def test_a_folder_without_texts_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        write(tmp_path / "folder" / name, data)
    (tmp_path / "folder").mkdir(exist_ok=True)
    with pytest.raises(TextError):
        read_corpus([tmp_path / "folder"])


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="binary"):
        read_corpus([write(tmp_path / "a", b"ab\0")])


@pytest.mark.parametrize(
    "data", [gzip.compress(b"abc" * 999)[:-9], b"no gzip", gzip.compress(b"abc" * 999)[:20] + b"\xff" * 20]
)
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TextError, match="gzip"):
        read_corpus([write(tmp_path / "a.gz", data)])


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "a")
    path.chmod(0)
    with pytest.raises(TextError, match="cannot read"):
        read_corpus([path])


@pytest.mark.parametrize("sources", [[], [""], ["-", "-"], ["-"]])
def test_sources_that_cannot_be_meant_are_refused(sources: list[str]) -> None:
    with pytest.raises(UsageError):
        read_corpus(sources)
