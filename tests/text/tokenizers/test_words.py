"""Word tokenizer: how a text is split into words, and which words get an id."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import ModelError
from charrnn.text.tokenizers import WordTokenizer, words
from charrnn.text.tokenizers.words import frequent_words, split_words

STORY = (
    "The keeper didn't light the lamp; the lamp was lit by Ottoline.\n\tShe'd never once been late, had she?\n" * 20
)
TOKENIZER = WordTokenizer(frequent_words([STORY], 400, 2))


def test_a_word_includes_the_space_before_it_and_apostrophes_and_hyphens_inside() -> None:
    assert split_words("The harbour-master's  cat, 'n' dog\nsat.") == [
        *("The", " harbour-master's", " ", " cat", ",", " '", "n", "'", " dog", "\n", "sat", "."),
    ]
    assert split_words("नमस्ते दुनिया") == ["नमस्ते", " दुनिया"]
    assert split_words("naïve cafe\u0301s") == ["naïve", " cafe\u0301s"]


def test_a_mark_beyond_the_basic_plane_stays_in_its_word() -> None:
    assert split_words("𑄌𑄋𑄴𑄟𑄳𑄦 ok") == ["𑄌𑄋𑄴𑄟𑄳𑄦", " ok"]


def test_han_is_split_into_characters_unless_spaces_separate_words() -> None:
    assert split_words("我昨天迟到了。") == list("我昨天迟到了。")
    assert split_words("我 昨天 上学 迟到 了") == ["我", " 昨天", " 上学", " 迟到", " 了"]


@given(st.text(st.characters()))
def test_the_words_of_a_text_join_to_the_text(text: str) -> None:
    assert "".join(split_words(text)) == text


def test_frequent_words_are_the_most_frequent_of_those_that_occur_often_enough() -> None:
    text = "one two two three three three four four four four "
    assert frequent_words([text], 9, 3) == (" four", " three")
    assert frequent_words([text], 1, 1) == (" four",)
    assert frequent_words([text], 0, 1) == ()


def test_ascii_characters_and_words_with_surrogates_are_never_frequent() -> None:
    assert frequent_words(["a\na\nx\ud800\nx\ud800\nab\nab\n"], 9, 2) == ("ab",)


@given(st.integers(1, 60))
def test_words_are_counted_whole_wherever_chunks_end(size: int) -> None:
    chunks = [STORY[start : start + size] for start in range(0, len(STORY), size)]
    assert frequent_words(chunks, 400, 2) == frequent_words([STORY], 400, 2)


def test_rare_words_are_dropped_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MAX_COUNTED", 50)
    text = " ".join(f"w{number} common" for number in range(300)) + " "
    assert " common" in frequent_words([text], 100, 100)


def test_a_word_outside_the_vocabulary_is_spelled_in_bytes() -> None:
    ids = TOKENIZER.encode("The zebra")
    assert ids.tolist() == [TOKENIZER.encode("The")[0], *b" zebra"]
    assert [TOKENIZER.token_text(int(token)) for token in ids[:3]] == ["The", " ", "z"]


def test_most_tokens_of_the_training_text_are_words() -> None:
    sizes = Counter(len(TOKENIZER.token_bytes(int(token))) for token in TOKENIZER.encode(STORY))
    assert sum(count for size, count in sizes.items() if size > 1) > 0.7 * sum(sizes.values())


@pytest.mark.parametrize("vocabulary", [("b", "a"), ("a", "a"), ("",)])
def test_words_must_be_sorted_and_unique_and_not_empty(vocabulary: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="sorted, unique and not empty"):
        WordTokenizer(vocabulary)
