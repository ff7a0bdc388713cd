"""The table of options: what a row tells of its field."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest

from charrnn.config import OPTIONS, NetworkConfig, Row, TextConfig, TrainingConfig
from charrnn.config.checks import Choice, Integer, Number
from charrnn.config.configs import Config
from charrnn.config.defaults import Default
from charrnn.config.options import Option
from charrnn.errors import UsageError


@dataclass(frozen=True)
class Oven(Config):
    """A config with one field of each kind."""

    panel: ClassVar[str] = "Kitchen"

    serial: Annotated[int, Integer(0)]
    heat: Annotated[float, Number(0.0, 300.0), Option("Temperature")] = 180.0
    shelves: Annotated[int | None, Integer(1, 4), Option("Shelves", Default("all"))] = None
    mode: Annotated[str, Choice(("top", "fan")), Option("Use the fan", flag="fan")] = "top"
    label: str = ""


HEAT, SHELVES, FAN = Oven.rows()


def test_a_field_is_a_row_if_it_has_an_option_and_is_checked_if_it_has_a_check() -> None:
    assert [row.name for row in Oven.rows()] == ["heat", "shelves", "fan"]
    with pytest.raises(UsageError, match="`serial` must be at least 0, got -1"):
        Oven(-1)
    assert Oven(1, label="anything").shelves is None


def test_a_row_has_help_with_limits_the_default_in_words_and_the_panel() -> None:
    assert [(row.help, row.default, row.panel) for row in (HEAT, SHELVES, FAN)] == [
        ("Temperature (0 to below 300)", "180", "Kitchen"),
        ("Shelves (1 to 4)", "all", "Kitchen"),
        ("Use the fan", "off", "Kitchen"),
    ]


def test_a_row_parses_and_checks_a_text() -> None:
    assert HEAT.parse("99.5") == 99.5
    with pytest.raises(UsageError, match="`shelves` must be at most 4, got 5"):
        SHELVES.parse("5")


def test_a_flag_sets_the_last_choice_of_its_field() -> None:
    assert [FAN.field_value(value) for value in (True, False)] == ["fan", "top"]
    assert (FAN.choices, FAN.is_flag) == ((), True)
    with pytest.raises(UsageError, match="`fan` must be True or False, got fan"):
        FAN.check("fan")


def test_the_table_has_the_rows_of_the_three_configs_under_unique_names() -> None:
    rows = [row for config in (TextConfig, NetworkConfig, TrainingConfig) for row in config.rows()]
    assert list(OPTIONS) == [row.name for row in rows]
    assert list(OPTIONS.values()) == rows


@pytest.mark.parametrize("row", OPTIONS.values(), ids=OPTIONS)
def test_every_row_can_be_shown(row: Row) -> None:
    name, help_text, default = row.name, row.help, row.default
    assert name.isidentifier()
    assert help_text[0].isupper()
    assert not help_text.endswith(".")
    assert default


def test_the_table_needs_no_numpy() -> None:
    code = "import sys, charrnn.config; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
