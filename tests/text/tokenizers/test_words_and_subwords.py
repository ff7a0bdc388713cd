"""Words, subwords and documents: nothing is lost, whatever the text; what is learned comes from the text alone."""

import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import TextConfig
from charrnn.errors import ModelError, TextError, UsageError
from charrnn.text.tokenizers import (
    ByteTokenizer,
    CharacterTokenizer,
    DocumentTokenizer,
    SubwordTokenizer,
    Tokenizer,
    WordTokenizer,
    make_tokenizer,
    tokenizer_from_json,
)
from charrnn.text.tokenizers import subwords as subwords_module
from charrnn.text.tokenizers import words as words_module
from charrnn.text.tokenizers.subwords import learn_pieces
from charrnn.text.tokenizers.words import frequent_words, split_words

STORY = (
    "The keeper didn't light the lamp; the lamp was lit by Ottoline.\n\tShe'd never once been late, had she?\n" * 20
)
SUBWORDS = {
    kind: SubwordTokenizer(learn_pieces(lambda: [STORY], 460, kind, len(STORY))) for kind in ("bpe", "unigram")
}
WORDS = WordTokenizer(frequent_words([STORY], 400, 2))
LOSSLESS: list[Tokenizer] = [WORDS, *SUBWORDS.values()]
ALL: list[Tokenizer] = [
    *LOSSLESS,
    *(DocumentTokenizer(each, unit) for each in (*LOSSLESS, ByteTokenizer()) for unit in ("files", "lines")),
]

ODD = ["\u2581", "\n", "\r", "\t", " ", "  ", "\x00", "\x1b", "é", "🦊", "👩\u200d👧", "我", "\ufffd", "\ufeff"]
pieces = st.one_of(st.text(st.characters(), max_size=40), st.sampled_from([*ODD, "The lamp", " keeper", "-"]))
any_text = st.lists(pieces).map("".join)


@pytest.mark.parametrize("tokenizer", ALL, ids=lambda each: f"{each.kind}-{getattr(each, 'documents', 'plain')}")
@settings(max_examples=120, deadline=None)
@given(any_text)
def test_any_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    """A lone surrogate is three bytes that are no UTF-8, and is the only thing that cannot."""
    expected = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == expected
    decoder = tokenizer.decoder()
    assert "".join([*map(decoder.feed, ids.tolist()), decoder.flush()]) == expected
    assert b"".join(map(tokenizer.token_bytes, ids.tolist())) == text.encode("utf-8", "surrogatepass")
    assert ids.size == 0 or ids.max() < tokenizer.vocabulary_size


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_ids_stand_for_as_many_characters_as_the_text_has(text: str) -> None:
    for tokenizer in ALL:
        assert tokenizer.count_characters(tokenizer.encode(text)) == len(text)


@pytest.mark.parametrize("tokenizer", ALL)
def test_files_hold_all_of_a_tokenizer(tokenizer: Tokenizer) -> None:
    assert tokenizer_from_json(tokenizer.to_json(), lambda: tokenizer.model or b"") == tokenizer


def test_a_word_has_the_space_before_it_and_apostrophes_and_hyphens_inside() -> None:
    assert split_words("The harbour-master's  cat, 'n' dog\nsat.") == [
        *("The", " harbour-master's", " ", " cat", ",", " '", "n", "'", " dog", "\n", "sat", "."),
    ]
    assert split_words("नमस्ते दुनिया") == ["नमस्ते", " दुनिया"]
    assert split_words("naïve cafe\u0301s") == ["naïve", " cafe\u0301s"]


def test_han_is_cut_by_characters_unless_spaces_cut_it() -> None:
    assert split_words("我昨天迟到了。") == list("我昨天迟到了。")
    assert split_words("我 昨天 上学 迟到 了") == ["我", " 昨天", " 上学", " 迟到", " 了"]


@given(any_text)
def test_the_words_of_a_text_are_the_text(text: str) -> None:
    assert "".join(split_words(text)) == text


def test_frequent_words_are_those_that_come_often_enough_and_the_most_frequent_of_them() -> None:
    text = "one two two three three three four four four four "
    assert frequent_words([text], 9, 3) == (" four", " three")
    assert frequent_words([text], 1, 1) == (" four",)
    assert frequent_words([text], 0, 1) == ()


@given(st.integers(1, 60))
def test_words_are_counted_whole_where_chunks_cut_them(size: int) -> None:
    chunks = [STORY[at : at + size] for at in range(0, len(STORY), size)]
    assert frequent_words(chunks, 400, 2) == frequent_words([STORY], 400, 2)


def test_counting_forgets_rare_words_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words_module, "MAX_COUNTED", 50)
    text = " ".join(f"w{number} common" for number in range(300)) + " "
    assert " common" in frequent_words([text], 100, 100)


def test_an_unfrequent_word_is_spelled_in_bytes() -> None:
    ids = WORDS.encode("The zebra")
    assert ids.tolist() == [WORDS.encode("The")[0], *b" zebra"]
    assert [WORDS.token_text(int(each)) for each in ids[:3]] == ["The", " ", "z"]


def test_subwords_make_fewer_tokens_than_characters_and_frequent_words_whole() -> None:
    assert SUBWORDS["bpe"].encode(STORY).size < len(STORY) / 3
    assert SUBWORDS["unigram"].encode(STORY).size < len(STORY)
    assert SUBWORDS["bpe"].encode(" the").size == 1
    assert all(tokenizer.encode("\n").size == 1 for tokenizer in SUBWORDS.values())


def test_pieces_are_the_same_however_often_they_are_learned() -> None:
    for kind, tokenizer in SUBWORDS.items():
        assert learn_pieces(lambda: [STORY], 460, kind, len(STORY)) == tokenizer.model


def test_long_lines_and_odd_characters_teach_pieces_too() -> None:
    line = "the lighthouse " * 600 + "\x00\u2581\ud800"
    tokenizer = SubwordTokenizer(learn_pieces(lambda: [line], 300, "bpe", len(line)))
    assert tokenizer.encode(" lighthouse").size < len(" lighthouse") / 2


def test_a_long_text_is_learned_from_evenly_spread_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subwords_module, "MAX_CHARACTERS", 1000)
    text = "".join(f"{'early' if number < 500 else 'later'} words\n" for number in range(1000))
    tokenizer = SubwordTokenizer(learn_pieces(lambda: [text], 290, "bpe", len(text)))
    assert max(tokenizer.encode("early").size, tokenizer.encode("later").size) <= 3


@pytest.mark.parametrize("text", ["", "\n", "\x00"])
def test_a_text_without_pieces_is_refused(text: str) -> None:
    with pytest.raises(TextError, match="nothing in this text"):
        learn_pieces(lambda: [text], 300, "bpe", 1)
    with pytest.raises(TextError, match="--vocab-size"):
        learn_pieces(lambda: [STORY], 258, "bpe", len(STORY))


def test_a_space_survives_where_the_training_text_had_none() -> None:
    text = "我们在路上我们在家里" * 40
    tokenizer = SubwordTokenizer(learn_pieces(lambda: [text], 290, "bpe", len(text)))
    for odd in ("我们 在", " ", "a b\u2581 c"):
        assert tokenizer.decode(tokenizer.encode(odd)) == odd


def test_a_mark_beyond_the_first_plane_stays_in_its_word() -> None:
    assert split_words("𑄌𑄋𑄴𑄟𑄳𑄦 ok") == ["𑄌𑄋𑄴𑄟𑄳𑄦", " ok"]


def test_a_doctored_model_is_refused() -> None:
    tokenizer = SUBWORDS["bpe"]
    values = tokenizer.to_json()
    with pytest.raises(ModelError, match="restore both"):
        tokenizer_from_json(values, lambda: b"nonsense")
    with pytest.raises(ModelError):
        SubwordTokenizer(b"nonsense")
    with pytest.raises(ModelError):
        SubwordTokenizer(b"")
    for words in (["b", "a"], ["a", "a"], [""], [1], "ab"):
        with pytest.raises(ModelError):
            tokenizer_from_json({"kind": "word", "normal_form": None, "words": words})
    with pytest.raises(ModelError, match="files or lines"):
        tokenizer_from_json({"kind": "byte", "normal_form": None, "documents": "pages"})
    with pytest.raises(ModelError, match="newline"):
        DocumentTokenizer(CharacterTokenizer("ab"), "lines")


# --- documents ----------------------------------------------------------------------------------------------


def test_a_line_break_is_the_end_and_a_start_stands_behind_it() -> None:
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "lines")
    assert (tokenizer.vocabulary_size, tokenizer.bos_id, tokenizer.eos_id) == (5, 4, 1)
    assert tokenizer.encode("a\nb\n").tolist() == [2, 1, 4, 3, 1, 4]
    assert tokenizer.boundary().tolist() == [1, 4]
    assert [tokenizer.token_text(each) for each in range(5)] == ["<unk>", "</s>", "a", "b", "<s>"]


def test_files_have_marks_of_their_own() -> None:
    tokenizer = DocumentTokenizer(CharacterTokenizer("\nab"), "files")
    assert (tokenizer.vocabulary_size, tokenizer.bos_id, tokenizer.eos_id) == (6, 5, 4)
    assert tokenizer.encode("a\nb\n").tolist() == [2, 1, 3, 1]
    assert tokenizer.decode([2, 4, 5, 3]) == "ab"


def test_settings_make_the_tokenizer_they_name() -> None:
    def made(**settings: object) -> Tokenizer:
        return make_tokenizer(TextConfig(("x",), **settings), lambda: iter([STORY]), len(STORY))  # type: ignore[arg-type]

    assert made().kind == "character"
    assert made(tokenizer="byte", documents="lines").bos_id == 256
    assert made(tokenizer="word", vocab_size=260).vocabulary_size == 260
    assert made(tokenizer="word", min_count=1_000).vocabulary_size == 256
    assert 257 < made(tokenizer="subword", vocab_size=330, pieces="unigram").vocabulary_size <= 330
    assert made(documents="none").bos_id is None
    assert made(normal_form="NFC").normal_form == "NFC"


@pytest.mark.parametrize(
    "settings",
    [
        {"vocab_size": 300},
        {"tokenizer": "byte", "vocab_size": 300},
        {"tokenizer": "word", "vocab_size": 256},
        {"tokenizer": "subword", "min_count": 2},
        {"tokenizer": "word", "min_count": 0},
        {"documents": "pages"},
        {"pieces": "wordpiece"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        TextConfig(("x",), **settings)  # type: ignore[arg-type]


def test_most_of_a_text_of_words_is_frequent_words() -> None:
    counts = Counter(len(WORDS.token_bytes(int(each))) for each in WORDS.encode(STORY))
    assert sum(n for length, n in counts.items() if length > 1) > 0.7 * sum(counts.values())
    assert unicodedata.is_normalized("NFC", WORDS.decode(WORDS.encode(STORY)))
    assert isinstance(np.asarray(WORDS.encode("")), np.ndarray)
