"""Byte tokenizer: UTF-8 bytes as ids, for any string."""

from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.folding import Replacements
from charrnn.text.tokenizers import ByteTokenizer


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_decoded_unchanged(text: str) -> None:
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode(text)
    assert ids.tolist() == list(text.encode())
    assert tokenizer.decode(ids) == text
    assert tokenizer.count_characters(ids) == len(text)


def test_a_lone_surrogate_is_three_bytes_that_are_not_utf_8() -> None:
    ids = ByteTokenizer().encode("a\ud800")
    assert ids.tolist() == [97, 0xED, 0xA0, 0x80]
    assert ByteTokenizer().decode(ids) == "a\ufffd\ufffd\ufffd"


@given(st.lists(st.integers(0, 255)))
def test_a_stream_of_any_bytes_decodes_as_all_at_once(ids: list[int]) -> None:
    tokenizer = ByteTokenizer()
    decoder = tokenizer.decoder()
    assert "".join([*map(decoder.feed, ids), decoder.flush()]) == tokenizer.decode(ids)


def test_the_decoder_waits_for_the_end_of_a_character() -> None:
    decoder = ByteTokenizer().decoder()
    assert [decoder.feed(byte) for byte in "水a".encode()] == ["", "", "水", "a"]
    assert decoder.feed(0xE6) == ""
    assert decoder.flush() == "\ufffd"


def test_a_character_counts_at_its_first_byte() -> None:
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode("aé水😀")
    counts = [tokenizer.count_characters(ids[i : i + 1]) for i in range(ids.size)]
    assert counts == [1, 1, 0, 1, 0, 0, 1, 0, 0, 0]


def test_token_texts_are_printable() -> None:
    assert [ByteTokenizer().token_text(byte) for byte in (10, 65, 0xE6)] == ["\\n", "A", "<0xE6>"]


def test_prompts_are_only_normalized() -> None:
    assert ByteTokenizer().prepare("☃\r\n") == ("☃\r\n", Replacements())
    assert ByteTokenizer("NFC").prepare("e\u0301") == ("é", Replacements())
    assert ByteTokenizer("NFC").encode("e\u0301").tolist() == list("é".encode())
