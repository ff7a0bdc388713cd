"""Shared options: their ranges and choices, in --help and in errors."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner, Result

from charrnn.benchmark import pytorch
from charrnn.cli import app as charrnn_app
from charrnn.cli import bench
from charrnn.cli.arguments import choice_option, number_option
from charrnn.errors import UsageError
from charrnn.language.model import LARGEST_ORDER

app = typer.Typer()


@app.command()
def command(
    count: Annotated[int, number_option("Number of words", 1, 10)] = 5,
    share: Annotated[float, number_option("Share", 0, 1)] = 0.5,
    limit: Annotated[int | None, number_option("Limit", 0, show_default="no limit")] = None,
    cell: Annotated[str, choice_option("Cell.", ("tanh", "gru"))] = "tanh",
) -> None:
    """Echo the options."""
    typer.echo(f"{count} {share} {limit} {cell}")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_values_in_range_are_accepted() -> None:
    assert run().stdout == "5 0.5 None tanh\n"
    assert run("--count", "10", "--share", "1", "--limit", "0", "--cell", "gru").stdout == "10 1.0 0 gru\n"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--count", "0", "--count must be from 1 to 10, got 0"),
        ("--count", "11", "--count must be from 1 to 10, got 11"),
        ("--share", "nan", "--share must be from 0 to 1, got nan"),
        ("--share", "inf", "--share must be from 0 to 1, got inf"),
        ("--limit", "-1", "--limit must be 0 or more, got -1"),
        ("--cell", "lstm", "--cell must be one of tanh, gru, got lstm"),
    ],
)
def test_other_values_are_wrong_usage(option: str, value: str, message: str) -> None:
    error = run(option, value).exception
    assert isinstance(error, UsageError)
    assert str(error) == message


def test_help_shows_ranges_choices_and_defaults() -> None:
    text = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "Number of words (1 to 10). [default: 5]" in text
    assert "Limit (0 or more). [default: (no limit)]" in text
    assert "tanh | gru" in text


def test_the_highest_ngram_order_is_that_of_the_language_model() -> None:
    error = CliRunner().invoke(charrnn_app, ["sample", ".", "--ngram", str(LARGEST_ORDER + 1)]).exception
    assert str(error) == f"--ngram must be from 0 to {LARGEST_ORDER}, got {LARGEST_ORDER + 1}"


def test_bench_offers_the_cells_that_pytorch_has() -> None:
    assert set(bench.CELLS) == set(pytorch.LAYER_CLASSES)
