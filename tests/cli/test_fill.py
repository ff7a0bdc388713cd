"""`charrnn fill`: one text with a blank or one per line, as a table or as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from typer.testing import Result

from charrnn.config import Overrides, TextConfig
from charrnn.errors import CharrnnError, UsageError
from charrnn.language.cloze import ClozeModel
from charrnn.pipeline.start import start_run

Invoke: TypeAlias = Callable[..., Result]


@pytest.fixture(scope="module")
def cloze_run(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that fills blanks."""
    path = tmp_path_factory.mktemp("fill") / "cloze"
    overrides = Overrides(hidden=16, layers=1, bptt=16, batch=8, steps=60, lr=0.01, dropout=0.0, cloze=True)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return path


def test_json_has_the_fillings_with_their_probabilities(invoke: Invoke, cloze_run: Path) -> None:
    text = "the old l____mp at the end"
    fillings = json.loads(invoke("fill", cloze_run, text, "--json", "--longest", 1).stdout)["fillings"]
    expected = ClozeModel.load(cloze_run).fill(text, longest=1)
    assert [filling["text"] for filling in fillings] == [filling.text for filling in expected]
    assert [filling["probability"] for filling in fillings] == pytest.approx(
        [filling.probability for filling in expected]
    )


def test_every_line_of_standard_input_has_a_group_of_fillings(invoke: Invoke, cloze_run: Path) -> None:
    output = invoke("fill", cloze_run, "-", stdin="the ____ lamp\nthe ____ quay\n").stdout
    assert [len(group.splitlines()) for group in output.split("\n\n")] == [5, 5, 0]


def test_a_line_without_a_blank_is_refused_by_its_number(invoke: Invoke, cloze_run: Path) -> None:
    result = invoke("fill", cloze_run, "-", stdin="the ____ lamp\n\n")
    assert isinstance(result.exception, CharrnnError)
    assert str(result.exception).startswith("line 2: ")


@pytest.mark.parametrize("option", ["--count", "--longest"])
def test_a_number_below_1_is_refused(invoke: Invoke, cloze_run: Path, option: str) -> None:
    assert isinstance(invoke("fill", cloze_run, "a ____", option, 0).exception, UsageError)
