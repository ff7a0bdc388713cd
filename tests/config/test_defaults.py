"""Defaults that depend on the text, the computer or other options."""

from functools import partial

import pytest

from charrnn.config.defaults import Circumstances, by_length, equal_to, minimum_count, plan_evaluations

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


@pytest.mark.parametrize(
    ("steps", "validation_tokens", "interval", "sample"),
    [
        (100_000, 1_000, 2_500, None),  # 40 evaluations of the whole text
        (3_300, 25_172, 82, None),
        (100, 15_000, 25, None),  # a short text, and a short run: four evaluations all the same
        (2_900, 111_540, 363, None),  # as many as 5 % of the time allows
        (2_000, 10_000_000, 100, 25_600),  # 24 evaluations of a sample in 5 % of the time
        (1_000, 10_000_000, 88, 20_000),  # fewer evaluations of 20,000 tokens
        (100, 10_000_000, 100, 6_144),  # a run of seconds: one at each quarter
        (10, 10_000_000, 10, 4_096),
    ],
)
def test_evaluations_take_about_a_twentieth_of_a_run(
    steps: int, validation_tokens: int, interval: int, sample: int | None
) -> None:
    plan = plan_evaluations(steps, window_tokens=2048, validation_tokens=validation_tokens)
    assert plan == (interval, sample)


def test_a_given_interval_is_kept_and_the_sample_follows_from_it() -> None:
    plan = partial(plan_evaluations, 2_000, window_tokens=2048, interval=10)
    assert plan(validation_tokens=15_000) == (10, None)
    assert plan(validation_tokens=10_000_000) == (10, 20_000)
    assert plan_evaluations(100_000, window_tokens=2048, validation_tokens=111_540, interval=20_000) == (20_000, None)


def test_a_word_of_a_long_text_must_occur_twice() -> None:
    assert (minimum_count(99_999), minimum_count(100_000)) == (1, 2)
