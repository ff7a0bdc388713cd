"""Fine-tuning: the vocabulary grows, what was known stays known, and the text of before is evaluated too."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from charrnn.evaluation.evaluate import log_probabilities
from typer.testing import CliRunner

from charrnn import LanguageModel
from charrnn.cli import app
from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.errors import CharrnnError, UsageError
from charrnn.network.resize_vocabulary import grow
from charrnn.network.two_sided import network_of
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Evaluated, StepDone
from charrnn.text.corpus import read_corpus
from charrnn.text.dataset import build_dataset
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, DocumentTokenizer, WordTokenizer
from charrnn.text.tokenizers.resize_vocabulary import extend_tokenizer, old_ids

NEW = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.\n" * 40
OVERRIDES = Overrides(steps=40, evaluate_every=20, bptt=16, batch=8, threads=1)


def fine_tuned(tiny_run: Path, folder: Path, overrides: Overrides = OVERRIDES) -> Path:
    text = folder / "new.txt"
    text.write_text(NEW, "utf-8")
    list(start_run(folder / "run", TextConfig((str(text),)), overrides, origin=tiny_run).train())
    return folder / "run"


@pytest.mark.parametrize("body", ["stack", "two_sided"])
@pytest.mark.parametrize("embedding", [0, 6])
def test_old_tokens_keep_their_weights_wherever_they_are_now(embedding: int, body: str) -> None:
    """Of tokens that trade places, and three new ones among them."""
    old = network_of(NetworkConfig(5, 8, 2, embedding, body=body))
    new = network_of(NetworkConfig(8, 8, 2, embedding, body=body))
    parameters = old.initialize(np.random.default_rng(0), np.float64)
    kept = np.array([2, -1, 0, 1, -1, 4, 3, -1])
    grown = grow(parameters, 8, kept)
    assert {name: array.shape for name, array in grown.items()} == new.shapes()
    for name, axis in (("head.W", 1), ("head.b", 0)):
        np.testing.assert_array_equal(grown[name].take([2, 3, 0, 6, 5], axis), parameters[name])
    assert all(array.flags.c_contiguous for array in grown.values())


def test_a_grown_network_says_what_it_said_before(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    tokenizer = extend_tokenizer(model.tokenizer, lambda: ["ÄÖÜ abc"], 0, 1)
    assert tokenizer.vocabulary_size > model.tokenizer.vocabulary_size
    grown = grow(model.parameters, tokenizer.vocabulary_size, old_ids(model.tokenizer, tokenizer))
    network = network_of(NetworkConfig(tokenizer.vocabulary_size, 24, 2, 24))
    text = "the old lamp at the end of the quay was lit by ottoline"
    before = model.log_probabilities(text)
    after = log_probabilities(network, grown, tokenizer.encode(text), int(tokenizer.encode("\n")[0]))  # type: ignore[arg-type]
    np.testing.assert_allclose(after, before, atol=0.05)
    assert (after <= before + 1e-6).all()  # the new ones have a little of what there is


def test_tokenizers_grow_by_what_their_tokens_stand_for() -> None:
    old = DocumentTokenizer(CharacterTokenizer("\nbd"), "files")
    new = extend_tokenizer(old, lambda: ["ace\n"], 0, 1)
    assert new.decode(new.encode("abcde\n")) == "abcde\n"
    kept = old_ids(old, new)
    for token, place in enumerate(kept):
        names = new.token_text(token), old.token_text(int(place)) if place >= 0 else None
        assert names[1] in (None, names[0])
    assert sorted(each for each in kept if each >= 0) == list(range(old.vocabulary_size))
    words = WordTokenizer((" lamp", " old"))
    grown = extend_tokenizer(words, lambda: [" new new lamp"], 100, 2)
    assert isinstance(grown, WordTokenizer)
    assert grown.words == (" lamp", " new", " old")
    assert old_ids(words, grown).tolist() == [*range(256), 256, -1, 257]
    assert extend_tokenizer(ByteTokenizer(), lambda: ["ü"], 0, 1) == ByteTokenizer()


def test_a_run_goes_on_from_another_and_tells_of_both_texts(tiny_run: Path, tmp_path: Path) -> None:
    text = tmp_path / "new.txt"
    text.write_text(NEW, "utf-8")
    run = start_run(tmp_path / "run", TextConfig((str(text),)), OVERRIDES, origin=tiny_run)
    events = list(run.train())
    evaluations = [event for event in events if isinstance(event, Evaluated)]
    assert evaluations[0].step == 0
    assert all(event.previous_loss is not None for event in evaluations)
    old = [event.previous_loss for event in evaluations if event.previous_loss is not None]
    assert old[0] < 0.6
    assert old[-1] > old[0]
    assert evaluations[-1].evaluation.nats_per_character < evaluations[0].evaluation.nats_per_character - 0.5
    model = LanguageModel.load(tmp_path / "run")
    assert model.tokenizer.decode(model.tokenizer.encode("Zwölf quay")) == "Zwölf quay"
    assert model.network.config.hidden == 24


def test_learning_starts_gently(tiny_run: Path, tmp_path: Path) -> None:
    text = tmp_path / "new.txt"
    text.write_text(NEW, "utf-8")
    run = start_run(tmp_path / "run", TextConfig((str(text),)), OVERRIDES, origin=tiny_run)
    rates = [event.learning_rate for event in run.train() if isinstance(event, StepDone)]
    assert rates[0] < 0.05 * max(rates)
    assert max(rates) <= 0.0005
    assert rates.index(max(rates)) >= 3


def test_it_resumes_to_the_bit_also_without_the_text_of_before(tiny_run: Path, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    shutil.copytree(tiny_run, origin)
    whole = fine_tuned(origin, tmp_path)
    text = TextConfig((str(tmp_path / "new.txt"),))
    events = start_run(tmp_path / "broken", text, OVERRIDES, origin=origin).train()
    for event in events:
        if event.kind == "checkpoint" and event.step == 20:
            break
    events.close()  # type: ignore[attr-defined]
    shutil.rmtree(origin)
    resumed = resume_run(tmp_path / "broken")
    assert any("is not evaluated beside it" in note for note in resumed.preflight.notes)
    list(resumed.train())
    one, two = (LanguageModel.load(path).parameters for path in (whole, tmp_path / "broken"))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


@pytest.mark.parametrize("option", ["--hidden=9", "--layers=1", "--tokenizer=byte", "--cloze", "--documents=lines"])
def test_what_is_of_the_model_before_cannot_be_chosen(tiny_run: Path, tmp_path: Path, option: str) -> None:
    arguments = ["train", "minerals", "--no-tui", "--from", str(tiny_run), "--out", str(tmp_path / "run"), option]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UsageError)
    assert option.split("=")[0] in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_a_model_that_is_none_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    arguments = ["train", "minerals", "--no-tui", "--from", str(tmp_path), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, CharrnnError)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["byte", "subword"])
def test_tokenizers_that_do_not_grow_keep_every_token(kind: str, story: Path) -> None:
    """Also those of SentencePiece, which has a piece and a byte for one character."""
    text = TextConfig((str(story),), tokenizer=kind, vocab_size=320 if kind == "subword" else None)
    tokenizer = build_dataset(read_corpus([str(story)]), text).tokenizer
    np.testing.assert_array_equal(old_ids(tokenizer, tokenizer), np.arange(tokenizer.vocabulary_size))
