"""Normal forms: chunks are normalized as the whole text would be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import ModelError
from charrnn.text.chunks import DOCUMENT_END, Chunk
from charrnn.text.normal_form import check_normal_form, joins_previous, normalize, normalized_chunks

decomposed = st.text(st.sampled_from("eeaA\u0301\u0323\u1100\u1161\u11a8 \n水"), min_size=1)


def test_normalize_composes_only_if_asked() -> None:
    assert normalize("e\u0301", "NFC") == "é"
    assert normalize("e\u0301", None) == "e\u0301"


@given(st.lists(decomposed))
def test_normalized_chunks_join_to_the_normalized_text(texts: list[str]) -> None:
    chunks = [*normalized_chunks([*texts, DOCUMENT_END], "NFC")]
    assert chunks.pop() is DOCUMENT_END
    assert "".join(map(str, chunks)) == unicodedata.normalize("NFC", "".join(texts))
    assert "" not in chunks


def test_characters_do_not_merge_across_a_document_end() -> None:
    chunks: list[Chunk] = ["e", DOCUMENT_END, "\u0301", DOCUMENT_END]
    assert list(normalized_chunks(chunks, "NFC")) == chunks


def test_every_character_that_can_merge_with_its_predecessor_is_recognized() -> None:
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            assert joins_previous(chr(int(parts[1], 16)))
    assert all(joins_previous(chr(code)) for code in range(0x1161, 0x1176))
    assert not any(map(joins_previous, "a \n水한é"))


@pytest.mark.parametrize("normal_form", ["NFD", "nfc", "", 1, ["NFC"]])
def test_other_normal_forms_are_refused(normal_form: object) -> None:
    check_normal_form("NFC")
    check_normal_form(None)
    with pytest.raises(ModelError, match="NFC or null"):
        check_normal_form(normal_form)
