"""Comparison of a model with baselines, mixtures and other models, through `charrnn eval`."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import LanguageModel
from charrnn.cli import app
from charrnn.config import Overrides, TextConfig
from charrnn.errors import CharrnnError, TextError, UsageError
from charrnn.evaluation.comparison import whole_text
from charrnn.pipeline.start import start_run
from charrnn.run.events import BaselineMeasured
from charrnn.run.journal import read_journal
from charrnn.text.corpus import read_corpus


def evaluate(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["eval", *arguments, "--json"], catch_exceptions=False)
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def test_baselines_and_mixtures_are_in_one_table(tiny_run: Path) -> None:
    values = evaluate(str(tiny_run), "--validation", "--baselines", "--mix", "--dynamic")
    losses = {loss["name"]: loss for loss in values["losses"]}
    names = list(losses)
    assert names[:2] == ["model", "dynamic"]
    assert names[2:11] == [*(f"{order}-gram" for order in range(1, 9)), "xz"]
    assert [name.split()[1] for name in names[11:]] == ["model", "dynamic"]
    assert losses["model"]["nats_per_character"] == pytest.approx(values["nats_per_character"])
    for loss in losses.values():
        assert loss["bits_per_character"] == pytest.approx(loss["nats_per_character"] / np.log(2.0))


def test_dynamic_evaluation_leaves_the_model_file_unchanged(tiny_run: Path) -> None:
    before = (tiny_run / "model.safetensors").read_bytes()
    evaluate(str(tiny_run), "--validation", "--dynamic")
    assert (tiny_run / "model.safetensors").read_bytes() == before


def test_models_with_different_tokenizers_compare_per_character(tiny_run: Path, story: Path, tmp_path: Path) -> None:
    for kind in ("byte", "word"):
        text = TextConfig((str(story),), tokenizer=kind)
        list(start_run(tmp_path / kind, text, Overrides(hidden=8, steps=20, bptt=8, batch=4)).train())
    others = [str(tmp_path / kind) for kind in ("byte", "word")]
    values = evaluate(str(tiny_run), "--validation", "--against", others[0], "--against", others[1])
    assert [loss["name"] for loss in values["losses"]] == ["model", *others]
    for path, loss in zip(others, values["losses"][1:], strict=True):
        assert loss["nats_per_character"] == pytest.approx(evaluate(path, "--validation")["nats_per_character"])


def test_comparing_runs_of_different_texts_requires_a_text(tiny_run: Path, story: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("something else\n" * 60, "utf-8")
    list(
        start_run(tmp_path / "run", TextConfig((str(other),)), Overrides(hidden=8, steps=5, bptt=8, batch=4)).train()
    )
    arguments = ["eval", str(tiny_run), "--validation", "--against", str(tmp_path / "run")]
    assert isinstance(CliRunner().invoke(app, arguments).exception, TextError)
    assert len(evaluate(str(tiny_run), str(story), "--against", str(tmp_path / "run"))["losses"]) == 2


def test_json_has_no_comparisons_unless_requested(tiny_run: Path) -> None:
    assert "losses" not in evaluate(str(tiny_run), "--validation")
    assert "keystrokes" not in evaluate(str(tiny_run), "--validation")


def test_a_run_records_its_ngram_baseline(tiny_run: Path) -> None:
    compared = [event for event in read_journal(tiny_run) if isinstance(event, BaselineMeasured)]
    ngram = LanguageModel.load(tiny_run).ngrams()
    assert [event.order for event in compared] == [ngram.order]
    losses = evaluate(str(tiny_run), "--validation", "--baselines")["losses"]
    best = min(loss["nats_per_character"] for loss in losses if loss["name"].endswith("gram"))
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
def test_ngram_option_replaces_the_network(tiny_run: Path, arguments: list[str], expected: str) -> None:
    output = {}
    for more in ([], ["--ngram", "6"]):
        command = [arguments[0], str(tiny_run), *arguments[1:], *more]
        result = CliRunner().invoke(app, command, input="the lamp\nlit by\n")
        assert result.exit_code == 0
        output[bool(more)] = result.stdout
    assert expected in output[True]
    assert output[True] != output[False]


def test_invalid_ngram_orders_are_refused(tiny_run: Path) -> None:
    for order in ("-1", "33"):
        result = CliRunner().invoke(app, ["sample", str(tiny_run), "--ngram", order])
        assert isinstance(result.exception, UsageError)


def test_a_missing_training_text_is_reported(story: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.txt"
    moved.write_bytes(story.read_bytes())
    run = start_run(tmp_path / "run", TextConfig((str(moved),)), Overrides(hidden=8, steps=5, bptt=8, batch=4))
    list(run.train())
    moved.unlink()
    for arguments in (["sample", "--ngram", "3"], ["eval", "--validation", "--mix"]):
        result = CliRunner().invoke(app, [arguments[0], str(tmp_path / "run"), *arguments[1:]])
        assert isinstance(result.exception, CharrnnError)


def test_the_head_of_a_text_is_in_the_normal_form_of_the_model(story: Path, tmp_path: Path) -> None:
    text = "café à la crème\n" * 60
    (tmp_path / "text.txt").write_text(unicodedata.normalize("NFD", text), "utf-8")
    overrides = Overrides(hidden=8, layers=1, bptt=16, batch=8, steps=3, lr=0.01, dropout=0.0)
    config = TextConfig((str(tmp_path / "text.txt"),), normal_form="NFC")
    list(start_run(tmp_path / "run", config, overrides).train())
    compared = whole_text(LanguageModel.load(tmp_path / "run"), read_corpus([str(tmp_path / "text.txt")]))
    assert compared.head(10_000) == text


def test_comparisons_warn_that_unknown_characters_understate_the_loss(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("λμνλμν\n" * 20, "utf-8")
    arguments = ["eval", str(tiny_run), str(tmp_path / "text.txt")]
    assert "its loss is understated" in CliRunner().invoke(app, [*arguments, "--baselines"]).stderr
    assert "its loss is understated" not in CliRunner().invoke(app, arguments).stderr
