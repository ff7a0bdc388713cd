"""Ranking: against the log probabilities of whole texts, with shared beginnings read once."""

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import Overrides, TextConfig
from charrnn.language import ranking
from charrnn.language.model import LanguageModel
from charrnn.language.ranking import Blend, Candidate, Ranker, end_ids
from charrnn.network.arrays import Array, Ids
from charrnn.pipeline.start import start_run
from charrnn.text.encoded import encode_text
from charrnn.text.tokenizers import CharacterTokenizer

CANDIDATES = ["the old lamp", "the old lamb", "the", "", "tho old lamp", "the old lamp", "漢字", "the old lampe"]
KINDS = ("character", "byte", "word", "lines")
AB = CharacterTokenizer("\nab")


class Chain:
    """A predictor whose next token depends on the last one alone: rows of logits (V, V). `read` counts the tokens."""

    def __init__(self, table: Array) -> None:
        self.table, self.read = table, 0

    def start(self) -> None:
        return None

    def advance(self, ids: Sequence[int] | Ids, state: None) -> tuple[Array, None]:
        self.read += len(ids)
        return self.table[int(ids[-1])], state


def random_table(V: int) -> Array:
    return np.random.default_rng(0).normal(0.0, 3.0, (V, V))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LanguageModel]:
    """A model of each of KINDS of one text."""
    folder = tmp_path_factory.mktemp("ranking")
    (folder / "text.txt").write_text("the old lamp was late, größer 漢字\n" * 60, "utf-8")
    overrides = Overrides(hidden=12, layers=1, bptt=8, batch=4, steps=10, threads=1)
    for kind in KINDS:
        source = (str(folder / "text.txt"),)
        config = TextConfig(source, documents="lines") if kind == "lines" else TextConfig(source, tokenizer=kind)
        list(start_run(folder / kind, config, overrides).train())
    return {kind: LanguageModel.load(folder / kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_are_ranked_by_their_log_probabilities(models: dict[str, LanguageModel], kind: str) -> None:
    model = models[kind]
    [group] = model.ranker().rank(map(Candidate, CANDIDATES))
    log_p = {text: float(model.log_probabilities(text + "\n").sum(dtype=np.float64)) for text in CANDIDATES}
    assert [candidate.text for candidate in group.candidates] == sorted(CANDIDATES, key=lambda text: -log_p[text])
    for candidate in group.candidates:
        assert candidate.log_probability == pytest.approx(log_p[candidate.text], rel=1e-5)
        assert candidate.score == candidate.log_probability


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("ab", max_size=8), min_size=1, max_size=12), st.integers(1, 4))
def test_a_candidate_has_the_same_log_probability_alone_and_among_others(texts: list[str], kept_values: int) -> None:
    table = random_table(4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "KEPT_VALUES", kept_values)
        [group] = Ranker(Chain(table), AB).rank(map(Candidate, texts))
    for candidate in group.candidates:
        [alone] = Ranker(Chain(table), AB).rank([Candidate(candidate.text)])
        assert candidate.log_probability == pytest.approx(alone.candidates[0].log_probability)


def test_a_shared_beginning_is_read_once() -> None:
    predictor = Chain(random_table(4))
    Ranker(predictor, AB).rank([Candidate("aaaaaaaa" + end) for end in ("a", "b", "a")])
    assert predictor.read == 1 + 8 + 2


def test_a_blend_weighs_the_model_against_the_outside_score(models: dict[str, LanguageModel]) -> None:
    candidates = [Candidate(text, outside=float(n)) for n, text in enumerate(CANDIDATES)]
    for weight in (0.0, 0.25, 1.0):
        [group] = models["character"].ranker().rank(candidates, Blend(weight))
        for candidate in group.candidates:
            assert candidate.outside is not None
            blended = weight * candidate.log_probability + (1.0 - weight) * candidate.outside
            assert candidate.score == pytest.approx(blended)
        scores = [candidate.score for candidate in group.candidates]
        assert scores == sorted(scores, reverse=True)
    [group] = models["character"].ranker().rank(candidates, Blend(0.0))
    assert [candidate.text for candidate in group.candidates] == CANDIDATES[::-1]


def test_length_power_1_takes_the_mean_per_character_with_the_end(models: dict[str, LanguageModel]) -> None:
    [group] = models["byte"].ranker().rank(map(Candidate, CANDIDATES), Blend(length_power=1.0))
    for candidate in group.candidates:
        assert candidate.score == pytest.approx(candidate.log_probability / (len(candidate.text) + 1))


def test_the_length_power_changes_the_best_candidate() -> None:
    predictor = Chain(np.zeros((3, 3)))  # log p = -log 3 per token
    candidates = [Candidate("aaaa"), Candidate("a")]
    for length_power, best in ((0.0, "a"), (2.0, "aaaa")):
        ranker = Ranker(predictor, CharacterTokenizer("\na"))
        [group] = ranker.rank(candidates, Blend(length_power=length_power))
        assert group.candidates[0].text == best


def test_groups_and_equal_candidates_keep_the_order_of_the_input() -> None:
    pairs = (("b", "z"), ("a", "y"), ("a", "z"), ("ab", "y"))
    groups = Ranker(Chain(np.zeros((4, 4))), AB).rank(Candidate(text, group) for text, group in pairs)
    assert [group.group for group in groups] == ["z", "y"]
    assert [[candidate.text for candidate in group.candidates] for group in groups] == [["b", "a"], ["a", "ab"]]


def test_a_model_without_a_newline_does_not_predict_the_end() -> None:
    tokenizer = CharacterTokenizer("ab")
    assert end_ids(tokenizer).size == 0
    [group] = Ranker(Chain(np.zeros((3, 3))), tokenizer).rank(map(Candidate, ("ab", "", "aé")))
    log_p = {candidate.text: candidate.log_probability for candidate in group.candidates}
    assert log_p == pytest.approx({"ab": -2 * math.log(3), "": 0.0, "aé": -2 * math.log(3)})
    assert group.unknown == 1


def test_the_end_of_a_candidate_is_the_end_of_a_document_or_a_newline(models: dict[str, LanguageModel]) -> None:
    tokenizer = models["lines"].tokenizer
    assert end_ids(tokenizer).tolist() == [tokenizer.eos_id]
    assert end_ids(AB).tolist() == AB.encode("\n").tolist()


def test_a_document_start_within_a_text_has_no_loss(models: dict[str, LanguageModel]) -> None:
    model = models["lines"]
    text = encode_text("the old lamp\nthe quay", model.tokenizer)
    [log_p] = model.ranker().log_probabilities([text.ids])
    assert log_p == pytest.approx(float(model.token_log_probabilities(text).sum()), rel=1e-5)


def test_scores_can_be_written_as_json(models: dict[str, LanguageModel]) -> None:
    [group] = models["word"].ranker().rank([Candidate("the old")])
    candidate = group.candidates[0]
    assert json.loads(json.dumps([candidate.score, candidate.log_probability])) == [
        candidate.score,
        candidate.log_probability,
    ]
