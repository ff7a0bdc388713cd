"""Long prompts without spaces: bounded memory and time, and the same words as before."""

import tracemalloc

import numpy as np
import pytest

from charrnn.evaluation.keystrokes import LONGEST_WAIT, count_keystrokes
from charrnn.language.completion import search
from charrnn.language.completion.healing import LONGEST_TAIL, Lexicon, split_at_last_word
from charrnn.language.completion.search import Completer, Completion
from charrnn.language.model import NgramModel
from charrnn.language.ngrams import Ngrams
from charrnn.text.tokenizers import WordTokenizer

WORDS = WordTokenizer((" a", " ab", " b", "ab", "ba", "bb"))


@pytest.fixture
def model() -> NgramModel:
    ids = WORDS.encode(" ab a b ba abb aab bab ab ab bba. ab b\nab a ba " * 8)
    return NgramModel(Ngrams.count(ids, WORDS.vocabulary_size, 2), 2, WORDS)


def peak_of_sampling(model: NgramModel, prompt: str) -> int:
    tracemalloc.start()
    try:
        assert len(model.sample(prompt, length=3, seed=0)) == 3
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_square_of_a_prompt_without_spaces(model: NgramModel) -> None:
    peak_of_sampling(model, "ab" * 500)  # with everything that is made once
    short, long = (peak_of_sampling(model, "ab" * (letters // 2)) for letters in (1000, 4000))
    assert long - short < 200 * 3000  # bytes per letter


def test_the_work_on_the_last_word_is_bounded(model: NgramModel, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bytes] = []
    compatible = Lexicon.compatible

    def record(lexicon: Lexicon, typed: bytes) -> object:
        searched.append(typed)
        return compatible(lexicon, typed)

    monkeypatch.setattr(Lexicon, "compatible", record)
    assert model.complete("see " + "ab" * 20_000, 2)
    assert max(map(len, searched)) <= LONGEST_TAIL
    assert len(searched) <= 16 * LONGEST_TAIL


def test_only_the_end_of_a_very_long_word_is_a_condition_on_tokens() -> None:
    lexicon, longest = Lexicon(WORDS), "a" * LONGEST_TAIL
    assert split_at_last_word(lexicon, f"b {longest}") == ("b", f" {longest}")
    assert split_at_last_word(lexicon, f"b ab{longest}") == ("b ab", longest)


def test_a_completed_long_word_is_whole(model: NgramModel) -> None:
    word = "ab" * LONGEST_TAIL
    completion = model.complete(f"a {word}", 1)[0]
    assert completion.word == word + completion.ending.strip()


def test_prefixes_of_long_words_are_not_remembered(model: NgramModel) -> None:
    search._known_word_of.cache_clear()
    model.complete("ab" * 100, 3)
    assert search._known_word_of.cache_info().currsize == 0


def test_the_completions_after_a_long_text_are_those_of_reading_it_token_by_token(model: NgramModel) -> None:
    text = "ab a b ba. " * 100 + "a"
    whole, stepwise = Completer(model.predictor(), WORDS), Completer(model.predictor(), WORDS)
    for end in range(len(text) - 40, len(text)):
        stepwise.complete(text[:end], 3)
    assert whole.complete(text, 3) == stepwise.complete(text, 3)


def record_completions(completer: Completer, offer: list[Completion], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a completer offer the same words always; return the texts that it is asked for."""
    texts: list[str] = []

    def complete(text: str, n: int) -> list[Completion]:
        del n
        texts.append(text)
        return offer

    monkeypatch.setattr(completer, "complete", complete)
    return texts


def test_a_word_that_is_never_offered_is_asked_for_a_bounded_number_of_times(
    model: NgramModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    completer = model.completer()
    texts = record_completions(completer, [], monkeypatch)
    keys = count_keystrokes(completer, "x" * 5000, 1)
    assert (keys.words, keys.characters, keys.saved_with_1) == (1, 5000, 0.0)
    assert len(texts) == LONGEST_WAIT


def test_a_word_that_is_the_first_offered_is_not_asked_for_again(
    model: NgramModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    completer = model.completer()
    texts = record_completions(completer, [Completion("abababababab", "", 1.0)], monkeypatch)
    keys = count_keystrokes(completer, "abababababab", 1)
    assert keys.saved_with_1 == pytest.approx(11 / 12)
    assert keys.top_1 == (1.0,) * 5
    assert len(texts) == 5


def test_a_prompt_is_read_in_one_go(model: NgramModel) -> None:
    lengths: list[int] = []
    predictor = model.predictor()
    advance = predictor.advance

    def record(ids: np.ndarray, state: tuple[int, ...]) -> object:
        lengths.append(len(ids))
        return advance(ids, state)

    predictor.advance = record  # type: ignore[method-assign,assignment]
    Completer(predictor, WORDS).complete(". " * 1000, 1)
    assert sum(lengths) >= 1000
    assert max(lengths) >= 1000 - search.KEPT_VALUES
