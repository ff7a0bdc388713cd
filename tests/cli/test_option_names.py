"""Names of options in messages."""

import doctest

from charrnn.cli import option_names
from charrnn.cli.option_names import FLAGS, with_options


def test_names_of_options_in_backticks_are_written_as_they_are_typed() -> None:
    assert with_options("`val_fraction` and `lr`, not `other` or lr") == "--val-fraction and --lr, not `other` or lr"
    assert FLAGS["cloze"] == "--cloze"


def test_a_command_can_have_other_options() -> None:
    options = {"base_run": "--from", "text": "TEXT"}
    assert with_options("`base_run` of `text`; see `charrnn runs`", options) == "--from of TEXT; see `charrnn runs`"


def test_the_example_is_right() -> None:
    assert doctest.testmod(option_names).failed == 0
    assert doctest.testmod(option_names).attempted > 0
