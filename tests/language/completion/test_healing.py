"""Healing: what was typed of a word is a condition on tokens, and all ways of cutting it are counted."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn import LanguageModel
from charrnn.config import Overrides, TextConfig
from charrnn.language.completion import healing
from charrnn.language.completion import search as completion
from charrnn.language.completion.healing import Lexicon, covering, probabilities, split
from charrnn.language.completion.search import Completer
from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Array
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import CharacterTokenizer, WordTokenizer

WORDS = WordTokenizer((" a", " ab", " b", "ab", "ba", "bb"))
TEXT = " ab a b ba abb aab bab ab ab bba. ab b\nab a ba " * 8


def table(seed: int) -> Ngrams:
    """Counts of a text that is cut into tokens in many ways, so that all ways have a chance."""
    rng = np.random.default_rng(seed)
    ids = [
        int(rng.choice(np.flatnonzero([TEXT.encode()[at:].startswith(p) for p in WORDS.pieces]))) for at in range(300)
    ]
    return Ngrams.count(np.array(ids), WORDS.vocabulary_size, 2)


def of_all_cuts(ngrams: Ngrams, text: str, before: int) -> float:
    """The probability that tokens go on with exactly this text, and then with anything."""
    predictor = ngrams.predictor()
    data, total = text.encode(), 0.0

    def walk(rest: bytes, p: float, logits: Array, state: tuple[int, ...]) -> None:
        nonlocal total
        for token, piece in enumerate(WORDS.pieces):
            if piece.startswith(rest):
                total += p * float(np.exp(logits[token]))
            elif rest.startswith(piece):
                after, next_state = predictor.advance([token], state)
                walk(rest[len(piece) :], p * float(np.exp(logits[token])), after, next_state)

    logits, state = predictor.advance([before], predictor.start())
    walk(data, 1.0, logits, state)
    return total


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([" a", " ab", " abb", " ba", " ", "ab"]))
def test_all_ways_of_cutting_are_found_with_their_shares(seed: int, tail: str) -> None:
    ngrams, lexicon = table(seed), Lexicon(WORDS)
    predictor = ngrams.predictor()
    known = predictor.advance([46], predictor.start())
    found, _ = covering(predictor, lexicon, known, tail)
    assert sum(share for share, _ in found) == pytest.approx(1.0)
    total = of_all_cuts(ngrams, tail, 46)
    for longer in ("a", "b"):
        share = sum(share for share, each in found if each.data.startswith((tail + longer).encode()))
        exact = sum(share for share, each in found if each.data == tail.encode())
        least = of_all_cuts(ngrams, tail + longer, 46) / total
        assert share <= least + 1e-6
        assert least <= share + exact + 1e-6


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.sampled_from([".", ". a", ". ab", ". b"]))
def test_the_probability_of_a_word_is_the_sum_of_its_cuts(seed: int, text: str) -> None:
    """P(word and then no letter | what was typed), all cuts written out; a quick search has no more than that."""
    ngrams = table(seed)
    tail = text[1:]
    others = [chr(byte) for byte in range(128) if not (chr(byte).isalnum() or chr(byte) in "'-")]
    typed = of_all_cuts(ngrams, tail, 46) if tail else 1.0

    def whole(ending: str) -> float:
        return sum(of_all_cuts(ngrams, tail + ending + other, 46) for other in others) / typed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completion, "SMALL_SHARE", 1e-3)
        patch.setattr(completion, "MOST_OF_LONG_TOKENS", 20_000)
        completer = Completer(ngrams.predictor(), WORDS, 46)
        found = [each for each in completer.complete(text, 3) if len(each.ending) <= 4]
        assert completer.exact
    assert [each.probability for each in found] == pytest.approx([whole(each.ending) for each in found], rel=0.01)
    quick = {each.ending: each.probability for each in Completer(ngrams.predictor(), WORDS, 46).complete(text, 3)}
    for each in found:
        assert quick.get(each.ending, 0.0) <= each.probability + 1e-9


def test_a_text_is_cut_before_its_last_word_where_tokens_are_long() -> None:
    lexicon = Lexicon(WORDS)
    for text, expected in (
        ("the lamp is li", ("the lamp is", " li")),
        ("the lamp is ", ("the lamp is", " ")),
        ("the lamp.", ("the lamp.", "")),
        ("(lamp", ("(", "lamp")),
        ("a\nla", ("a\n", "la")),
        ("", ("", "")),
    ):
        assert split(lexicon, text) == expected
    assert split(Lexicon(CharacterTokenizer("\n alp")), "a lamp") == ("a lamp", "")


def test_a_model_of_words_goes_on_within_a_word(story: Path, tmp_path: Path) -> None:
    for kind, size in (("word", None), ("subword", 320)):
        text = TextConfig((str(story),), tokenizer=kind, vocab_size=size)
        overrides = Overrides(hidden=32, layers=1, bptt=16, batch=8, steps=150, lr=0.01, dropout=0.0)
        list(start_run(tmp_path / kind, text, overrides).train())
        model = LanguageModel.load(tmp_path / kind)
        for prompt, expected in (("the old la", "mp at"), ("the old ", "lamp at"), ("the old", " lamp at")):
            assert model.sample(prompt, length=len(expected), temperature=0.0, seed=1) == expected
        assert model.complete("the old la", 1)[0].word == "lamp"


def test_probabilities_are_of_float64() -> None:
    p = probabilities(np.array([0.0, -20.0], np.float32))
    assert p.dtype == np.float64
    assert p.sum() == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("kind", ["word", "subword"])
def test_a_word_of_any_length_can_be_gone_on_with(kind: str, story: Path, tmp_path: Path) -> None:
    text = TextConfig((str(story),), tokenizer=kind, vocab_size=320 if kind == "subword" else None)
    overrides = Overrides(hidden=16, layers=1, bptt=16, batch=8, steps=5, lr=0.01, dropout=0.0)
    list(start_run(tmp_path / "run", text, overrides).train())
    model = LanguageModel.load(tmp_path / "run")
    for word in ("characteristically", "antidisestablishmentarianism", "a" * 250, "ก" * 72):
        assert len(model.sample(f"see {word}", length=3, seed=0)) == 3
        assert model.complete(f"see {word}", 2)


def test_a_search_that_passed_ways_over_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    completer = Completer(table(0).predictor(), WORDS, 46)
    completer.complete(". ab", 3)
    assert completer.exact
    monkeypatch.setattr(healing, "WIDEST", 1)
    completer.complete(". abbabab", 3)
    assert not completer.exact


def test_joiners_behind_a_word_are_not_of_it() -> None:
    tokenizer = CharacterTokenizer("".join(sorted(" '-.adehtgonc")), None)
    text = "the dog-- and the 'cat' and the dog. " * 30
    ngrams = Ngrams.count(tokenizer.encode(text), tokenizer.vocabulary_size, 6)
    found = Completer(ngrams.predictor(), tokenizer, int(tokenizer.encode(" ")[0])).complete("the d", 5)
    assert found[0].word == "dog"
    assert found[0].probability > 0.9
    assert not any(each.word.endswith(("-", "'")) for each in found)
