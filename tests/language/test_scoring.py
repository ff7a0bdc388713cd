"""Scoring: against the log probabilities of whole texts, in lines and in pieces, and the totals of all lines."""

import json
import math
import tracemalloc
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.config import Overrides, TextConfig
from charrnn.language import scoring
from charrnn.language.model import LanguageModel
from charrnn.language.scoring import ScoredLine, ScoredText, Scorer, TotalsCounter, lines_of, score_lines
from charrnn.network.arrays import Array, Ids
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer

STRANGE = "größer 漢字 \U0001f600 ok\n"
TEXT = f"the old lamp\n\nat the Quay, never\tlate: ÿ\n{STRANGE}who"
KINDS = ("character", "byte", "word", "lines")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LanguageModel]:
    """A model of each of KINDS of one text with characters of one to four bytes."""
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
    """A predictor whose next token depends on the last one alone: rows of logits (V, V). `read` counts the tokens."""

    def __init__(self, table: Array) -> None:
        self.table, self.read = table, 0

    def start(self) -> Array:
        return np.zeros(1)

    def advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        self.read += len(ids)
        return self.table[int(ids[-1])], state


def chain(V: int, seed: int = 0) -> Chain:
    return Chain(np.random.default_rng(seed).normal(0.0, 3.0, (V, V)))


def bits_of(model: LanguageModel, text: str) -> float:
    return -float(model.log_probabilities(text).sum(dtype=np.float64)) / math.log(2.0)


def test_the_surprise_of_all_characters_sums_to_that_of_the_text(model: LanguageModel) -> None:
    scored = model.scorer().score(TEXT)
    assert scored.text == TEXT
    assert len(scored.surprise()) == len(TEXT)
    assert sum(scored.surprise()) == pytest.approx(bits_of(model, TEXT), rel=1e-5)
    assert scored.total == pytest.approx(sum(scored.surprise()))
    assert all(bits > 0 for bits in scored.bits)


def test_lines_from_chunks_of_any_size_have_the_surprise_of_the_whole_text(model: LanguageModel) -> None:
    whole = model.scorer().score(TEXT).surprise()
    for size in (1, 3, 1000):
        chunks = (TEXT[begin : begin + size] for begin in range(0, len(TEXT), size))
        lines = [*score_lines(model.scorer(), lines_of(chunks))]
        assert [line.text for line in lines] == TEXT.split("\n")
        assert [line.number for line in lines] == [1, 2, 3, 4, 5]
        assert [bits for line in lines for bits in line.scored.surprise()] == pytest.approx(whole, rel=1e-12)


def test_a_character_has_the_surprise_of_its_token(models: dict[str, LanguageModel]) -> None:
    model = models["character"]
    nats = model.log_probabilities(TEXT)
    assert model.scorer().score(TEXT).surprise() == pytest.approx((-nats / math.log(2.0)).tolist(), rel=1e-4)


def test_a_character_of_several_bytes_has_the_sum_of_their_bits(models: dict[str, LanguageModel]) -> None:
    model = models["byte"]
    nats = model.log_probabilities("a漢b")
    scored = model.scorer().score("a漢b")
    assert scored.pieces == ("a", "漢", "b")
    expected = -np.array([nats[0], nats[1:4].sum(), nats[4]]) / math.log(2.0)
    assert scored.bits == pytest.approx(expected.tolist(), rel=1e-5)


def test_the_bits_of_a_token_of_several_characters_are_spread_evenly(
    models: dict[str, LanguageModel],
) -> None:
    scored = models["word"].scorer().score("the old lamp\n")
    assert scored.pieces == ("the", " old", " lamp", "\n")
    assert scored.surprise()[3:7] == [scored.bits[1] / 4] * 4


def test_unknown_characters_are_counted_and_keep_their_text(models: dict[str, LanguageModel]) -> None:
    scored = models["character"].scorer().score("the éλd")
    assert (scored.unknown, scored.text) == (2, "the éλd")
    assert models["byte"].scorer().score("the éλd").unknown == 0


def test_a_text_is_scored_in_the_normal_form_of_the_model() -> None:
    tokenizer = CharacterTokenizer("aé", "NFC")
    scored = Scorer(chain(3), tokenizer).score("ae\u0301")
    assert (scored.text, scored.unknown, len(scored.surprise())) == ("aé", 0, 2)


@pytest.mark.parametrize("tokenizer", [CharacterTokenizer("ab"), ByteTokenizer()])
def test_a_lone_surrogate_is_one_character(tokenizer: CharacterTokenizer | ByteTokenizer) -> None:
    scored = Scorer(chain(tokenizer.vocabulary_size), tokenizer).score("a\ud800b")
    assert len(scored.surprise()) == 3


def test_bits_are_computed_in_float64_from_the_logits_of_any_predictor() -> None:
    """In float32, a probability of 1 - exp(-30) is 1."""
    table = np.array([[0.0, 30.0], [-40.0, 5.0]], np.float32)
    scored = Scorer(Chain(table), CharacterTokenizer("a")).score("ab")
    expected = [math.log2(1.0 + math.exp(-30.0)), math.log2(1.0 + math.exp(45.0))]
    assert scored.bits == pytest.approx(expected, rel=1e-3)
    assert scored.bits[0] > 0.0


def test_every_token_is_read_once() -> None:
    predictor = chain(256)
    scorer = Scorer(predictor, ByteTokenizer())
    for _ in score_lines(scorer, lines_of([TEXT])):
        pass
    assert predictor.read == 1 + len(TEXT.encode())


def test_a_line_is_scored_before_the_next_one_is_requested(model: LanguageModel) -> None:
    requested: list[int] = []

    def endless() -> Iterator[str]:
        for number in range(1000):
            requested.append(number)
            yield "the old lamp\n"

    lines = score_lines(model.scorer(), lines_of(endless()))
    assert next(lines).text == "the old lamp"
    assert requested == [0]


def test_the_memory_does_not_grow_with_the_text() -> None:
    def peak_memory(chunks: int) -> int:
        scorer, counter = Scorer(chain(5), CharacterTokenizer("\n ab")), TotalsCounter(3)
        tracemalloc.start()
        for line in score_lines(scorer, lines_of("ab " * 30 + "\n" * (n % 5 == 0) for n in range(chunks))):
            counter.add(line)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert counter.totals().characters == chunks * 90 + chunks / 5
        return peak

    peak_memory(10)
    assert peak_memory(200) < 2 * peak_memory(40)


@settings(deadline=None)
@given(st.text("ab \n\u0301", max_size=60), st.lists(st.integers(1, 9), min_size=1), st.integers(2, 12))
def test_pieces_of_long_lines_join_to_the_text_and_do_not_depend_on_the_chunks(
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


def test_a_long_line_is_cut_before_a_space_and_never_before_a_combining_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "LONGEST_LINE", 8)
    assert [*lines_of(["abcde fghij"])] == ["abcde", " fghij"]
    assert [*lines_of(["abcdefge\u0301hij"])] == ["abcdefg", "e\u0301hij"]
    scorer = Scorer(chain(256), ByteTokenizer())
    assert [line.number for line in score_lines(scorer, lines_of(["abcde fghij\nk"]))] == [1, 1, 2]


def line_of(bits: float, number: int, text: str = "a text long enough\n") -> ScoredLine:
    return ScoredLine(number, ScoredText((text,), (bits * len(text),), 1))


def test_the_worst_lines_have_the_highest_mean_and_equal_ones_keep_their_order() -> None:
    counter = TotalsCounter(3)
    for number, bits in enumerate([1.0, 5.0, 2.0, 7.0, 5.0, 5.0], 1):
        counter.add(line_of(bits, number))
    counter.add(line_of(99.0, 7, "short\n"))
    totals = counter.totals()
    assert [(line.line, line.bits_per_character) for line in totals.worst] == [(4, 7.0), (2, 5.0), (5, 5.0)]
    assert totals.worst[0].text == "a text long enough"
    assert (totals.characters, totals.unknown) == (6 * 19 + 6, 7)


def test_short_lines_are_among_the_worst_only_if_all_lines_are_short() -> None:
    counter = TotalsCounter(2)
    for number, bits in enumerate([1.0, 5.0, 2.0], 1):
        counter.add(line_of(bits, number, "short\n"))
    assert [line.line for line in counter.totals().worst] == [2, 3]
    counter.add(line_of(0.5, 4))
    assert [line.line for line in counter.totals().worst] == [4]


def test_bits_nats_and_perplexity_are_those_of_the_mean_per_character() -> None:
    counter = TotalsCounter(0)
    counter.add(line_of(3.0, 1))
    totals = counter.totals()
    assert totals.worst == ()
    assert totals.bits_per_character == pytest.approx(3.0)
    assert totals.nats_per_character == pytest.approx(3.0 * math.log(2.0))
    assert totals.perplexity_per_character == pytest.approx(8.0)
    counter.add(line_of(1e6, 2))
    assert counter.totals().perplexity_per_character == math.inf


def test_surprises_can_be_written_as_json(models: dict[str, LanguageModel]) -> None:
    surprise = models["word"].scorer().score("the old").surprise()
    assert json.loads(json.dumps(surprise)) == surprise
