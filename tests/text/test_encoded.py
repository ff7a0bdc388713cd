"""Encoded texts: ids, the token that precedes them, and the numbers of characters and of unknown tokens."""

import io
from pathlib import Path

import numpy as np

from charrnn.text.chunks import DOCUMENT_END
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.encoded import encode_chunk, encode_corpus, encode_text
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, DocumentTokenizer


def corpus_of(text: str) -> Corpus:
    return read_corpus(["-"], stdin=io.BytesIO(text.encode()))


def test_unknown_characters_are_counted() -> None:
    encoded = encode_corpus(corpus_of("abxé"), CharacterTokenizer("ab"))
    assert encoded.ids.tolist() == [1, 2, 0, 0]
    assert (encoded.characters, encoded.unknown) == (4, 2)
    assert encode_corpus(corpus_of("abxé"), ByteTokenizer()).unknown == 0


def test_characters_are_counted_before_normalization() -> None:
    encoded = encode_corpus(corpus_of("e\u0301e\u0301"), CharacterTokenizer("é", "NFC"))
    assert encoded.ids.tolist() == [1, 1]
    assert encoded.characters == 4


def test_a_string_is_encoded_as_a_corpus_of_one_document() -> None:
    tokenizer = CharacterTokenizer("\nab", "NFC")
    text, corpus = encode_text("ab\nax", tokenizer), encode_corpus(corpus_of("ab\nax"), tokenizer)
    np.testing.assert_array_equal(text.ids, corpus.ids)
    assert (text.previous_id, text.characters, text.unknown) == (1, 5, 1)
    assert (corpus.previous_id, corpus.characters, corpus.unknown) == (1, 5, 1)


def test_each_document_ends_with_the_boundary(tmp_path: Path) -> None:
    for name, text in (("1.txt", "ab"), ("2.txt", "b")):
        (tmp_path / name).write_text(text)
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "files")
    encoded = encode_corpus(read_corpus([tmp_path]), tokenizer)
    assert encoded.ids.tolist() == [2, 3, 1, 4, 5, 3, 4, 5]
    assert encoded.previous_id == tokenizer.bos_id == 5


def test_a_document_end_after_a_line_end_adds_nothing() -> None:
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "lines")
    line = encode_chunk(tokenizer, "a\n", None)
    assert line.tolist() == [2, 1, 4]
    assert encode_chunk(tokenizer, DOCUMENT_END, int(line[-1])).tolist() == []
    assert encode_chunk(tokenizer, DOCUMENT_END, 2).tolist() == [1, 4]


def test_a_tokenizer_without_documents_ignores_document_ends() -> None:
    tokenizer = CharacterTokenizer("\nab")
    assert encode_chunk(tokenizer, DOCUMENT_END, 2).tolist() == []
    assert encode_chunk(tokenizer, DOCUMENT_END, None).tolist() == []


def test_many_ids_are_mapped_from_a_file_that_leaves_nothing_behind(tmp_path: Path) -> None:
    corpus, tokenizer = corpus_of("the quick brown fox\n" * 200), CharacterTokenizer("\nabc")
    in_memory = encode_corpus(corpus, tokenizer)
    mapped = encode_corpus(corpus, tokenizer, scratch=tmp_path, memory_threshold=100)
    assert isinstance(mapped.ids, np.memmap)
    assert not isinstance(in_memory.ids, np.memmap)
    np.testing.assert_array_equal(mapped.ids, in_memory.ids)
    assert not mapped.ids.flags.writeable
    assert not in_memory.ids.flags.writeable
    del mapped
    assert list(tmp_path.iterdir()) == []
