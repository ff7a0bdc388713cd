"""Schedules: the share of the learning rate at each point of a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.training.schedules import SCHEDULES, constant, cosine, step, with_warmup


def test_the_cosine_begins_at_one_and_ends_at_zero() -> None:
    assert [cosine(p) for p in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0], abs=1e-12)


def test_the_step_schedule_halves_at_a_half_and_at_three_quarters() -> None:
    assert [step(p) for p in (0.0, 0.49, 0.5, 0.74, 0.75, 0.9, 0.95)] == [1, 1, 0.5, 0.5, 0.25, 0.125, 0.0625]


def test_constant_is_constant() -> None:
    assert {constant(p) for p in (0.0, 0.3, 1.0)} == {1.0}


@given(st.floats(0.0, 1.0), st.sampled_from(sorted(SCHEDULES)), st.floats(0.0, 0.9))
def test_a_share_is_between_zero_and_one(progress: float, name: str, warmup: float) -> None:
    assert 0.0 <= with_warmup(SCHEDULES[name], warmup)(progress) <= 1.0


def test_warm_up_rises_to_the_full_rate_and_never_starts_at_zero() -> None:
    share = with_warmup(cosine, 0.1)
    rising = [share(p / 100) for p in range(11)]
    assert rising == sorted(rising)
    assert rising[0] > 0.0
    assert rising[-1] == pytest.approx(1.0)
    assert share(1.0) == pytest.approx(0.0, abs=1e-12)
