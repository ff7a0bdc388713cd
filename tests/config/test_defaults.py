"""Defaults that depend on the text, the computer or other options."""

import pytest

from charrnn.config.defaults import Circumstances, by_length, equal_to, evaluation_interval, minimum_count

BY_LENGTH = by_length((100, 8), (1000, 16), (float("inf"), 32))


@pytest.mark.parametrize(("tokens", "value"), [(1, 8), (100, 8), (101, 16), (1000, 16), (1001, 32), (10**9, 32)])
def test_a_limit_belongs_to_the_value_before_it(tokens: int, value: int) -> None:
    assert BY_LENGTH.rule is not None
    assert BY_LENGTH.rule(Circumstances(tokens, 1), {}) == value


def test_a_default_by_length_names_each_value_once() -> None:
    assert BY_LENGTH.description == "8, 16 or 32 by the length of the text"
    assert by_length((1, 0.2), (2, 0.2), (3, 0.1)).description == "0.2 or 0.1 by the length of the text"


def test_a_default_can_be_the_value_of_another_option() -> None:
    default = equal_to("hidden")
    assert default.rule is not None
    assert default.rule(Circumstances(1, 1), {"hidden": 77}) == 77


def test_evaluations_take_a_small_share_of_a_run_and_there_are_at_least_four() -> None:
    assert evaluation_interval(100_000, window_tokens=2048, validation_tokens=1000) == 2500
    assert evaluation_interval(2_900, window_tokens=2048, validation_tokens=111_540) == 363
    assert evaluation_interval(100, window_tokens=2048, validation_tokens=10_000_000) == 25


def test_a_word_of_a_long_text_must_occur_twice() -> None:
    assert (minimum_count(99_999), minimum_count(100_000)) == (1, 2)
