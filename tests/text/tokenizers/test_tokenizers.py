"""Tokenizers: text → ids → text without loss, and prompts brought near to what a model knows."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import ModelError
from charrnn.text.escape import visible_line
from charrnn.text.normal_form import joins_previous
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, Tokenizer, tokenizer_from_json

any_text = st.text(st.characters())
whole_text = st.text(st.characters(exclude_categories=["Cs"]))


def of(text: str, normal_form: str | None = None) -> CharacterTokenizer:
    return CharacterTokenizer("".join(sorted(set(text))), normal_form)


@given(whole_text.filter(bool))
def test_characters_come_back_as_they_went(text: str) -> None:
    tokenizer = of(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert ids.shape == (len(text),)
    assert tokenizer.count_characters(ids) == len(text)
    assert 0 not in ids


@given(whole_text)
def test_bytes_come_back_as_they_went(text: str) -> None:
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.count_characters(ids) == len(text)


@given(any_text, any_text.filter(lambda text: bool(text.encode("utf-8", "ignore"))))
def test_no_text_fails_to_encode_lone_surrogates_included(text: str, learned: str) -> None:
    alphabet = "".join(sorted({each for each in learned if not "\ud800" <= each <= "\udfff"}))
    tokenizer = CharacterTokenizer(alphabet)
    decoded = tokenizer.decode(tokenizer.encode(text))
    assert decoded == "".join(each if each in alphabet else "\ufffd" for each in text)
    assert ByteTokenizer().encode(text).max(initial=0) < 256


@given(st.lists(st.integers(0, 255)))
def test_a_stream_of_bytes_decodes_as_the_whole(ids: list[int]) -> None:
    tokenizer = ByteTokenizer()
    decoder = tokenizer.decoder()
    streamed = "".join(decoder.feed(each) for each in ids) + decoder.flush()
    assert streamed == tokenizer.decode(ids)


def test_the_decoder_holds_back_an_unfinished_character() -> None:
    decoder = ByteTokenizer().decoder()
    assert [decoder.feed(each) for each in "水a".encode()] == ["", "", "水", "a"]
    assert decoder.feed(0xE6) == ""
    assert decoder.flush() == "\ufffd"


def test_the_character_decoder_gives_each_character_at_once() -> None:
    tokenizer = of("水a")
    decoder = tokenizer.decoder()
    assert [decoder.feed(int(each)) for each in tokenizer.encode("a水?")] == ["a", "水", "\ufffd"]
    assert decoder.flush() == ""


def test_ids_follow_the_sorted_characters_and_zero_is_unknown() -> None:
    tokenizer = of("bca\n")
    assert tokenizer.encode("\nabc").tolist() == [1, 2, 3, 4]
    assert tokenizer.encode("zé😀").tolist() == [0, 0, 0]
    assert tokenizer.vocabulary_size == 5
    assert tokenizer.unk_id == 0


@pytest.mark.parametrize(
    ("count", "dtype"), [(255, np.uint8), (256, np.uint16), (65535, np.uint16), (65536, np.uint32)]
)
def test_ids_take_the_smallest_type(count: int, dtype: type[np.unsignedinteger]) -> None:
    codes = [code for code in range(0x20000) if not 0xD800 <= code < 0xE000][:count]
    tokenizer = CharacterTokenizer("".join(map(chr, codes)))
    last = chr(codes[-1])
    assert tokenizer.encode(last).dtype == dtype
    assert tokenizer.decode(tokenizer.encode(last)) == last


def test_the_byte_tokenizer_counts_a_character_where_it_begins() -> None:
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode("aé水😀")
    assert tokenizer.count_characters(ids) == 4
    assert sum(tokenizer.count_characters(ids[i : i + 1]) for i in range(ids.size)) == 4


@pytest.mark.parametrize("ids", [[-1], [4], [0, 99]])
def test_an_id_outside_the_vocabulary_is_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="token ids must be in 0 …"):
        of("abc").decode(ids)


def test_encoding_applies_the_normal_form() -> None:
    tokenizer = of("é", "NFC")
    assert tokenizer.encode("e\u0301").tolist() == [1]
    assert of("é").encode("e\u0301").tolist() == [0, 0]
    assert ByteTokenizer("NFC").decode(ByteTokenizer("NFC").encode("e\u0301")) == "é"


def test_token_texts_are_safe_to_show() -> None:
    tokenizer = of("a \n\x1b\u202e水")
    shown = [tokenizer.token_text(each) for each in range(tokenizer.vocabulary_size)]
    assert shown == ["<unk>", "\\n", "\\x1b", " ", "a", "\\u202e", "水"]
    assert [ByteTokenizer().token_text(each) for each in (10, 65, 0xE6)] == ["\\n", "A", "<0xE6>"]


@given(any_text)
def test_visible_text_is_printable(text: str) -> None:
    assert visible_line(text).isprintable()


# --- JSON ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", [of("hello\n"), of("é水", "NFC"), ByteTokenizer(), ByteTokenizer("NFC")])
def test_json_goes_both_ways(tokenizer: Tokenizer) -> None:
    assert tokenizer_from_json(tokenizer.to_json()) == tokenizer


GOOD = {"kind": "character", "normal_form": None, "characters": "abc"}


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"kind": "syllable"},
        {"kind": ["byte"], "normal_form": None},
        {"kind": "byte"},
        {"kind": "byte", "normal_form": None, "characters": "abc"},
        {"kind": "byte", "normal_form": "NFD"},
        {"kind": "byte", "normal_form": ["NFC"]},
        GOOD | {"characters": "acb"},
        GOOD | {"characters": "aab"},
        GOOD | {"characters": ""},
        GOOD | {"characters": ["a", "b"]},
        GOOD | {"characters": "a\ud800"},
        GOOD | {"extra": 1},
        GOOD | {"normal_form": 1},
    ],
)
def test_doctored_json_is_refused(values: object) -> None:
    with pytest.raises(ModelError):
        tokenizer_from_json(values)


# --- prompts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("learned", "prompt", "prepared"),
    [
        ("cafe", "café", "cafe"),
        ("cafe", "cafe\u0301", "cafe"),
        ("café", "cafe\u0301", "café"),
        ("cafe\u0301", "café", "cafe\u0301"),
        ('it\'s "so"', "it’s “so”", 'it\'s "so"'),
        ("it’s “so”", 'it\'s "so"', "it’s “so”"),
        ("a-b ", "a—b – b", "a--b - b"),
        ("Abc123", "Ａｂｃ１２３", "Abc123"),
        ("你，好", "你,好", "你，好"),
        ("abc", "ABC", "abc"),
        ("ABC", "é", "é"),
        ("CAFE", "café", "CAFE"),
        ("wait.", "wait…", "wait..."),
        ("a b", "a\u00a0b\u200b\t", "a b "),
        ("a\nb", "a\r\nb\rb", "a\nb\nb"),
        ("strase", "straße", "strasse"),
        ("finaly", "ﬁnally", "finally"),
    ],
)
def test_a_prompt_is_brought_near_to_the_vocabulary(learned: str, prompt: str, prepared: str) -> None:
    text, _ = of(learned).prepare(prompt)
    assert text == prepared


@given(whole_text.filter(bool), any_text)
def test_preparing_loses_only_what_it_names_and_settles_at_once(learned: str, prompt: str) -> None:
    tokenizer = of(learned)
    text, replaced = tokenizer.prepare(prompt)
    unknown = [each for each in text if each not in learned]
    assert sum(replaced.unknown.values()) == len(unknown)
    assert set(replaced.unknown) == set(unknown)
    assert tokenizer.prepare(text)[0] == text


@given(st.text(st.sampled_from("ab\n é’"), min_size=1))
def test_a_prompt_in_known_characters_stays_as_it_is(text: str) -> None:
    prepared, replaced = of(text).prepare(text)
    assert prepared == text
    assert not replaced
    assert str(replaced) == ""


def test_replacements_are_told_in_words() -> None:
    _, replaced = of("cafe").prepare("café éa\x1b☃☃")
    told = str(replaced)
    assert told == (
        "2 characters are replaced by the nearest one the model knows (é → e); "
        "4 characters are unknown to the model ( , \\x1b, ☃)"
    )


def test_many_replacements_are_told_by_a_few_examples() -> None:
    _, replaced = of("a").prepare("0123456789")
    assert str(replaced) == "10 characters are unknown to the model (0, 1, 2, 3, 4, …)"


def test_bytes_need_no_replacement() -> None:
    assert ByteTokenizer().prepare("☃\r\n") == ("☃\r\n", ByteTokenizer().prepare("")[1])
    assert ByteTokenizer("NFC").prepare("e\u0301")[0] == "é"


def test_no_character_that_can_merge_with_the_one_before_is_taken_for_a_boundary() -> None:
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            assert joins_previous(chr(int(parts[1], 16)))
    assert all(joins_previous(chr(code)) for code in range(0x1161, 0x1176))
    assert not any(map(joins_previous, "a \n水한é"))
