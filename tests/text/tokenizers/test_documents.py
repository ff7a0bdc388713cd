"""Document tokenizer: <s> and </s> around files or lines."""

import pytest

from charrnn.errors import ModelError
from charrnn.text.tokenizers import CharacterTokenizer, DocumentTokenizer


def test_with_lines_the_newline_is_the_end_and_a_start_follows_it() -> None:
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "lines")
    assert (tokenizer.vocabulary_size, tokenizer.bos_id, tokenizer.eos_id) == (5, 4, 1)
    assert tokenizer.encode("a\nb\n").tolist() == [2, 1, 4, 3, 1, 4]
    assert tokenizer.boundary().tolist() == [1, 4]
    assert [tokenizer.token_text(token) for token in range(5)] == ["<unk>", "</s>", "a", "b", "<s>"]


def test_with_files_start_and_end_have_ids_of_their_own() -> None:
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "files")
    assert (tokenizer.vocabulary_size, tokenizer.bos_id, tokenizer.eos_id) == (6, 5, 4)
    assert tokenizer.encode("a\nb\n").tolist() == [2, 1, 3, 1]
    assert tokenizer.boundary().tolist() == [4, 5]
    assert [tokenizer.token_text(token) for token in range(6)] == ["<unk>", "\\n", "a", "b", "</s>", "<s>"]


def test_start_and_end_have_no_text() -> None:
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "files")
    assert tokenizer.decode([5, 2, 4, 5, 3]) == "ab"
    assert tokenizer.count_characters([5, 2, 4, 5, 3]) == 2
    assert tokenizer.token_bytes(4) == tokenizer.token_bytes(5) == b""
    decoder = tokenizer.decoder()
    assert [decoder.feed(token) for token in (5, 2, 4)] == ["", "a", ""]


def test_documents_are_files_or_lines() -> None:
    with pytest.raises(ModelError, match="files or lines"):
        DocumentTokenizer(CharacterTokenizer("ab"), "pages")


def test_lines_need_a_token_for_the_newline() -> None:
    with pytest.raises(ModelError, match="newline"):
        DocumentTokenizer(CharacterTokenizer("ab"), "lines")
