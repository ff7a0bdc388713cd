"""Checks: the values they accept, and the sentence with which they refuse the others."""

import pytest

from charrnn.config.checks import Check, Choice, Integer, Number, Text
from charrnn.errors import UsageError

LAYERS = Integer(1, 64)
SHARE = Number(0.0, 1.0)
RATE = Number(0.0, 1e3, open=True)
CELL = Choice(("tanh", "lstm"))


@pytest.mark.parametrize(
    ("check", "value"),
    [(LAYERS, 1), (LAYERS, 64), (SHARE, 0.0), (SHARE, 0), (SHARE, 0.999), (RATE, 1e-9), (CELL, "lstm"), (Text(), "")],
)
def test_values_in_the_range_are_accepted(check: Check, value: object) -> None:
    check.check("name", value)


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (LAYERS, 0, "`name` must be at least 1, got 0"),
        (LAYERS, 65, "`name` must be at most 64, got 65"),
        (LAYERS, 1.0, "`name` must be a whole number, got 1"),
        (LAYERS, True, "`name` must be a whole number, got True"),
        (LAYERS, None, "`name` must be a whole number, got None"),
        (SHARE, -0.5, "`name` must be at least 0, got -0.5"),
        (SHARE, 1.0, "`name` must be below 1, got 1"),
        (SHARE, float("nan"), "`name` must be a finite number, got nan"),
        (SHARE, "0.5", "`name` must be a finite number, got 0.5"),
        (SHARE, False, "`name` must be a finite number, got False"),
        (RATE, 0.0, "`name` must be above 0, got 0"),
        (RATE, float("inf"), "`name` must be a finite number, got inf"),
        (CELL, "foo", "`name` must be one of tanh, lstm, got foo"),
        (CELL, None, "`name` must be one of tanh, lstm, got None"),
        (CELL, ["tanh"], "`name` must be one of tanh, lstm, got ['tanh']"),
        (Text(), 3, "`name` must be a text, got 3"),
    ],
)
def test_other_values_are_refused_with_the_limit_and_the_value(check: Check, value: object, message: str) -> None:
    with pytest.raises(UsageError) as error:
        check.check("name", value)
    assert str(error.value) == message


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(UsageError) as error:
        LAYERS.check("name", 10**400)
    assert len(str(error.value)) < 100


@pytest.mark.parametrize(
    ("check", "text", "value"), [(LAYERS, "7", 7), (SHARE, "1e-3", 1e-3), (CELL, "tanh", "tanh"), (Text(), "x", "x")]
)
def test_texts_of_the_command_line_become_values(check: Check, text: str, value: object) -> None:
    assert check.parse("name", text) == value


@pytest.mark.parametrize("text", ["", "x", "1.5", "9" * 5000])
def test_a_text_that_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="`name` must be a whole number, got"):
        LAYERS.parse("name", text)


def test_a_text_that_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match="`name` must be a number, got 1,5"):
        RATE.parse("name", "1,5")


@pytest.mark.parametrize(
    ("check", "limits"),
    [
        (LAYERS, "1 to 64"),
        (Integer(0), "0 or more"),
        (SHARE, "0 to below 1"),
        (RATE, "above 0"),
        (Number(0.0, 1e9), "0 or more"),
        (CELL, ""),
    ],
)
def test_limits_are_put_in_words(check: Check, limits: str) -> None:
    assert check.limits == limits
