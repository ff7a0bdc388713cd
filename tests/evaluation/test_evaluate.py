"""Evaluation: every token counted once, in one stream, whatever the text is cut into."""

import math
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.evaluation.evaluate import OVERLAP, SHORTEST_ARC, WINDOW, surprise
from charrnn.language.model import LanguageModel
from charrnn.network import Network
from charrnn.pipeline.start import start_run
from charrnn.run.evaluation import Evaluation

UNIFORM = Network(NetworkConfig(vocabulary=7, hidden=4, layers=1))
ZERO = {name: np.zeros(shape, np.float32) for name, shape in UNIFORM.shapes().items()}
EDGES = (1, 2, WINDOW - 1, WINDOW, WINDOW + 1, OVERLAP, SHORTEST_ARC, 2 * SHORTEST_ARC - 1, 2 * SHORTEST_ARC)


@pytest.mark.parametrize("N", [*EDGES, 2 * SHORTEST_ARC + 1, 3 * SHORTEST_ARC + 77])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_token_is_counted_once(N: int, threads: int) -> None:
    nats = surprise(UNIFORM, ZERO, np.zeros(N, np.uint8), 0, threads=threads)
    assert nats == pytest.approx(N * math.log(7), rel=1e-6)


def test_a_uniform_model_scores_the_bits_of_its_vocabulary() -> None:
    measured = Evaluation.from_nats(100 * math.log(65), tokens=100, characters=100, unknown=0)
    assert measured.bits_per_character == pytest.approx(math.log2(65))
    assert measured.perplexity_per_character == pytest.approx(65)


def test_a_text_cut_into_arcs_is_read_as_one_stream(tiny_run: Path, story: Path) -> None:
    model = LanguageModel.load(tiny_run)
    text = (story.read_text() * 3)[: 5 * SHORTEST_ARC + 123]
    ids = model.tokenizer.encode(text)
    one_stream = -model.log_probabilities(text)
    assert one_stream.shape == ids.shape
    arcs = model.evaluate(ids, characters=len(text), unknown=0, threads=2)
    assert arcs.nats_per_character == pytest.approx(one_stream.mean(dtype=np.float64), rel=1e-5)


def test_the_last_evaluation_of_a_run_is_that_of_its_model_after_the_training_part(
    tiny_run: Path, story: Path
) -> None:
    import json

    lines = [json.loads(line) for line in (tiny_run / "metrics.jsonl").read_text().splitlines()]
    best = min(line["nats_per_character"] for line in lines if line["event"] == "evaluation")
    model, text = LanguageModel.load(tiny_run), story.read_text()
    cut = int(len(text) * 0.9)
    ids = model.tokenizer.encode(text)
    nats = surprise(model.network, model.parameters, ids[cut:], int(ids[cut - 1]))
    assert nats / (len(text) - cut) == pytest.approx(best, rel=1e-5)


def test_a_token_is_not_a_character(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("grüße aus köln, schöne grüße " * 40, "utf-8")
    run = start_run(tmp_path / "run", TextConfig((str(text),), tokenizer="byte"), Overrides(hidden=8, steps=4))
    measured = next(event for event in run.train() if event.kind == "evaluation").to_json()
    assert measured["characters"] == 116
    assert measured["tokens"] > measured["characters"]
    total = measured["nats_per_token"] * measured["tokens"]
    assert total == pytest.approx(measured["nats_per_character"] * measured["characters"])


def test_a_text_is_unlikelier_when_it_is_spoiled(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    whole, spoiled = (-model.log_probabilities(text).sum() for text in ("the end of the quay", "the edn of the quay"))
    assert spoiled > whole + 5.0
