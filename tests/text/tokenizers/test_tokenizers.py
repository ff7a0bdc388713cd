"""All tokenizers: lossless, made by a config, and rebuilt from JSON."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import TextConfig
from charrnn.errors import ModelError, UsageError
from charrnn.text.tokenizers import (
    ByteTokenizer,
    CharacterTokenizer,
    DocumentTokenizer,
    SubwordTokenizer,
    Tokenizer,
    initial_id,
    make_tokenizer,
    never_sampled,
    tokenizer_from_json,
)
from charrnn.text.tokenizers.subwords import learn_pieces

STORY = (
    "The keeper didn't light the lamp; the lamp was lit by Ottoline.\n\tShe'd never once been late, had she?\n" * 20
)


def make(**options: object) -> Tokenizer:
    return make_tokenizer(TextConfig(("x",), **options), lambda: iter([STORY]), len(STORY))  # type: ignore[arg-type]


SUBWORDS = [SubwordTokenizer(learn_pieces(lambda: [STORY], 460, kind, len(STORY))) for kind in ("bpe", "unigram")]
LOSSLESS: list[Tokenizer] = [ByteTokenizer(), make(tokenizer="word", vocab_size=500), *SUBWORDS]
LOSSLESS += [DocumentTokenizer(tokenizer, unit) for tokenizer in LOSSLESS for unit in ("files", "lines")]
CHARACTERS: list[Tokenizer] = [CharacterTokenizer("\nab"), CharacterTokenizer("é水", "NFC"), ByteTokenizer("NFC")]
ALL = [*CHARACTERS, *LOSSLESS]

UNUSUAL = ["\u2581", "\n", "\r", "\t", " ", "  ", "\x00", "\x1b", "é", "🦊", "👩\u200d👧", "我", "\ufffd", "\ufeff"]
pieces = st.one_of(st.text(st.characters(), max_size=40), st.sampled_from([*UNUSUAL, "The lamp", " keeper", "-"]))
texts = st.lists(pieces).map("".join)


def name_of(tokenizer: Tokenizer) -> str:
    return f"{tokenizer.kind}-{getattr(tokenizer, 'documents', 'none')}"


@pytest.mark.parametrize("tokenizer", LOSSLESS, ids=name_of)
@settings(max_examples=120, deadline=None)
@given(texts)
def test_any_text_is_decoded_unchanged(tokenizer: Tokenizer, text: str) -> None:
    """A lone surrogate is the only exception: its three bytes are not UTF-8."""
    expected = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == expected
    decoder = tokenizer.decoder()
    assert "".join([*map(decoder.feed, ids.tolist()), decoder.flush()]) == expected
    assert b"".join(map(tokenizer.token_bytes, ids.tolist())) == text.encode("utf-8", "surrogatepass")
    assert ids.size == 0 or ids.max() < tokenizer.vocabulary_size


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_ids_have_as_many_characters_as_the_text(text: str) -> None:
    for tokenizer in LOSSLESS:
        assert tokenizer.count_characters(tokenizer.encode(text)) == len(text)


def test_a_text_follows_the_document_start_or_the_newline_or_the_unknown_token() -> None:
    assert initial_id(DocumentTokenizer(CharacterTokenizer("\nab"), "lines")) == 4
    assert initial_id(CharacterTokenizer("\nab")) == 1
    assert initial_id(CharacterTokenizer("ab")) == 0
    assert initial_id(ByteTokenizer()) == ord("\n")


def test_unknown_token_and_document_start_are_never_sampled() -> None:
    assert never_sampled(DocumentTokenizer(CharacterTokenizer("\nab"), "files")) == [0, 5]
    assert never_sampled(CharacterTokenizer("ab")) == [0]
    assert never_sampled(ByteTokenizer()) == []


# --- from a config ------------------------------------------------------------------------------------------


def test_a_config_makes_the_tokenizer_that_it_names() -> None:
    assert make().kind == "character"
    assert make(tokenizer="byte", documents="lines").bos_id == 256
    assert make(tokenizer="word", vocab_size=260).vocabulary_size == 260
    assert make(tokenizer="word", min_count=1_000).vocabulary_size == 256
    assert 257 < make(tokenizer="subword", vocab_size=330, pieces="unigram").vocabulary_size <= 330
    assert make(documents="none").bos_id is None
    assert make(normal_form="NFC").normal_form == "NFC"


@pytest.mark.parametrize(
    "options",
    [
        {"tokenizer": "syllable"},
        {"vocab_size": 300},
        {"tokenizer": "byte", "vocab_size": 300},
        {"tokenizer": "word", "vocab_size": 256},
        {"tokenizer": "subword", "min_count": 2},
        {"tokenizer": "word", "min_count": 0},
        {"documents": "pages"},
        {"pieces": "wordpiece"},
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        make(**options)


# --- from JSON ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", ALL, ids=name_of)
def test_json_and_model_rebuild_an_equal_tokenizer(tokenizer: Tokenizer) -> None:
    assert tokenizer_from_json(tokenizer.to_json(), lambda: tokenizer.model or b"") == tokenizer


CHARACTER = {"kind": "character", "normal_form": None, "characters": "abc"}
BYTE = {"kind": "byte", "normal_form": None}
WORD = {"kind": "word", "normal_form": None, "words": ["a", "b"]}


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"kind": "syllable"},
        {"kind": "byte"},
        BYTE | {"kind": ["byte"]},
        BYTE | {"characters": "abc"},
        BYTE | {"normal_form": "NFD"},
        BYTE | {"normal_form": ["NFC"]},
        BYTE | {"documents": "pages"},
        CHARACTER | {"characters": "acb"},
        CHARACTER | {"characters": "aab"},
        CHARACTER | {"characters": ""},
        CHARACTER | {"characters": ["a", "b"]},
        CHARACTER | {"characters": "a\ud800"},
        CHARACTER | {"extra": 1},
        CHARACTER | {"normal_form": 1},
        CHARACTER | {"documents": "lines"},
        WORD | {"words": ["b", "a"]},
        WORD | {"words": [1]},
        WORD | {"words": "ab"},
        SUBWORDS[0].to_json(),
    ],
)
def test_damaged_json_is_refused(values: object) -> None:
    with pytest.raises(ModelError):
        tokenizer_from_json(values, lambda: b"nonsense")


def test_damaged_json_is_refused_for_its_damage_alone() -> None:
    for values in (CHARACTER, BYTE, WORD):
        assert tokenizer_from_json(values).to_json() == values
