"""Corpora: all documents as one text, and a report on them."""

import gzip
import hashlib
import io
import os
from pathlib import Path

import pytest

from charrnn.errors import TextError, UsageError
from charrnn.text.chunks import DOCUMENT_END, strings
from charrnn.text.corpus import Corpus, canonical_encoding, read_corpus


def text_of(corpus: Corpus) -> str:
    return "".join(strings(corpus.chunks()))


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_the_report_counts_documents_bytes_and_characters(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / "a.txt", "né\n")])
    assert text_of(corpus) == "né\n"
    assert [document.name for document in corpus.documents] == [str(tmp_path / "a.txt")]
    report = corpus.report
    assert (report.files, report.bytes, report.characters, report.encoding) == (1, 4, 3, "utf-8")
    assert (report.bom, report.crlf, report.skipped, report.shadowed) == (0, 0, 0, ())
    assert report.sha256 == hashlib.sha256("né\n".encode()).hexdigest()
    assert str(report) == "1 document, 3 characters"


def test_the_report_lists_all_corrections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "english/a", "\ufeffa\r\n")
    write(tmp_path / "english/b", "b")
    write(tmp_path / "english/c", b"\0")
    monkeypatch.chdir(tmp_path)
    assert str(read_corpus(["english"]).report) == (
        "2 documents, 3 characters, byte order mark dropped in 1, line ends turned into LF in 1, "
        "1 binary file skipped, english is a path here, which takes precedence over the built-in text"
    )


def test_a_newline_separates_documents_if_the_first_does_not_end_in_one(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / name, text) for name, text in [("1", "a"), ("2", "b\n"), ("3", "c")]])
    assert list(corpus.chunks()) == ["a", "\n", DOCUMENT_END, "b\n", DOCUMENT_END, "c", DOCUMENT_END]
    assert corpus.report.characters == 5
    assert corpus.report.sha256 == hashlib.sha256(b"a\nb\nc").hexdigest()


def test_binary_and_empty_files_of_a_folder_are_skipped(tmp_path: Path) -> None:
    for name, data in {"b.txt": b"b", "a.txt": b"a", "empty": b"", "c.bin": b"x\0y", "d.pdf": b"%PDF-1.7"}.items():
        write(tmp_path / name, data)
    corpus = read_corpus([tmp_path])
    assert text_of(corpus) == "a\nb"
    assert corpus.report.skipped == 2


def test_a_corpus_can_be_read_any_number_of_times() -> None:
    corpus = read_corpus(["-"], stdin=io.BytesIO(b"abc"))
    assert [text_of(corpus) for _ in range(3)] == ["abc"] * 3


def test_a_text_that_changes_between_two_readings_is_an_error(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / "a.txt", "abc")])
    write(tmp_path / "a.txt", "abcd")
    with pytest.raises(TextError, match="changed"):
        text_of(corpus)


# --- encodings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "name"), [("Latin1", "iso8859-1"), ("UTF8", "utf-8"), ("utf-8-sig", "utf-8"), ("U16", "utf-16")]
)
def test_encodings_have_one_name(encoding: str, name: str) -> None:
    assert canonical_encoding(encoding) == name


def test_a_text_is_read_in_its_encoding(tmp_path: Path) -> None:
    assert text_of(read_corpus([write(tmp_path / "a", "né".encode("latin-1"))], encoding="latin-1")) == "né"


@pytest.mark.parametrize("encoding", ["utf-9", "", "hex", "rot13", "a\0b", "undefined"])
def test_an_unknown_encoding_is_wrong_usage(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_corpus([write(tmp_path / "a", "a")], encoding=encoding)
    assert str(caught.value).startswith("`encoding` must be a text encoding")
    assert str(caught.value).endswith(f"got {encoding!r}")


# --- texts that cannot be read ------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_text_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TextError, match="is empty"):
        read_corpus([write(tmp_path / "a", data)])


@pytest.mark.parametrize("files", [{}, {"a": b""}, {"a": b"\0"}, {".hidden": b"text"}])
def test_a_folder_without_texts_is_an_error(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        write(tmp_path / "folder" / name, data)
    (tmp_path / "folder").mkdir(exist_ok=True)
    with pytest.raises(TextError, match=r"there is no text in|is empty"):
        read_corpus([tmp_path / "folder"])


def test_a_binary_file_that_is_named_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="binary"):
        read_corpus([write(tmp_path / "a", b"ab\0")])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "a")
    path.chmod(0)
    with pytest.raises(TextError, match="cannot read"):
        read_corpus([path])
