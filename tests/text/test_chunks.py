"""Chunks: strings with document ends between them."""

from collections.abc import Iterator

from charrnn.text.chunks import DOCUMENT_END, head, strings


def test_strings_leaves_out_document_ends() -> None:
    assert list(strings(["a", "b", DOCUMENT_END, "c", DOCUMENT_END])) == ["a", "b", "c"]


def test_head_reads_no_further_chunk_than_it_needs() -> None:
    def chunks() -> Iterator[str]:
        yield from ["abc", "def"]
        raise AssertionError

    assert head(chunks(), 5) == "abcde"
    assert head(chunks(), 6) == "abcdef"


def test_head_of_a_short_text_is_the_text() -> None:
    assert head(["ab", DOCUMENT_END, "c", DOCUMENT_END], 9) == "abc"
    assert head([], 9) == ""
