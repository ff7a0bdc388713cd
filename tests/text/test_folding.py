"""Folding: prompts in the characters that a model knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.folding import Replacements, prepare


@pytest.mark.parametrize(
    ("known", "prompt", "prepared"),
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
def test_unknown_characters_are_replaced_by_similar_ones(known: str, prompt: str, prepared: str) -> None:
    assert prepare(prompt, frozenset(known), None)[0] == prepared


@given(st.text(min_size=1), st.text(st.characters()))
def test_unknown_characters_are_all_listed_and_a_prepared_prompt_stays_as_it_is(known: str, prompt: str) -> None:
    text, replacements = prepare(prompt, known, None)
    unknown = [character for character in text if character not in known]
    assert sum(replacements.unknown.values()) == len(unknown)
    assert set(replacements.unknown) == set(unknown)
    assert prepare(text, known, None)[0] == text


@given(st.text(st.sampled_from("ab\n é’"), min_size=1))
def test_a_prompt_in_known_characters_is_unchanged(text: str) -> None:
    prepared, replacements = prepare(text, frozenset(text), None)
    assert prepared == text
    assert not replacements
    assert str(replacements) == ""


def test_the_normal_form_is_applied_first() -> None:
    assert prepare("e\u0301", frozenset("é"), "NFC") == ("é", Replacements())


def test_replacements_are_summarized_in_a_sentence() -> None:
    _, replacements = prepare("café éa\x1b☃☃", frozenset("acef"), None)
    assert str(replacements) == (
        "2 characters are replaced by the nearest one the model knows (é → e); "
        "4 characters are unknown to the model ( , \\x1b, ☃)"
    )


def test_at_most_five_examples_are_given() -> None:
    _, replacements = prepare("0123456789", frozenset("a"), None)
    assert str(replacements) == "10 characters are unknown to the model (0, 1, 2, 3, 4, …)"


def test_a_repeated_character_is_looked_up_once() -> None:
    lookups: list[object] = []

    class Known:
        def __contains__(self, character: object) -> bool:
            lookups.append(character)
            return character == "a"

    prepare("é" * 10_000, Known(), None)
    assert len(lookups) < 100
