"""Parameters of `charrnn train`: one per row of the table of options, with choices, limits and default."""

import os
import subprocess
import sys

import pytest
from typer.main import get_command

from charrnn.cli import app
from charrnn.cli.option_names import FLAGS, with_options
from charrnn.config import OPTIONS, Row

COMMAND = get_command(app).commands["train"]  # type: ignore[attr-defined]
PARAMETERS = {parameter.name: parameter for parameter in COMMAND.params}
ROWS = pytest.mark.parametrize("row", OPTIONS.values(), ids=OPTIONS)


@pytest.fixture(scope="module")
def help_text() -> str:
    """Return `charrnn train --help` without borders and line breaks."""
    environment = os.environ | {"COLUMNS": "250", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "charrnn", "train", "--help"]
    shown = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True).stdout
    return " ".join(shown.replace("│", " ").split())


@ROWS
def test_every_row_is_an_option(row: Row) -> None:
    assert PARAMETERS[row.name].opts == [FLAGS[row.name]]
    assert PARAMETERS[row.name].is_flag == row.is_flag
    assert PARAMETERS[row.name].rich_help_panel == row.panel


@ROWS
def test_help_shows_choices_limits_and_the_default_of_every_row(row: Row, help_text: str) -> None:
    metavar = row.field.check.metavar
    text = with_options(f"{row.help}. [default: ({row.default})]")
    assert (text if row.is_flag else f"{FLAGS[row.name]} {metavar} {text}") in help_text
    assert row.field.check.limits in text
    assert all(choice in metavar for choice in row.choices)


@ROWS
def test_shell_completion_offers_the_choices_of_every_row(row: Row) -> None:
    context = COMMAND.make_context("train", [], resilient_parsing=True)
    assert [item.value for item in PARAMETERS[row.name].shell_complete(context, "")] == list(row.choices)


def test_shell_completion_offers_the_choices_that_begin_with_the_typed_letters() -> None:
    context = COMMAND.make_context("train", [], resilient_parsing=True)
    assert [item.value for item in PARAMETERS["optimizer"].shell_complete(context, "ad")] == ["adagrad", "adam"]
