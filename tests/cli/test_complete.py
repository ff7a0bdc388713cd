"""`charrnn complete`: one text or one per line, as a table or as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from typer.testing import Result

from charrnn.errors import UsageError
from charrnn.language.model import LanguageModel

Invoke: TypeAlias = Callable[..., Result]


def test_json_has_the_words_with_their_probabilities(invoke: Invoke, tiny_run: Path) -> None:
    completions = json.loads(invoke("complete", tiny_run, "the old la", "--json").stdout)["completions"]
    expected = LanguageModel.load(tiny_run).complete("the old la")
    assert [completion["word"] for completion in completions] == [completion.word for completion in expected]
    assert [completion["probability"] for completion in completions] == pytest.approx(
        [completion.probability for completion in expected]
    )
    assert completions[0]["word"] == "lamp"


def test_every_line_of_standard_input_is_completed(invoke: Invoke, tiny_run: Path) -> None:
    stdin = "the old la\nwas lit by ott\n"
    lines = invoke("complete", tiny_run, "-", "--json", "--count", 1, stdin=stdin).stdout.splitlines()
    assert [json.loads(line)["completions"][0]["word"] for line in lines] == ["lamp", "ottoline"]


def test_a_table_has_a_word_per_line_with_the_most_likely_first(invoke: Invoke, tiny_run: Path) -> None:
    lines = invoke("complete", tiny_run, "the old la").stdout.splitlines()
    assert lines[0].endswith("\tlamp")
    assert 0.25 < float(lines[0].split("\t")[0]) <= 1.0


def test_a_count_below_1_is_refused(invoke: Invoke, tiny_run: Path) -> None:
    assert isinstance(invoke("complete", tiny_run, "x", "--count", 0).exception, UsageError)
