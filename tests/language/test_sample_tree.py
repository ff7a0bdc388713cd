"""The exploration of a model: time travel, branches, copies; each against the same thing done afresh."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.config import Overrides, TextConfig
from charrnn.language.distribution import entropy, likeliest, token_name, without
from charrnn.language.memorization import NO_MATCH, CopyDetector
from charrnn.language.model import LanguageModel
from charrnn.language.sample_tree import SampleTree, branch_name, line_to
from charrnn.language.sampling import Sampling
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> LanguageModel:
    return LanguageModel.load(tiny_run)


@pytest.fixture(scope="module")
def byte_model(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A model of bytes, of a text whose characters are of one to four."""
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "text.txt").write_text("größer 漢字 \U0001f600 ok\n" * 60, "utf-8")
    overrides = Overrides(hidden=12, layers=1, bptt=8, batch=4, steps=20, threads=1)
    list(start_run(folder / "run", TextConfig((str(folder / "text.txt"),), tokenizer="byte"), overrides).train())
    return LanguageModel.load(folder / "run")


def tree_of(model: LanguageModel) -> SampleTree:
    return SampleTree(model.predictor(), model.tokenizer)


def grow(tree: SampleTree, n: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(n):
        tree.step(Sampling(), rng)


def test_stepping_is_sampling(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 60, seed=5)
    assert tree.text() == model.sample(length=60, seed=5)


def test_every_position_knows_what_reading_its_text_afresh_would_tell(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 30)
    tree.back(20)
    tree.take(int(tree.logits().argmin()))
    grow(tree, 10, seed=1)
    tree.beside(1)
    for node in (*line_to(tree.here.leaf()), tree.root):
        tree.go(node)
        predictor = model.predictor()
        afresh, _ = predictor.advance([each.token for each in reversed(list(node.ancestors()))], predictor.start())
        np.testing.assert_array_equal(tree.logits(), afresh)


def test_bits_and_perplexity_are_those_of_the_text(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 40)
    bits = -model.log_probabilities(tree.text()) / math.log(2.0)
    np.testing.assert_allclose([node.bits for node in tree.line()], bits, rtol=1e-3, atol=1e-4)
    assert tree.perplexity() == pytest.approx(2.0 ** bits.mean(), rel=1e-3)


def test_going_back_and_on_loses_nothing_and_another_choice_is_a_branch(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 20)
    first = tree.text()
    tree.back(5)
    assert tree.text() == first[:15]
    tree.forward(3)
    assert tree.text() == first[:18]
    tree.take(model.tokenizer.encode(first[18])[0])  # what stands there already
    assert len(tree.branches()) == 1
    tree.back(4)
    other = "q" if first[15] != "q" else "z"
    tree.write(other + "ue")
    assert tree.text() == first[:15] + "q" * (other == "q") + "z" * (other == "z") + "ue" or len(tree.branches()) == 2
    assert [node.text for node in tree.branches()[0].ancestors() if node.parent][::-1] == list(first)
    tree.beside(-1)
    assert tree.text() == first[:18]
    tree.go(tree.here.leaf())
    assert tree.text() == first


def test_walking_visits_every_branch_in_turn(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 10)
    for depth in (7, 4, 2):
        tree.go(tree.branches()[0])
        tree.back(tree.here.depth - depth)
        tree.take(int(tree.logits().argmin()))
        grow(tree, 3, seed=depth)
    leaves = tree.branches()
    assert len(leaves) == 4
    seen = []
    for _ in leaves:
        tree.beside(1)
        seen.append(tree.here.leaf())
    assert set(map(id, seen)) == set(map(id, leaves))


def test_a_branch_is_named_and_forgotten(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 10)
    assert not tree.prune()
    tree.back(5)
    tree.take(int(tree.logits().argmin()))
    tree.here.leaf().name = "second"
    grow(tree, 3)
    assert branch_name(tree.here.leaf()) == "second"
    assert [each["name"] for each in tree.to_json()["branches"]] == ["", "second"]
    assert tree.to_json()["branches"][1]["leaves_at_token"] == 5
    assert tree.prune()
    assert len(tree.branches()) == 1
    assert tree.here.depth == 5


def test_characters_of_several_bytes_appear_when_they_are_whole(byte_model: LanguageModel) -> None:
    tree = tree_of(byte_model)
    tree.write("ö漢\U0001f600")
    assert [node.text for node in tree.line()] == ["", "ö", "", "", "漢", "", "", "", "\U0001f600"]
    tree.back(2)
    tree.write("x")
    assert tree.text().startswith("ö漢")


def test_what_is_typed_is_brought_to_what_the_model_knows_and_said(model: LanguageModel) -> None:
    tree = tree_of(model)
    replaced = tree.write("Thé")
    assert tree.text() == "the"
    assert "replaced" in str(replaced)
    assert all(node.typed for node in tree.line())


def test_newer_weights_keep_the_text_and_change_what_is_expected(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 20)
    text, before = tree.text(), tree.logits().copy()
    moved = {name: array * 1.5 for name, array in model.parameters.items()}
    other = LanguageModel(model.config, model.network, moved, model.tokenizer)
    tree.set_predictor(other.predictor())
    predictor = other.predictor()
    tokens = [node.token for node in (tree.root, *tree.line())]
    afresh, _ = predictor.advance(tokens, predictor.start())
    np.testing.assert_array_equal(tree.logits(), afresh)
    assert not np.array_equal(before, tree.logits())
    assert tree.text() == text


def test_choices_are_in_the_models_order_with_what_is_drawn_from_beside_it(model: LanguageModel) -> None:
    logits = np.log(np.array([0.05, 0.5, 0.3, 0.15]))
    tokenizer = CharacterTokenizer(" ab", None)
    found = likeliest(logits, Sampling(1.0, 2, 1.0), tokenizer)
    assert [each.token for each in found] == [1, 2, 3, 0]
    assert [each.before for each in found] == pytest.approx([0.5, 0.3, 0.15, 0.05])
    assert [each.probability for each in found] == pytest.approx([0.625, 0.375, 0.0, 0.0])
    assert np.isneginf(without([0], logits)[0])
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("text", "name"), [(" ", "·"), ("\n", "⏎"), ("\t", "⇥"), ("\x1b", "\\x1b"), ("\u202e", "\\u202e"), ("é", "é")]
)
def test_white_space_and_control_characters_have_names(text: str, name: str) -> None:
    tokenizer = CharacterTokenizer("".join(sorted(" \n\t\x1b\u202eé")), None)
    assert token_name(tokenizer, int(tokenizer.encode(text)[0])) == name
    assert token_name(tokenizer, 0) == "<unk>"
    assert token_name(ByteTokenizer(), 0xC3).isprintable()


def test_entropy_is_in_bits() -> None:
    assert entropy(np.full(8, 0.125)) == pytest.approx(3.0)
    assert entropy(np.array([1.0, 0.0])) == 0.0


def brute_force(text: str, training: str, shortest: int) -> list[bool]:
    covered = [False] * len(text)
    for begin in range(len(text)):
        for end in range(begin + shortest, len(text) + 1):
            if text[begin:end] in training:
                covered[begin:end] = [True] * (end - begin)
    return covered


@given(st.text("ab", max_size=60), st.text("ab", max_size=40), st.integers(1, 6))
def test_copied_spans_are_those_of_the_definition(training: str, text: str, shortest: int) -> None:
    assert CopyDetector(training, shortest).covered(text) == brute_force(text, training, shortest)


@given(st.text("ab", max_size=60), st.text("ab", max_size=40))
def test_a_match_is_the_longest_end_that_was_found(training: str, text: str) -> None:
    detector, match = CopyDetector(training, 3), NO_MATCH
    for end in range(1, len(text) + 1):
        match = detector.extend(match, text[max(0, end - max(match.length + 1, 3)) : end])
        longest = next((n for n in range(end, 2, -1) if text[end - n : end] in training), 0)
        assert match.length == longest
        assert training[match.place : match.place + match.length] == text[end - match.length : end]


def test_what_a_model_recites_is_found_position_by_position(model: LanguageModel, story: Path) -> None:
    tree = tree_of(model)
    tree.detector = CopyDetector(story.read_text("utf-8"))
    tree.write("the old lamp at the end of the quay")
    assert [tree.match(node).length for node in tree.line()][18:22] == [0, 20, 21, 22]
    tree.back(10)
    tree.write("zzz")
    assert tree.match(tree.here).length == 0
    tree.beside(-1)
    assert tree.match(tree.here.leaf()).length == 35
