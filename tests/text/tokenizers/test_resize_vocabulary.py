"""Larger vocabularies: every old token is in the new one, wherever it is now."""

import numpy as np
import pytest

from charrnn.text.tokenizers import (
    ByteTokenizer,
    CharacterTokenizer,
    DocumentTokenizer,
    SubwordTokenizer,
    Tokenizer,
    WordTokenizer,
)
from charrnn.text.tokenizers.resize_vocabulary import extend_tokenizer, old_ids
from charrnn.text.tokenizers.subwords import learn_pieces

STORY = "the old lamp at the end of the quay was lit by ottoline\n" * 40


@pytest.mark.parametrize("documents", ["files", "lines"])
def test_new_characters_are_added_and_old_ones_keep_their_meaning(documents: str) -> None:
    old = DocumentTokenizer(CharacterTokenizer("\nbd"), documents)
    new = extend_tokenizer(old, lambda: ["ace\n"], 0, 1)
    assert new.decode(new.encode("abcde\n")) == "abcde\n"
    ids = old_ids(old, new).tolist()
    for new_id, old_id in enumerate(ids):
        if old_id >= 0:
            assert old.token_text(old_id) == new.token_text(new_id)
    assert sorted(old_id for old_id in ids if old_id >= 0) == list(range(old.vocabulary_size))
    assert (ids[new.bos_id or 0], ids[new.eos_id or 0]) == (old.bos_id, old.eos_id)


def test_frequent_words_are_added() -> None:
    old = WordTokenizer((" lamp", " old"))
    new = extend_tokenizer(old, lambda: [" new new lamp"], 100, 2)
    assert new == WordTokenizer((" lamp", " new", " old"))
    assert old_ids(old, new).tolist() == [*range(256), 256, -1, 257]


@pytest.mark.parametrize(
    "tokenizer", [ByteTokenizer(), SubwordTokenizer(learn_pieces(lambda: [STORY], 320, "bpe", len(STORY)))]
)
def test_bytes_and_subwords_stay_as_they_are(tokenizer: Tokenizer) -> None:
    """SentencePiece has two tokens for some characters: a piece and a byte."""
    assert extend_tokenizer(tokenizer, lambda: ["ü"], 0, 1) == tokenizer
    np.testing.assert_array_equal(old_ids(tokenizer, tokenizer), np.arange(tokenizer.vocabulary_size))
