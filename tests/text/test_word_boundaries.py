"""Word boundaries: the end of a word that has begun, of a leading word, and the beginning of a trailing one."""

import pytest

from charrnn.text.word_boundaries import continuation_end, is_han, is_letter, leading_word_end, trailing_word


@pytest.mark.parametrize(
    ("character", "han", "letter"),
    [
        *[(character, True, False) for character in "我の"],
        *[(character, False, True) for character in "aé\u03017한"],
        *[(character, False, False) for character in "。- "],
    ],
)
def test_letters_are_han_or_of_a_script_with_spaces(character: str, han: bool, letter: bool) -> None:
    assert (is_han(character), is_letter(character)) == (han, letter)


TRAILING = {"": "", "a b": "b", "don't": "don't", "a ": "", "well-kn": "well-kn", "'tis": "tis", "x我": "", "ö": "ö"}


@pytest.mark.parametrize(("text", "word"), TRAILING.items())
def test_the_trailing_word_begins_after_the_last_boundary(text: str, word: str) -> None:
    assert trailing_word(text) == word


@pytest.mark.parametrize(
    ("text", "end"), [("ing the", 3), ("n't.", 3), ("", None), ("ing", None), (" a", 0), ("我", 0)]
)
def test_a_continued_word_ends_at_the_first_character_outside_words(text: str, end: int | None) -> None:
    assert continuation_end(text) == end


@pytest.mark.parametrize(
    ("text", "spaced", "end"),
    [
        ("lamp was", False, 4),
        (" lamp was", True, 5),
        (" lamp was", False, 0),
        ("lamp", False, None),
        ("", False, None),
        (" ", True, None),
        (".", False, 0),
        ("-a ", False, 0),
        ("昨天", False, 2),
        (" 昨天.", True, 3),
        ("昨a", False, 1),
    ],
)
def test_a_leading_word_ends_before_the_next_boundary(text: str, spaced: bool, end: int | None) -> None:
    assert leading_word_end(text, spaced=spaced) == end
