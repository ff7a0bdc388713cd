"""Memorization: copied spans and matches by their definition."""

from hypothesis import given
from hypothesis import strategies as st

from charrnn.language.memorization import NO_MATCH, CopyDetector, Match, covered_pieces


def covered_by_definition(text: str, training: str, shortest: int) -> list[bool]:
    """Return which characters are part of a span of at least `shortest` that occurs in the training text."""
    covered = [False] * len(text)
    for begin in range(len(text)):
        for end in range(begin + shortest, len(text) + 1):
            if text[begin:end] in training:
                covered[begin:end] = [True] * (end - begin)
    return covered


@given(st.text("ab", max_size=60), st.text("ab", max_size=40), st.integers(1, 6))
def test_covered_characters_are_those_of_the_definition(training: str, text: str, shortest: int) -> None:
    assert CopyDetector(training, shortest).covered(text) == covered_by_definition(text, training, shortest)


@given(st.text("ab", max_size=60), st.text("ab", max_size=40))
def test_a_match_is_the_longest_end_that_occurs_in_the_training_text(training: str, text: str) -> None:
    detector, match = CopyDetector(training, 3), NO_MATCH
    for end in range(1, len(text) + 1):
        match = detector.extend(match, text[max(0, end - max(match.length + 1, 3)) : end])
        longest = next((n for n in range(end, 2, -1) if text[end - n : end] in training), 0)
        assert match.length == longest
        assert training[match.position : match.position + match.length] == text[end - match.length : end]


def test_pieces_are_covered_if_a_later_match_reaches_back_to_them() -> None:
    """Pieces of 2, 0 and 3 characters before one whose match of 5 reaches back to the last of the first piece."""
    pieces = [(2, NO_MATCH), (0, NO_MATCH), (3, NO_MATCH), (1, Match(0, 5)), (1, NO_MATCH)]
    assert covered_pieces(pieces) == [True, False, True, True, False]
