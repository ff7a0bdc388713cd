"""What stands beside a model: baselines, mixtures, other models, and what a writer saves."""

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import LanguageModel
from charrnn.cli import app
from charrnn.config import Overrides, TextConfig
from charrnn.errors import CharrnnError, TextError, UsageError
from charrnn.evaluation.baselines import xz_loss
from charrnn.evaluation.comparison import whole_text
from charrnn.evaluation.keystrokes import Keystrokes, count_keystrokes, words_of
from charrnn.language.completion.search import Completer
from charrnn.network.arrays import Array, Ids
from charrnn.pipeline.start import start_run
from charrnn.run.events import BaselineMeasured
from charrnn.run.journal import read_journal
from charrnn.text.corpus import read_corpus
from charrnn.text.tokenizers import CharacterTokenizer


def told(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["eval", *arguments, "--json"], catch_exceptions=False)
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def test_baselines_and_mixtures_stand_in_one_table(tiny_run: Path) -> None:
    values = told(str(tiny_run), "--validation", "--baselines", "--mix", "--dynamic")
    losses = {each["name"]: each for each in values["losses"]}
    names = list(losses)
    assert names[:2] == ["model", "dynamic"]
    assert names[2:11] == [*(f"{order}-gram" for order in range(1, 9)), "xz"]
    assert [name.split()[1] for name in names[11:]] == ["model", "dynamic"]
    assert losses["model"]["nats_per_character"] == pytest.approx(values["nats_per_character"])
    for each in losses.values():
        assert each["bits_per_character"] == pytest.approx(each["nats_per_character"] / np.log(2.0))


def test_the_model_on_disk_is_as_it_was(tiny_run: Path) -> None:
    before = (tiny_run / "model.safetensors").read_bytes()
    told(str(tiny_run), "--validation", "--dynamic")
    assert (tiny_run / "model.safetensors").read_bytes() == before


def test_models_of_other_tokens_are_held_against_each_other(tiny_run: Path, story: Path, tmp_path: Path) -> None:
    for kind in ("byte", "word"):
        text = TextConfig((str(story),), tokenizer=kind)
        list(start_run(tmp_path / kind, text, Overrides(hidden=8, steps=20, bptt=8, batch=4)).train())
    others = [str(tmp_path / kind) for kind in ("byte", "word")]
    values = told(str(tiny_run), "--validation", "--against", others[0], "--against", others[1])
    assert [each["name"] for each in values["losses"]] == ["model", *others]
    for path, each in zip(others, values["losses"][1:], strict=True):
        assert each["nats_per_character"] == pytest.approx(told(path, "--validation")["nats_per_character"])


def test_runs_of_other_texts_need_a_text_to_be_held_against_each_other(
    tiny_run: Path, story: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("something else\n" * 60, "utf-8")
    list(
        start_run(tmp_path / "run", TextConfig((str(other),)), Overrides(hidden=8, steps=5, bptt=8, batch=4)).train()
    )
    arguments = ["eval", str(tiny_run), "--validation", "--against", str(tmp_path / "run")]
    assert isinstance(CliRunner().invoke(app, arguments).exception, TextError)
    assert len(told(str(tiny_run), str(story), "--against", str(tmp_path / "run"))["losses"]) == 2


def test_without_a_wish_nothing_stands_beside_it(tiny_run: Path) -> None:
    assert "losses" not in told(str(tiny_run), "--validation")
    assert "keystrokes" not in told(str(tiny_run), "--validation")


def test_a_run_tells_what_it_has_to_beat(tiny_run: Path) -> None:
    compared = [event for event in read_journal(tiny_run) if isinstance(event, BaselineMeasured)]
    ngram = LanguageModel.load(tiny_run).ngrams()
    assert [event.order for event in compared] == [ngram.order]
    losses = told(str(tiny_run), "--validation", "--baselines")["losses"]
    best = min(each["nats_per_character"] for each in losses if each["name"].endswith("gram"))
    assert compared[0].nats_per_character == pytest.approx(best)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sample", "--seed", "1"], "lamp"),
        (["complete", "the old l"], "lamp"),
        (["score", "the old lamp"], "the old lamp"),
        (["rescore"], "1\t"),
    ],
)
def test_the_table_of_counts_speaks_in_place_of_the_network(
    tiny_run: Path, arguments: list[str], expected: str
) -> None:
    said = {}
    for more in ([], ["--ngram", "6"]):
        command = [arguments[0], str(tiny_run), *arguments[1:], *more]
        result = CliRunner().invoke(app, command, input="the lamp\nlit by\n")
        assert result.exit_code == 0
        said[bool(more)] = result.stdout
    assert expected in said[True]
    assert said[True] != said[False]


def test_an_order_that_cannot_be_is_refused(tiny_run: Path) -> None:
    for order in ("-1", "33"):
        result = CliRunner().invoke(app, ["sample", str(tiny_run), "--ngram", order])
        assert isinstance(result.exception, UsageError)


def test_a_text_that_is_gone_is_missed(story: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.txt"
    moved.write_bytes(story.read_bytes())
    run = start_run(tmp_path / "run", TextConfig((str(moved),)), Overrides(hidden=8, steps=5, bptt=8, batch=4))
    list(run.train())
    moved.unlink()
    for arguments in (["sample", "--ngram", "3"], ["eval", "--validation", "--mix"]):
        result = CliRunner().invoke(app, [arguments[0], str(tmp_path / "run"), *arguments[1:]])
        assert isinstance(result.exception, CharrnnError)


# --- keystrokes ----------------------------------------------------------------------------------------------


class Knowing:
    """A predictor that knows a text by heart."""

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
    return count_keystrokes(Completer(Knowing(tokenizer, text), tokenizer, 1), text, words)


def test_who_knows_the_text_needs_a_key_a_word() -> None:
    """one, two and three are a key each in place of 3, 3 and 5; the spaces stay."""
    keys = keys_of("one two three")
    assert (keys.words, keys.characters) == (3, 13)
    assert keys.saved_with_1 == pytest.approx((2 + 2 + 4) / 13)
    assert keys.top_1 == (1.0, 1.0, 1.0, 1.0, 1.0)
    assert keys_of("one two three", words=2).characters == 7


def test_nothing_is_saved_where_nothing_is_known() -> None:
    tokenizer = CharacterTokenizer("\n abc")

    class Clueless(Knowing):
        def advance(self, ids: Sequence[int] | Ids, state: int) -> tuple[Array, int]:
            return np.array([-9.0, -9.0, 0.0, 0.0, 0.0, 0.0]), state

    keys = count_keystrokes(Completer(Clueless(tokenizer, ""), tokenizer, 1), "cabba bacab", 10)
    assert keys.saved_with_3 == 0.0
    assert max(keys.top_3[:4]) == 0.0


def test_words_are_found_where_they_begin_and_end() -> None:
    text = "The dog's 'bone', well-known; 我们 10th."
    assert [text[a:b] for a, b in words_of(text)] == ["The", "dog's", "bone", "well-known", "我", "们", "10th"]
    assert list(words_of("")) == []
    assert [b for _, b in words_of("dogs' ")] == [4]


def test_the_command_counts_keystrokes(tiny_run: Path) -> None:
    keys = told(str(tiny_run), "--validation", "--keystrokes", "--words", "30")["keystrokes"]
    assert keys["words"] == 30
    assert 0.3 < keys["saved_with_1"] <= keys["saved_with_3"] < 1.0
    assert len(keys["top_1"]) == len(keys["top_3"]) == 5
    assert keys["top_1"][3] > 0.8


def test_xz_counts_every_byte() -> None:
    training = "the old lamp at the end of the quay\n" * 40
    losses = {xz_loss(training, "z" * n + "q" * (n // 2), n).bits_per_character * n for n in range(1, 30)}
    assert min(losses) > 0.0
    assert any(loss % 32 for loss in losses)


def test_the_first_of_a_text_is_in_the_normal_form_of_the_model(story: Path, tmp_path: Path) -> None:
    text = "café à la crème\n" * 60
    (tmp_path / "text.txt").write_text(unicodedata.normalize("NFD", text), "utf-8")
    overrides = Overrides(hidden=8, layers=1, bptt=16, batch=8, steps=3, lr=0.01, dropout=0.0)
    config = TextConfig((str(tmp_path / "text.txt"),), normal_form="NFC")
    list(start_run(tmp_path / "run", config, overrides).train())
    task = whole_text(LanguageModel.load(tmp_path / "run"), read_corpus([str(tmp_path / "text.txt")]))
    assert task.first(10_000) == text


def test_a_word_of_several_han_characters_is_taken_whole(tmp_path: Path) -> None:
    """Five words, three of them of two characters: a key is saved at each of these."""
    (tmp_path / "text.txt").write_text("我 昨天 上学 迟到 了\n", "utf-8")
    config = TextConfig((str(tmp_path / "text.txt"),), tokenizer="word", documents="lines", val_fraction=0.0)
    list(start_run(tmp_path / "run", config, Overrides(steps=200)).train())
    keys = count_keystrokes(LanguageModel.load(tmp_path / "run").completer(), "我 昨天 上学 迟到 了", 100)
    assert (keys.words, keys.characters) == (5, 12)
    assert keys.top_1[0] == keys.top_3[0] == 1.0
    assert keys.saved_with_1 == pytest.approx(3 / 12)


def test_a_model_that_does_not_know_characters_is_said_to_pay_too_little(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("λμνλμν\n" * 20, "utf-8")
    arguments = ["eval", str(tiny_run), str(tmp_path / "text.txt")]
    assert "pays only for not knowing" in CliRunner().invoke(app, [*arguments, "--baselines"]).stderr
    assert "pays only for not knowing" not in CliRunner().invoke(app, arguments).stderr
