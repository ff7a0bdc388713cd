"""Scoring: against `log_probabilities` of whole texts, in lines and in pieces; ranking against the same."""

import json
import math
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import Overrides, TextConfig
from charrnn.language import ranking, scoring
from charrnn.language.model import LanguageModel
from charrnn.language.ranking import Blend, Candidate, Ranker
from charrnn.language.scoring import ScoredText, Scorer, TotalsCounter, lines_of, score_lines
from charrnn.network.arrays import Array, Ids
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, initial_id

STRANGE = "größer 漢字 \U0001f600 ok\n"
TEXT = f"the old lamp\n\nat the Quay, never\tlate: ÿ\n{STRANGE}who"
KINDS = ("character", "byte", "word", "lines")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LanguageModel]:
    """A model of each of KINDS, of a text whose characters are of one to four bytes."""
    folder = tmp_path_factory.mktemp("scoring")
    (folder / "text.txt").write_text((STRANGE + "the old lamp was late, the old quay\n") * 60, "utf-8")
    overrides = Overrides(hidden=12, layers=2, bptt=8, batch=4, steps=30, threads=1)
    for kind in KINDS:
        source = (str(folder / "text.txt"),)
        config = TextConfig(source, documents="lines") if kind == "lines" else TextConfig(source, tokenizer=kind)
        list(start_run(folder / kind, config, overrides).train())
    return {kind: LanguageModel.load(folder / kind) for kind in KINDS}


@pytest.fixture(scope="module", params=KINDS)
def model(models: dict[str, LanguageModel], request: pytest.FixtureRequest) -> LanguageModel:
    return models[request.param]


class Chain:
    """A predictor whose next token depends on the last one alone: rows of logits (V, V); it counts what it reads."""

    def __init__(self, table: Array) -> None:
        self.table, self.read = table, 0

    def start(self) -> Array:
        return np.zeros(1)

    def advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        self.read += len(ids)
        return self.table[int(ids[-1])], state


def chain(V: int, seed: int = 0) -> Chain:
    return Chain(np.random.default_rng(seed).normal(0.0, 3.0, (V, V)))


def scorer_of(model: LanguageModel) -> Scorer:
    return Scorer(model.predictor(), model.tokenizer, initial_id(model.tokenizer))


def ranker_of(model: LanguageModel) -> Ranker:
    return Ranker(model.predictor(), model.tokenizer, initial_id(model.tokenizer))


def bits_of(model: LanguageModel, text: str) -> float:
    return -float(model.log_probabilities(text).sum(dtype=np.float64)) / math.log(2.0)


# A text.


def test_the_surprise_of_all_characters_is_that_of_the_text(model: LanguageModel) -> None:
    scored = scorer_of(model).score(TEXT)
    assert scored.text == TEXT
    assert len(scored.surprise()) == len(TEXT)
    assert sum(scored.surprise()) == pytest.approx(bits_of(model, TEXT), rel=1e-5)
    assert scored.total == pytest.approx(sum(scored.surprise()))
    assert all(bits > 0 for bits in scored.bits)


def test_lines_and_what_comes_in_odd_chunks_score_like_the_whole_text(model: LanguageModel) -> None:
    whole = scorer_of(model).score(TEXT).surprise()
    for size in (1, 3, 1000):
        chunks = (TEXT[place : place + size] for place in range(0, len(TEXT), size))
        lines = [*score_lines(scorer_of(model), lines_of(chunks))]
        assert [line.text for line in lines] == TEXT.split("\n")
        assert [line.number for line in lines] == [1, 2, 3, 4, 5]
        assert [bits for line in lines for bits in line.scored.surprise()] == pytest.approx(whole, rel=1e-12)


def test_each_character_has_its_own_surprise_given_all_before_it(models: dict[str, LanguageModel]) -> None:
    model = models["character"]
    nats = model.log_probabilities(TEXT)
    assert scorer_of(model).score(TEXT).surprise() == pytest.approx((-nats / math.log(2.0)).tolist(), rel=1e-4)


def test_a_character_of_several_bytes_has_the_sum_of_their_bits(models: dict[str, LanguageModel]) -> None:
    model = models["byte"]
    nats = model.log_probabilities("a漢b")
    scored = scorer_of(model).score("a漢b")
    assert scored.pieces == ("a", "漢", "b")
    wanted = [nats[0], nats[1:4].sum(), nats[4]]
    assert scored.bits == pytest.approx([-float(each) / math.log(2.0) for each in wanted], rel=1e-5)


def test_a_token_of_several_characters_has_its_bits_as_a_whole_and_spread_evenly(
    models: dict[str, LanguageModel],
) -> None:
    scored = scorer_of(models["word"]).score("the old lamp\n")
    assert scored.pieces == ("the", " old", " lamp", "\n")
    assert scored.surprise()[3:7] == [scored.bits[1] / 4] * 4


def test_unknown_characters_are_counted_and_shown_as_they_are(models: dict[str, LanguageModel]) -> None:
    scored = scorer_of(models["character"]).score("the éλd")
    assert (scored.unknown, scored.text) == (2, "the éλd")
    assert scorer_of(models["byte"]).score("the éλd").unknown == 0


def test_a_text_is_scored_in_the_normal_form_of_the_model() -> None:
    tokenizer = CharacterTokenizer("aé", "NFC")
    scored = Scorer(chain(3), tokenizer, 0).score("ae\u0301")
    assert (scored.text, scored.unknown, len(scored.surprise())) == ("aé", 0, 2)


@pytest.mark.parametrize("tokenizer", [CharacterTokenizer("ab"), ByteTokenizer()])
def test_a_lone_surrogate_is_a_character_like_another(tokenizer: CharacterTokenizer | ByteTokenizer) -> None:
    scored = Scorer(chain(tokenizer.vocabulary_size), tokenizer, 0).score("a\ud800b")
    assert len(scored.surprise()) == 3


def test_bits_are_exact_for_any_predictor_also_for_what_float32_cannot_tell_from_certain() -> None:
    table = np.array([[0.0, 30.0], [-40.0, 5.0]], np.float32)
    scored = Scorer(Chain(table), CharacterTokenizer("a"), 0).score("ab")
    wanted = [math.log2(1.0 + math.exp(-30.0)), math.log2(1.0 + math.exp(45.0))]
    assert scored.bits == pytest.approx(wanted, rel=1e-3)
    assert scored.bits[0] > 0.0


def test_nothing_is_read_twice() -> None:
    predictor = chain(256)
    scorer = Scorer(predictor, ByteTokenizer(), 10)
    for _ in score_lines(scorer, lines_of([TEXT])):
        pass
    assert predictor.read == 1 + len(TEXT.encode())


def test_the_first_line_is_scored_before_the_second_is_there(model: LanguageModel) -> None:
    given: list[int] = []

    def endless() -> Iterator[str]:
        for number in range(1000):
            given.append(number)
            yield "the old lamp\n"

    lines = score_lines(scorer_of(model), lines_of(endless()))
    assert next(lines).text == "the old lamp"
    assert given == [0]


def test_a_text_of_any_length_is_scored_in_little_memory() -> None:
    scorer, tally = Scorer(chain(257), CharacterTokenizer("".join(map(chr, range(256)))), 0), TotalsCounter(3)
    tracemalloc.start()
    for line in score_lines(scorer, lines_of("ab " * 30 + "\n" * (n % 5 == 0) for n in range(2000))):
        tally.add(line)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tally.totals().characters == 2000 * 90 + 400
    assert peak < 1_500_000


@settings(deadline=None)
@given(st.text("ab \n\u0301", max_size=60), st.lists(st.integers(1, 9), min_size=1), st.integers(2, 12))
def test_pieces_of_long_lines_are_the_text_and_do_not_depend_on_the_chunks(
    text: str, sizes: list[int], longest: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "LONGEST_LINE", longest)
        whole = [*lines_of([text])]
        rest, chunks = text, list[str]()
        while rest:
            size = sizes[len(chunks) % len(sizes)]
            chunks.append(rest[:size])
            rest = rest[size:]
        assert [*lines_of(chunks)] == whole
    assert "".join(whole) == text
    assert all(0 < len(piece) <= longest and "\n" not in piece[:-1] for piece in whole)


def test_a_long_line_is_cut_before_a_space_and_never_before_a_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "LONGEST_LINE", 8)
    assert [*lines_of(["abcde fghij"])] == ["abcde", " fghij"]
    assert [*lines_of(["abcdefge\u0301hij"])] == ["abcdefg", "e\u0301hij"]
    scorer = Scorer(chain(256), ByteTokenizer(), 0)
    assert [line.number for line in score_lines(scorer, lines_of(["abcde fghij\nk"]))] == [1, 1, 2]


# The sum of it.


def line_of(bits: float, number: int, text: str = "a text long enough\n") -> scoring.ScoredLine:
    return scoring.ScoredLine(number, ScoredText((text,), (bits * len(text),), 1))


def test_the_worst_lines_are_those_of_the_highest_mean_the_first_of_equals_first() -> None:
    tally = TotalsCounter(3)
    for number, bits in enumerate([1.0, 5.0, 2.0, 7.0, 5.0, 5.0], 1):
        tally.add(line_of(bits, number))
    tally.add(line_of(99.0, 7, "short\n"))
    totals = tally.totals()
    assert [(each.line, each.bits_per_character) for each in totals.worst] == [(4, 7.0), (2, 5.0), (5, 5.0)]
    assert totals.worst[0].text == "a text long enough"
    assert (totals.characters, totals.unknown) == (6 * 19 + 6, 7)


def test_short_lines_are_among_the_worst_only_where_all_are_short() -> None:
    tally = TotalsCounter(2)
    for number, bits in enumerate([1.0, 5.0, 2.0], 1):
        tally.add(line_of(bits, number, "short\n"))
    assert [each.line for each in tally.totals().worst] == [2, 3]
    tally.add(line_of(0.5, 4))
    assert [each.line for each in tally.totals().worst] == [4]


def test_totals_are_of_one_measure() -> None:
    tally = TotalsCounter(0)
    tally.add(line_of(3.0, 1))
    totals = tally.totals()
    assert totals.worst == ()
    assert totals.bits_per_character == pytest.approx(3.0)
    assert totals.nats_per_character == pytest.approx(3.0 * math.log(2.0))
    assert totals.perplexity_per_character == pytest.approx(8.0)
    tally.add(line_of(1e6, 2))
    assert tally.totals().perplexity_per_character == math.inf


# Candidates.

RIVALS = ["the old lamp", "the old lamb", "the", "", "tho old lamp", "the old lamp", "漢字", "the old lampe"]


def test_candidates_rank_as_their_log_probabilities_do(model: LanguageModel) -> None:
    (ranked,) = ranker_of(model).rank(map(Candidate, RIVALS), Blend())
    plain = {text: -bits_of(model, text + "\n") * math.log(2.0) for text in RIVALS}
    assert [each.text for each in ranked.candidates] == sorted(RIVALS, key=lambda text: -plain[text])
    for each in ranked.candidates:
        assert each.log_probability == pytest.approx(plain[each.text], rel=1e-5)
        assert each.score == each.log_probability


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("ab", max_size=8), min_size=1, max_size=12), st.integers(0, 4))
def test_what_is_shared_is_read_once_and_changes_nothing(texts: list[str], most_kept: int) -> None:
    tokenizer, table = CharacterTokenizer("\nab"), chain(4).table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "MOST_KEPT", most_kept)
        (ranked,) = Ranker(Chain(table), tokenizer, 1).rank(map(Candidate, texts), Blend())
    for each in ranked.candidates:
        (alone,) = Ranker(Chain(table), tokenizer, 1).rank([Candidate(each.text)], Blend())
        assert each.log_probability == pytest.approx(alone.candidates[0].log_probability)


def test_a_shared_beginning_is_read_once() -> None:
    predictor = chain(4)
    tokenizer = CharacterTokenizer("\nab")
    [*Ranker(predictor, tokenizer, 1).rank([Candidate("aaaaaaaa" + end) for end in ("a", "b", "a")], Blend())]
    assert predictor.read == 1 + 8 + 2


def test_weights_0_and_1_leave_only_one_of_the_two_scores(models: dict[str, LanguageModel]) -> None:
    model = models["character"]
    rivals = [Candidate(text, outside=float(n)) for n, text in enumerate(RIVALS)]
    for weight in (0.0, 0.25, 1.0):
        (ranked,) = ranker_of(model).rank(rivals, Blend(weight))
        for each in ranked.candidates:
            assert each.outside is not None
            wanted = weight * each.log_probability + (1.0 - weight) * each.outside
            assert each.score == pytest.approx(wanted)
        if weight == 0.0:
            assert [each.text for each in ranked.candidates] == RIVALS[::-1]
        assert [each.score for each in ranked.candidates] == sorted(
            (e.score for e in ranked.candidates), reverse=True
        )


def test_length_power_1_takes_the_mean_a_character_of_a_candidate_and_its_end(
    models: dict[str, LanguageModel],
) -> None:
    (ranked,) = ranker_of(models["byte"]).rank(map(Candidate, RIVALS), Blend(length_power=1.0))
    for each in ranked.candidates:
        assert each.score == pytest.approx(each.log_probability / (len(each.text) + 1))


def test_length_power_changes_who_wins() -> None:
    tokenizer = CharacterTokenizer("\na")
    predictor = Chain(np.zeros((3, 3)))  # every token log 3
    for power, best in ((0.0, "a"), (2.0, "aaaa")):
        (ranked,) = Ranker(predictor, tokenizer, 1).rank(
            [Candidate("aaaa"), Candidate("a")], Blend(length_power=power)
        )
        assert ranked.candidates[0].text == best


def test_groups_keep_the_order_of_their_first_candidates_and_equals_that_of_the_lines() -> None:
    tokenizer = CharacterTokenizer("\nab")
    rivals = [Candidate(text, group) for text, group in (("b", "z"), ("a", "y"), ("a", "z"), ("ab", "y"))]
    groups = [*Ranker(Chain(np.zeros((4, 4))), tokenizer, 1).rank(rivals, Blend())]
    assert [group.group for group in groups] == ["z", "y"]
    assert [[each.text for each in group.candidates] for group in groups] == [["b", "a"], ["a", "ab"]]


def test_a_model_that_knows_no_newline_does_not_count_the_end() -> None:
    tokenizer = CharacterTokenizer("ab")
    (ranked,) = Ranker(Chain(np.zeros((3, 3))), tokenizer, 0).rank(map(Candidate, ("ab", "", "aé")), Blend())
    found = {each.text: each.log_probability for each in ranked.candidates}
    assert found == pytest.approx({"ab": -2 * math.log(3), "": 0.0, "aé": -2 * math.log(3)})
    assert ranked.unknown == 1


def test_scores_are_plain_numbers(models: dict[str, LanguageModel]) -> None:
    (ranked,) = ranker_of(models["word"]).rank([Candidate("the old")], Blend())
    assert json.dumps([ranked.candidates[0].score, ranked.candidates[0].log_probability])
    assert json.dumps(scorer_of(models["word"]).score("the old").surprise())


def test_a_run_on_disk_is_scored(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    text = "the old lamp at the end of the quay\n"
    assert scorer_of(model).score(text).total == pytest.approx(bits_of(model, text), rel=1e-5)


def test_a_mark_that_nothing_predicts_costs_a_candidate_nothing(story: Path, tmp_path: Path) -> None:
    overrides = Overrides(hidden=8, layers=1, bptt=16, batch=8, steps=5, lr=0.01, dropout=0.0)
    list(start_run(tmp_path / "run", TextConfig((str(story),), documents="lines"), overrides).train())
    model = LanguageModel.load(tmp_path / "run")
    ids = model.tokenizer.encode("the old lamp\nthe quay")
    [nats] = ranker_of(model).log_probabilities([ids])
    assert nats == pytest.approx(
        float(model.token_log_probabilities(ids, initial_id(model.tokenizer)).sum()), rel=1e-5
    )
