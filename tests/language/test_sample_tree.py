"""The sample tree: positions, branches and copied spans, each compared with reading the same text anew."""

import math
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.language import sample_tree
from charrnn.language.memorization import CopyDetector
from charrnn.language.model import LanguageModel
from charrnn.language.sample_tree import SampleTree, branch_name, line_to
from charrnn.language.sampling import Sampling
from charrnn.pipeline.start import start_run


@pytest.fixture(scope="module")
def model(tiny_run: Path) -> LanguageModel:
    return LanguageModel.load(tiny_run)


@pytest.fixture(scope="module")
def byte_model(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A model of bytes of a text with characters of one to four bytes."""
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


def test_steps_give_the_same_text_as_sampling(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 60, seed=5)
    assert tree.text() == model.sample(length=60, seed=5)


def test_the_logits_of_every_position_are_those_of_reading_its_text_anew(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 30)
    tree.back(20)
    tree.take(int(tree.logits().argmin()))
    grow(tree, 10, seed=1)
    tree.go_to_branch(1)
    for node in (*line_to(tree.here.leaf()), tree.root):
        tree.go(node)
        predictor = model.predictor()
        tokens = [ancestor.token for ancestor in node.ancestors()][::-1]
        expected, _ = predictor.advance(tokens, predictor.start())
        np.testing.assert_array_equal(tree.logits(), expected)


def test_bits_and_perplexity_are_those_of_the_text(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 40)
    bits = -model.log_probabilities(tree.text()) / math.log(2.0)
    np.testing.assert_allclose([node.bits for node in tree.line()], bits, rtol=1e-3, atol=1e-4)
    assert tree.perplexity() == pytest.approx(2.0 ** bits.mean(), rel=1e-3)


def test_going_back_and_forward_keeps_the_line(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 20)
    text = tree.text()
    tree.back(5)
    assert tree.text() == text[:15]
    tree.forward(3)
    assert tree.text() == text[:18]
    tree.forward(100)
    assert tree.text() == text
    tree.back(100)
    assert (tree.text(), tree.here) == ("", tree.root)


def test_taking_the_next_token_of_the_line_makes_no_branch_and_another_token_does(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 20)
    text = tree.text()
    tree.back(2)
    tree.take(int(model.tokenizer.encode(text[18])[0]))
    assert len(tree.branches()) == 1
    tree.back(4)
    different = "q" if text[15] != "q" else "z"
    tree.write(different + "ue")
    assert tree.text() == text[:15] + different + "ue"
    assert len(tree.branches()) == 2
    assert "".join(node.text for node in line_to(tree.branches()[0])) == text
    tree.go_to_branch(-1)
    assert tree.text() == text[:18]  # the same depth on the other branch
    tree.go(tree.here.leaf())
    assert tree.text() == text


def test_going_to_the_next_branch_visits_every_branch_in_turn(model: LanguageModel) -> None:
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
        tree.go_to_branch(1)
        seen.append(tree.here.leaf())
    assert set(map(id, seen)) == set(map(id, leaves))


def test_a_branch_has_a_name_and_is_pruned_back_to_its_fork(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 10)
    assert not tree.prune()
    tree.back(5)
    tree.take(int(tree.logits().argmin()))
    tree.here.leaf().name = "second"
    grow(tree, 3)
    assert branch_name(tree.here.leaf()) == "second"
    assert [branch["name"] for branch in tree.to_json()["branches"]] == ["", "second"]
    assert tree.to_json()["branches"][1]["leaves_at_token"] == 5
    assert tree.prune()
    assert len(tree.branches()) == 1
    assert tree.here.depth == 5


def test_a_character_of_several_bytes_appears_at_its_last_byte(byte_model: LanguageModel) -> None:
    tree = tree_of(byte_model)
    tree.write("ö漢\U0001f600")
    assert [node.text for node in tree.line()] == ["", "ö", "", "", "漢", "", "", "", "\U0001f600"]
    tree.back(2)
    tree.write("x")
    assert tree.text().startswith("ö漢")


def test_typed_characters_are_replaced_by_known_ones_and_reported(model: LanguageModel) -> None:
    tree = tree_of(model)
    replacements = tree.write("Thé")
    assert tree.text() == "the"
    assert "replaced" in str(replacements)
    assert all(node.typed for node in tree.line())


def test_another_predictor_keeps_the_text_and_gives_its_own_logits(model: LanguageModel) -> None:
    tree = tree_of(model)
    grow(tree, 20)
    text, old_logits = tree.text(), tree.logits().copy()
    larger = {name: array * 1.5 for name, array in model.parameters.items()}
    predictor = LanguageModel(model.config, model.network, larger, model.tokenizer).predictor()
    tree.set_predictor(predictor)
    tokens = [node.token for node in (tree.root, *tree.line())]
    expected, _ = predictor.advance(tokens, predictor.start())
    np.testing.assert_array_equal(tree.logits(), expected)
    assert not np.array_equal(old_logits, tree.logits())
    assert tree.text() == text


def test_after_the_end_of_a_document_a_new_one_begins(tmp_path: Path) -> None:
    for name in ("anna", "bert", "carl"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n", "utf-8")
    text = TextConfig((f"{tmp_path}/*.txt",), val_fraction=0.0, documents="files")
    overrides = Overrides(hidden=24, layers=1, bptt=16, batch=4, steps=150, lr=0.01, dropout=0.0, threads=1)
    list(start_run(tmp_path / "run", text, overrides).train())
    tree = tree_of(LanguageModel.load(tmp_path / "run"))
    rng = np.random.default_rng(0)
    for _ in range(60):
        tree.step(Sampling(0.5), rng)
    names = tree.text().split()[:-1]
    assert len(names) > 5
    assert set(names) <= {"anna", "bert", "carl"}
    tree.write("\nbe")
    assert tree.take(int(tree.logits().argmax())).text == "r"


def test_the_match_at_a_position_is_the_copied_span_that_ends_there(model: LanguageModel, story: Path) -> None:
    tree = tree_of(model)
    tree.detector = CopyDetector(story.read_text("utf-8"))
    tree.write("the old lamp at the end of the quay")
    assert [tree.match(node).length for node in tree.line()][18:22] == [0, 20, 21, 22]
    tree.back(10)
    tree.write("zzz")
    assert tree.match(tree.here).length == 0
    tree.go_to_branch(-1)
    assert tree.match(tree.here.leaf()).length == 35


def test_a_long_sample_keeps_few_states_and_finds_the_others_again(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, bounded = tree_of(model), tree_of(model)
    grow(whole, 600)
    monkeypatch.setattr(sample_tree, "POSITION_BYTES", 10_000)
    grow(bounded, 600)
    assert bounded.text() == whole.text()
    with_position = [node for node in bounded.line() if node.position is not None]
    assert len(with_position) < 600 // sample_tree.KEPT_EVERY + 50
    for back in (1, 63, 200, 256):
        whole.back(back)
        bounded.back(back)
        np.testing.assert_array_equal(bounded.logits(), whole.logits())
    bounded.set_predictor(model.predictor())
    np.testing.assert_array_equal(bounded.logits(), whole.logits())
