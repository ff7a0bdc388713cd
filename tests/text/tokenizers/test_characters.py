"""Character tokenizer: sorted characters ↔ ids, and id 0 for unknown ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import ModelError
from charrnn.text.tokenizers.characters import CharacterTokenizer, alphabet_of, code_points

texts = st.text(st.characters(exclude_categories=["Cs"]))
texts_with_surrogates = st.text(st.characters())


def tokenizer_of(text: str, normal_form: str | None = None) -> CharacterTokenizer:
    return CharacterTokenizer("".join(sorted(set(text))), normal_form)


@given(texts.filter(bool))
def test_a_text_of_known_characters_is_decoded_unchanged(text: str) -> None:
    tokenizer = tokenizer_of(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert ids.shape == (len(text),)
    assert tokenizer.count_characters(ids) == len(text)
    assert 0 not in ids


@given(texts_with_surrogates, texts.filter(bool))
def test_any_string_can_be_encoded_and_unknown_characters_become_the_replacement_character(
    text: str, learned: str
) -> None:
    tokenizer = tokenizer_of(learned)
    expected = "".join(character if character in learned else "\ufffd" for character in text)
    assert tokenizer.decode(tokenizer.encode(text)) == expected


def test_ids_follow_the_sorted_characters_and_0_is_unknown() -> None:
    tokenizer = tokenizer_of("bca\n")
    assert tokenizer.encode("\nabc").tolist() == [1, 2, 3, 4]
    assert tokenizer.encode("zé😀").tolist() == [0, 0, 0]
    assert tokenizer.vocabulary_size == 5
    assert (tokenizer.unk_id, tokenizer.bos_id, tokenizer.eos_id) == (0, None, None)


@pytest.mark.parametrize(
    ("count", "dtype"), [(255, np.uint8), (256, np.uint16), (65535, np.uint16), (65536, np.uint32)]
)
def test_ids_have_the_smallest_type(count: int, dtype: type[np.unsignedinteger]) -> None:
    codes = [code for code in range(0x20000) if not 0xD800 <= code < 0xE000][:count]
    tokenizer = CharacterTokenizer("".join(map(chr, codes)))
    last = chr(codes[-1])
    assert tokenizer.encode(last).dtype == dtype
    assert tokenizer.decode(tokenizer.encode(last)) == last


@pytest.mark.parametrize("ids", [[-1], [4], [0, 99]])
def test_an_id_outside_the_vocabulary_is_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="token ids must be in 0 … 3"):
        tokenizer_of("abc").decode(ids)


def test_encoding_applies_the_normal_form() -> None:
    assert tokenizer_of("é", "NFC").encode("e\u0301").tolist() == [1]
    assert tokenizer_of("é").encode("e\u0301").tolist() == [0, 0]


def test_the_decoder_returns_each_character_at_once() -> None:
    tokenizer = tokenizer_of("水a")
    decoder = tokenizer.decoder()
    assert [decoder.feed(int(token)) for token in tokenizer.encode("a水?")] == ["a", "水", "\ufffd"]
    assert decoder.flush() == ""


def test_token_texts_are_printable_and_token_bytes_are_utf_8() -> None:
    tokenizer = tokenizer_of("a \n\x1b\u202e水")
    tokens = range(tokenizer.vocabulary_size)
    assert [tokenizer.token_text(token) for token in tokens] == ["<unk>", "\\n", "\\x1b", " ", "a", "\\u202e", "水"]
    assert b"".join(tokenizer.token_bytes(token) for token in tokens) == "\n\x1b a\u202e水".encode()


def test_prepare_folds_to_the_alphabet() -> None:
    prepared, replacements = tokenizer_of("cafe").prepare("café")
    assert (prepared, replacements.folded) == ("cafe", {("é", "e"): 1})


@given(st.lists(texts_with_surrogates))
def test_the_alphabet_of_a_text_is_its_sorted_characters_without_surrogates(chunks: list[str]) -> None:
    characters = {"\n", *"".join(chunks)} - set(map(chr, range(0xD800, 0xE000)))
    assert alphabet_of(chunks, include="\n") == "".join(sorted(characters))


@given(texts_with_surrogates)
def test_code_points_are_those_of_python(text: str) -> None:
    assert code_points(text).tolist() == list(map(ord, text))


@pytest.mark.parametrize("alphabet", ["", "ba", "aa", "a\ud800"])
def test_an_alphabet_must_be_sorted_and_unique_without_surrogates(alphabet: str) -> None:
    with pytest.raises(ModelError, match="sorted and unique"):
        CharacterTokenizer(alphabet)
