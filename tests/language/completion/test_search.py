"""Completion: against the probabilities of every word there can be, added up one by one."""

import itertools
import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn import LanguageModel
from charrnn.language.completion import search as completion
from charrnn.language.completion.search import Completer
from charrnn.network import Array, Ids
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, Tokenizer
from charrnn.text.word_boundaries import is_han, trailing_word


class Chain:
    """A predictor whose next token depends on the last one alone: rows of logits (V, V)."""

    def __init__(self, table: Array) -> None:
        self.table, self.read = table, 0

    def start(self) -> Array:
        return np.zeros(1)

    def advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        del state
        self.read += len(ids)
        return self.table[int(ids[-1])], np.zeros(1)


def chain(alphabet: str, seed: int) -> tuple[Chain, CharacterTokenizer]:
    tokenizer = CharacterTokenizer(alphabet, None)
    table = np.random.default_rng(seed).normal(0.0, 2.0, (len(alphabet) + 1, len(alphabet) + 1))
    return Chain(table), tokenizer


def p_of(table: Array, tokens: Sequence[int]) -> float:
    """The probability of tokens, each given the one before, from the second on."""
    rows = table - np.log(np.exp(table).sum(axis=1, keepdims=True))
    return math.exp(sum(rows[a, b] for a, b in itertools.pairwise(tokens)))


def all_words(predictor: Chain, tokenizer: CharacterTokenizer, text: str, longest: int) -> dict[str, float]:
    """Endings of up to so many letters after a text, and their probabilities."""
    letters = [c for c in tokenizer.alphabet if c.isalnum()]
    others = [c for c in tokenizer.alphabet if not c.isalnum()]
    last = text[-1]
    beginnings = [""] if last.isalnum() or last == " " else ["", " "]
    found: dict[str, float] = {}
    level = beginnings
    for _ in range(longest + 1):
        for ending in level:
            if ending.strip() or last.isalnum():
                for other in others:
                    tokens = tokenizer.encode(last + ending + other).tolist()
                    found[ending] = found.get(ending, 0.0) + p_of(predictor.table, tokens)
        level = [ending + letter for ending in level for letter in letters]
    return found


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(["ab ", "ab", "a.", "b ", "."]))
def test_the_likeliest_words_are_those_of_all_words(seed: int, text: str) -> None:
    predictor, tokenizer = chain(" .ab", seed)
    expected = all_words(predictor, tokenizer, text, 9)
    completer = Completer(predictor, tokenizer, 1)
    for each in completer.complete(text, 4):
        if len(each.ending.strip()) <= 9:
            assert each.probability == pytest.approx(expected[each.ending], rel=1e-9)
            likelier = sum(1 for p in expected.values() if p > each.probability * (1 + 1e-9))
            assert likelier < 4
    if completer.exact:
        best = completer.complete(text, 1)[0]
        assert best.probability >= max(expected.values()) * (1 - 1e-9)


def test_the_words_that_may_come_next_are_no_more_than_certain() -> None:
    predictor, tokenizer = chain(" .abc", 3)
    words = Completer(predictor, tokenizer, 1).complete("ab ", 200)
    assert 0.1 < sum(each.probability for each in words) <= 1.0 + 1e-9
    assert [each.probability for each in words] == sorted((each.probability for each in words), reverse=True)
    assert len({each.ending for each in words}) == len(words)


def test_a_word_half_typed_is_ended_and_a_space_is_part_of_the_ending() -> None:
    predictor, tokenizer = chain(" ,ab", 1)
    completer = Completer(predictor, tokenizer, 1)
    assert all(each.word == "ab" + each.ending for each in completer.complete("b, ab", 5))
    after_comma = completer.complete("ab,", 8)
    assert any(each.ending.startswith(" ") for each in after_comma)
    assert all(each.word == each.ending.strip() for each in after_comma)
    assert not any(each.ending.startswith(" ") for each in completer.complete("ab, ", 8))


def test_a_text_that_goes_on_is_not_read_again() -> None:
    predictor, tokenizer = chain(" .ab", 5)
    completer = Completer(predictor, tokenizer, 1)
    completer._after("ab ab")
    before = predictor.read
    completer._after("ab ab.")
    assert predictor.read == before + 1
    completer._after("ab a")
    assert predictor.read == before + 1
    completer._after("bb")
    assert predictor.read == before + 3


def test_only_the_last_of_a_long_text_is_kept_and_going_back_changes_nothing(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "MOST_KEPT", 4)
    model = LanguageModel.load(tiny_run)
    completer = model.completer()
    for text in ("the old lamp at the end of the qu", "the old lamp at the end of", "the o", "the old lamp"):
        assert completer.complete(text, 3) == model.complete(text, 3)
        assert len(completer._known) <= 8


def test_what_was_read_before_changes_nothing(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    completer = model.completer()
    for text in ("the old", "the old lamp at th", "the o", "", "the old lamp"):
        assert completer.complete(text, 3) == model.complete(text, 3)


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = CharacterTokenizer(" abcdefgh", None)
    completer = Completer(Chain(np.zeros((10, 10))), tokenizer, 1)
    monkeypatch.setattr(completion, "MOST_EXPANSIONS", 20)
    found = completer.complete("a", 50)
    assert len(found) > 2
    assert not completer.exact


def test_a_han_character_is_a_word() -> None:
    predictor, tokenizer = chain(",上我昨", 2)
    words = Completer(predictor, tokenizer, 1).complete("我昨", 3)
    last = int(tokenizer.encode("昨")[0])
    expected = {c: p_of(predictor.table, [last, int(tokenizer.encode(c)[0])]) for c in "上我昨"}
    assert {each.word: each.probability for each in words} == pytest.approx(expected)
    assert is_han("上")
    assert is_han("の")
    assert not is_han("a")
    assert not is_han("。")


def test_letters_of_two_bytes_are_letters() -> None:
    """Of a model of bytes that says only the word größ, and then a space."""
    tokenizer: Tokenizer = ByteTokenizer()
    table = np.full((256, 256), -30.0)
    data = "größ ".encode()
    for a, b in zip(b"\n" + data, data, strict=False):
        table[a, b] = 10.0
    table[0xC3] = -30.0  # the first byte of ö and of ß: half one, half the other
    table[0xC3, [0xB6, 0x9F]] = 10.0
    completer = Completer(Chain(table), tokenizer, 10)
    words = {each.word: each.probability for each in completer.complete("gr", 3)}
    assert words["grß"] == pytest.approx(0.5, rel=1e-6)
    assert words["größ"] == pytest.approx(0.25, rel=1e-6)


TEXTS = {"": "", "a b": "b", "don't": "don't", "a ": "", "well-kn": "well-kn", "'tis": "tis", "x我": "", "ö": "ö"}


@pytest.mark.parametrize(("text", "word"), TEXTS.items())
def test_the_word_that_a_text_ends_in(text: str, word: str) -> None:
    assert trailing_word(text) == word


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "charrnn", "complete", *arguments]
    return subprocess.run(program, input=stdin, capture_output=True, text=True, timeout=60)


def test_the_command_completes_a_text_and_lines(tiny_run: Path) -> None:
    result = run(str(tiny_run), "the old la", "--json")
    found = json.loads(result.stdout)["completions"]
    assert found[0]["word"] == "lamp"
    assert 0.25 < found[0]["probability"] <= 1.0
    result = run(str(tiny_run), "-", "--json", "--count", "1", stdin="the old la\nwas lit by ott\n")
    words = [json.loads(line)["completions"][0]["word"] for line in result.stdout.splitlines()]
    assert words == ["lamp", "ottoline"]
    assert run(str(tiny_run), "the old la").stdout.splitlines()[0].endswith("\tlamp")
    refused = run(str(tiny_run), "x", "--count", "0")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
