"""Keystrokes saved by completion."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import LanguageModel
from charrnn.cli import app
from charrnn.config import Overrides, TextConfig
from charrnn.evaluation.keystrokes import Keystrokes, count_keystrokes, words_of
from charrnn.language.completion.search import Completer
from charrnn.network.arrays import Array, Ids
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import CharacterTokenizer


class OraclePredictor:
    """A predictor that has memorized a text."""

    def __init__(self, tokenizer: CharacterTokenizer, text: str) -> None:
        self._tokens, self._V = tokenizer.encode("\n" + text + " "), tokenizer.vocabulary_size

    def start(self) -> int:
        return 0

    def advance(self, ids: Sequence[int] | Ids, state: int) -> tuple[Array, int]:
        state += len(ids)
        logits = np.full(self._V, -20.0)
        logits[self._tokens[min(state, len(self._tokens) - 1)]] = 20.0
        return logits, state


def keys_of(text: str, words: int = 100) -> Keystrokes:
    tokenizer = CharacterTokenizer("".join(sorted(set("\n " + text))))
    return count_keystrokes(Completer(OraclePredictor(tokenizer, text), tokenizer), text, words)


def test_an_oracle_needs_one_keystroke_per_word() -> None:
    """One, two and three cost a keystroke each instead of 3, 3 and 5; spaces are typed."""
    keys = keys_of("one two three")
    assert (keys.words, keys.characters) == (3, 13)
    assert keys.saved_with_1 == pytest.approx((2 + 2 + 4) / 13)
    assert keys.top_1 == (1.0, 1.0, 1.0, 1.0, 1.0)
    assert keys_of("one two three", words=2).characters == 7


def test_an_uninformed_predictor_saves_no_keystrokes() -> None:
    tokenizer = CharacterTokenizer("\n abc")

    class Uninformed(OraclePredictor):
        def advance(self, ids: Sequence[int] | Ids, state: int) -> tuple[Array, int]:
            return np.array([-9.0, -9.0, 0.0, 0.0, 0.0, 0.0]), state

    keys = count_keystrokes(Completer(Uninformed(tokenizer, ""), tokenizer), "cabba bacab", 10)
    assert keys.saved_with_3 == 0.0
    assert max(keys.top_3[:4]) == 0.0


def test_words_have_their_begin_and_end() -> None:
    text = "The dog's 'bone', well-known; 我们 10th."
    assert [text[a:b] for a, b in words_of(text)] == ["The", "dog's", "bone", "well-known", "我", "们", "10th"]
    assert list(words_of("")) == []
    assert [b for _, b in words_of("dogs' ")] == [4]


def test_the_command_counts_keystrokes(tiny_run: Path) -> None:
    arguments = ["eval", str(tiny_run), "--validation", "--keystrokes", "--words", "30", "--json"]
    keys = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)["keystrokes"]
    assert keys["words"] == 30
    assert 0.3 < keys["saved_with_1"] <= keys["saved_with_3"] < 1.0
    assert len(keys["top_1"]) == len(keys["top_3"]) == 5
    assert keys["top_1"][3] > 0.8


def test_a_word_of_several_han_characters_is_accepted_whole(tmp_path: Path) -> None:
    """Five words, three of two characters: each of these saves one keystroke."""
    (tmp_path / "text.txt").write_text("我 昨天 上学 迟到 了\n", "utf-8")
    config = TextConfig((str(tmp_path / "text.txt"),), tokenizer="word", documents="lines", val_fraction=0.0)
    list(start_run(tmp_path / "run", config, Overrides(steps=200)).train())
    keys = count_keystrokes(LanguageModel.load(tmp_path / "run").completer(), "我 昨天 上学 迟到 了", 100)
    assert (keys.words, keys.characters) == (5, 12)
    assert keys.top_1[0] == keys.top_3[0] == 1.0
    assert keys.saved_with_1 == pytest.approx(3 / 12)
