"""Completion search: against the probabilities of all words up to a length, added up one by one."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.language.completion import search
from charrnn.language.completion.search import Completer
from charrnn.language.model import LanguageModel
from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Array, Ids
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer


class Chain:
    """A predictor whose next token depends on the last one alone: rows of logits (V, V). `read` counts the tokens."""

    def __init__(self, table: Array) -> None:
        self.table, self.read = table, 0

    def start(self) -> None:
        return None

    def advance(self, ids: Sequence[int] | Ids, state: None) -> tuple[Array, None]:
        self.read += len(ids)
        return self.table[int(ids[-1])], state


def random_chain(alphabet: str, seed: int) -> tuple[Chain, CharacterTokenizer]:
    V = len(alphabet) + 1
    return Chain(np.random.default_rng(seed).normal(0.0, 2.0, (V, V))), CharacterTokenizer(alphabet, None)


def probability(table: Array, tokens: Sequence[int]) -> float:
    """Return the probability of tokens from the second on, each given the one before it."""
    log_p = table - np.log(np.exp(table).sum(axis=1, keepdims=True))
    return math.exp(sum(log_p[first, second] for first, second in itertools.pairwise(tokens)))


def all_words(predictor: Chain, tokenizer: CharacterTokenizer, text: str, longest: int) -> dict[str, float]:
    """Return the probability of every ending of up to `longest` letters after a text."""
    letters = [character for character in tokenizer.alphabet if character.isalnum()]
    no_letters = [character for character in tokenizer.alphabet if not character.isalnum()]
    last, words = text[-1], dict[str, float]()
    endings = [""] if last.isalnum() or last == " " else ["", " "]
    for _ in range(longest + 1):
        for ending in endings:
            if ending.strip() or last.isalnum():
                for character in no_letters:
                    tokens = tokenizer.encode(last + ending + character).tolist()
                    words[ending] = words.get(ending, 0.0) + probability(predictor.table, tokens)
        endings = [ending + letter for ending in endings for letter in letters]
    return words


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(["ab ", "ab", "a.", "b ", "."]))
def test_the_completions_are_the_most_probable_of_all_words(seed: int, text: str) -> None:
    """All probabilities are right; a search that is cut off may miss a word."""
    predictor, tokenizer = random_chain(" .ab", seed)
    expected = all_words(predictor, tokenizer, text, 9)
    completer = Completer(predictor, tokenizer)
    completions = completer.complete(text, 4)
    assert len(completions) == 4
    for completion in completions:
        if len(completion.ending.strip()) <= 9:
            assert completion.probability == pytest.approx(expected[completion.ending], rel=1e-9)
    if completer.exact:
        most_probable = sorted(expected.values(), reverse=True)[:4]
        for completion, p in zip(completions, most_probable, strict=True):
            assert completion.probability >= p * (1 - 1e-9)


def test_the_probabilities_of_different_words_sum_to_at_most_one() -> None:
    predictor, tokenizer = random_chain(" .abc", 3)
    completions = Completer(predictor, tokenizer).complete("ab ", 200)
    shares = [completion.probability for completion in completions]
    assert 0.1 < sum(shares) <= 1.0 + 1e-9
    assert shares == sorted(shares, reverse=True)
    assert len({completion.ending for completion in completions}) == len(completions)


def test_an_ending_continues_the_typed_word_and_has_the_space_before_a_new_word() -> None:
    predictor, tokenizer = random_chain(" ,ab", 1)
    completer = Completer(predictor, tokenizer)
    in_word = completer.complete("b, ab", 5)
    assert in_word
    assert all(completion.word == "ab" + completion.ending for completion in in_word)
    after_comma = completer.complete("ab,", 8)
    assert any(completion.ending.startswith(" ") for completion in after_comma)
    assert all(completion.word == completion.ending.strip() for completion in after_comma)
    after_space = completer.complete("ab, ", 8)
    assert after_space
    assert not any(completion.ending.startswith(" ") for completion in after_space)


def test_only_the_new_end_of_a_text_is_read() -> None:
    """Compared with a new completer, which reads the whole text and searches as long."""
    predictor, tokenizer = random_chain(" .ab", 5)

    def tokens_read(completer: Completer, text: str) -> int:
        before = predictor.read
        completer.complete(text, 1)
        return predictor.read - before

    completer = Completer(predictor, tokenizer)
    for text, shared in (("ab ab", 0), ("ab ab.", 5), ("ab a", 4), ("bb", 0)):
        assert tokens_read(completer, text) == tokens_read(Completer(predictor, tokenizer), text) - shared


@pytest.mark.parametrize("kept_values", [4, 256])
def test_the_texts_completed_before_change_no_completion(
    tiny_run: Path, kept_values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "KEPT_VALUES", kept_values)
    model = LanguageModel.load(tiny_run)
    completer = model.completer()
    for text in ("the old", "the old lamp at the end of the qu", "the old lamp at th", "the o", "", "the old lamp"):
        assert completer.complete(text, 3) == model.complete(text, 3)


def test_a_search_that_is_cut_off_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = CharacterTokenizer(" abcdefgh", None)
    completer = Completer(Chain(np.zeros((10, 10))), tokenizer)
    completer.complete("a", 1)
    assert completer.exact
    monkeypatch.setattr(search, "MOST_EXPANSIONS", 20)
    completions = completer.complete("a", 50)
    assert len(completions) > 2
    assert not completer.exact


def test_a_han_character_is_a_word() -> None:
    predictor, tokenizer = random_chain(",上我昨", 2)
    completions = Completer(predictor, tokenizer).complete("我昨", 3)
    last = int(tokenizer.encode("昨")[0])
    expected = {
        character: probability(predictor.table, [last, int(tokenizer.encode(character)[0])]) for character in "上我昨"
    }
    assert {completion.word: completion.probability for completion in completions} == pytest.approx(expected)


def test_characters_of_two_bytes_are_letters_of_a_word() -> None:
    """Of a model of bytes that knows only the word größ, whose ö and ß have the same first byte."""
    table = np.full((256, 256), -30.0)
    data = "größ ".encode()
    for first, second in zip(b"\n" + data, data, strict=False):
        table[first, second] = 10.0
    table[0xC3] = -30.0
    table[0xC3, [0xB6, 0x9F]] = 10.0
    completions = Completer(Chain(table), ByteTokenizer()).complete("gr", 3)
    words = {completion.word: completion.probability for completion in completions}
    assert words["grß"] == pytest.approx(0.5, rel=1e-6)
    assert words["größ"] == pytest.approx(0.25, rel=1e-6)


def test_hyphens_and_apostrophes_after_a_word_are_not_part_of_it() -> None:
    tokenizer = CharacterTokenizer("".join(sorted(" '-.adehtgonc")), None)
    text = "the dog-- and the 'cat' and the dog. " * 30
    ngrams = Ngrams.count(tokenizer.encode(text), tokenizer.vocabulary_size, 6)
    completions = Completer(ngrams.predictor(), tokenizer).complete("the d", 5)
    assert completions[0].word == "dog"
    assert completions[0].probability > 0.9
    assert not any(completion.word.endswith(("-", "'")) for completion in completions)
