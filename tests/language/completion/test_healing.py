"""Token healing: the typed part of a word is a condition on tokens, summed over all its tokenizations."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import Overrides, TextConfig
from charrnn.language.completion import healing, search
from charrnn.language.completion.healing import (
    Lexicon,
    covering_tokens,
    decode_whole,
    probabilities,
    split_at_last_word,
)
from charrnn.language.completion.search import Completer
from charrnn.language.model import LanguageModel
from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Array
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import CharacterTokenizer, WordTokenizer

WORDS = WordTokenizer((" a", " ab", " b", "ab", "ba", "bb"))
TEXT = " ab a b ba abb aab bab ab ab bba. ab b\nab a ba " * 8
PREVIOUS = int(WORDS.encode(".")[0])


def count_random_tokenization(seed: int) -> Ngrams:
    """Return the bigrams of a random tokenization of the text, in which every tokenization has some probability."""
    rng = np.random.default_rng(seed)
    pieces, data = WORDS.pieces, TEXT.encode()
    ids = [int(rng.choice(np.flatnonzero([data[at:].startswith(piece) for piece in pieces]))) for at in range(300)]
    return Ngrams.count(np.array(ids), WORDS.vocabulary_size, 2)


def probability_over_all_tokenizations(ngrams: Ngrams, text: str, previous_id: int) -> float:
    """Return the probability that exactly this text follows, and then anything."""
    predictor, total = ngrams.predictor(), 0.0

    def walk(rest: bytes, p: float, logits: Array, state: tuple[int, ...]) -> None:
        nonlocal total
        for token, piece in enumerate(WORDS.pieces):
            if piece.startswith(rest):
                total += p * float(np.exp(logits[token]))
            elif rest.startswith(piece):
                next_logits, next_state = predictor.advance([token], state)
                walk(rest[len(piece) :], p * float(np.exp(logits[token])), next_logits, next_state)

    logits, state = predictor.advance([previous_id], predictor.start())
    walk(text.encode(), 1.0, logits, state)
    return total


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([" a", " ab", " abb", " ba", " ", "ab"]))
def test_all_tokenizations_of_the_tail_are_found_with_their_shares(seed: int, tail: str) -> None:
    ngrams, lexicon = count_random_tokenization(seed), Lexicon(WORDS)
    predictor = ngrams.predictor()
    position = predictor.advance([PREVIOUS], predictor.start())
    prefixes, _ = covering_tokens(predictor, lexicon, position, tail)
    assert sum(share for share, _ in prefixes) == pytest.approx(1.0)
    total = probability_over_all_tokenizations(ngrams, tail, PREVIOUS)
    exact = sum(share for share, prefix in prefixes if prefix.data == tail.encode())
    for letter in ("a", "b"):
        longer = (tail + letter).encode()
        share = sum(share for share, prefix in prefixes if prefix.data.startswith(longer))
        expected = probability_over_all_tokenizations(ngrams, tail + letter, PREVIOUS) / total
        assert share <= expected + 1e-6
        assert expected <= share + exact + 1e-6


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.sampled_from([".", ". a", ". ab", ". b"]))
def test_the_probability_of_a_word_is_the_sum_over_its_tokenizations(seed: int, text: str) -> None:
    """Compared with P(word and then no letter | typed part), written out; a quick search gives at most that."""
    ngrams, tail = count_random_tokenization(seed), text[1:]
    no_letters = [chr(byte) for byte in range(128) if not (chr(byte).isalnum() or chr(byte) in "'-")]
    typed = probability_over_all_tokenizations(ngrams, tail, PREVIOUS) if tail else 1.0

    def probability_of_word(ending: str) -> float:
        texts = (tail + ending + character for character in no_letters)
        return sum(probability_over_all_tokenizations(ngrams, text, PREVIOUS) for text in texts) / typed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SMALL_SHARE", 1e-3)
        patch.setattr(search, "MOST_EXPANSIONS_OF_LONG_TOKENS", 20_000)
        completer = Completer(ngrams.predictor(), WORDS)
        completions = [completion for completion in completer.complete(text, 3) if len(completion.ending) <= 4]
        assert completer.exact
    expected = [probability_of_word(completion.ending) for completion in completions]
    assert [completion.probability for completion in completions] == pytest.approx(expected, rel=0.01)
    quick = Completer(ngrams.predictor(), WORDS).complete(text, 3)
    quick_probabilities = {completion.ending: completion.probability for completion in quick}
    for completion in completions:
        assert quick_probabilities.get(completion.ending, 0.0) <= completion.probability + 1e-9


@pytest.mark.parametrize(
    ("text", "head", "tail"),
    [
        ("the lamp is li", "the lamp is", " li"),
        ("the lamp is ", "the lamp is", " "),
        ("the lamp.", "the lamp.", ""),
        ("(lamp", "(", "lamp"),
        ("a\nla", "a\n", "la"),
        ("", "", ""),
    ],
)
def test_a_text_is_split_before_its_last_word_and_the_space_before_it(text: str, head: str, tail: str) -> None:
    assert split_at_last_word(Lexicon(WORDS), text) == (head, tail)


def test_a_text_is_not_split_where_tokens_are_single_characters() -> None:
    assert split_at_last_word(Lexicon(CharacterTokenizer("\n alp")), "a lamp") == ("a lamp", "")


@pytest.mark.parametrize(
    ("data", "text", "rest"),
    [(b"ab", "ab", b""), ("aß".encode(), "aß", b""), (b"a\xc3", "a", b"\xc3"), (b"\xe6\xbc", "", b"\xe6\xbc")],
)
def test_bytes_are_decoded_up_to_an_incomplete_character(data: bytes, text: str, rest: bytes) -> None:
    assert decode_whole(data) == (text, rest)


@pytest.mark.parametrize(("kind", "size"), [("word", None), ("subword", 320)])
def test_a_model_of_long_tokens_continues_within_a_word(
    kind: str, size: int | None, story: Path, tmp_path: Path
) -> None:
    text = TextConfig((str(story),), tokenizer=kind, vocab_size=size)
    overrides = Overrides(hidden=32, layers=1, bptt=16, batch=8, steps=150, lr=0.01, dropout=0.0)
    list(start_run(tmp_path / "run", text, overrides).train())
    model = LanguageModel.load(tmp_path / "run")
    for prompt, expected in (("the old la", "mp at"), ("the old ", "lamp at"), ("the old", " lamp at")):
        assert model.sample(prompt, length=len(expected), temperature=0.0, seed=1) == expected
    assert model.complete("the old la", 1)[0].word == "lamp"
    for word in ("characteristically", "antidisestablishmentarianism", "a" * 250, "ก" * 72):
        assert len(model.sample(f"see {word}", length=3, seed=0)) == 3
        assert model.complete(f"see {word}", 2)


def test_probabilities_are_computed_in_float64() -> None:
    p = probabilities(np.array([0.0, -20.0], np.float32))
    assert p.dtype == np.float64
    assert p.sum() == pytest.approx(1.0, abs=1e-15)


def test_a_search_that_drops_tokenizations_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    completer = Completer(count_random_tokenization(0).predictor(), WORDS)
    completer.complete(". ab", 3)
    assert completer.exact
    monkeypatch.setattr(healing, "WIDEST", 1)
    completer.complete(". abbabab", 3)
    assert not completer.exact
