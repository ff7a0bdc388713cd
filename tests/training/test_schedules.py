"""Learning-rate schedules: the factor on the learning rate at each point of a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.training.schedules import SCHEDULES, constant, cosine, part_share, step, with_warmup


def test_the_cosine_falls_from_1_to_0() -> None:
    assert [cosine(p) for p in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0], abs=1e-12)


def test_the_step_schedule_halves_at_a_half_three_quarters_and_so_on() -> None:
    assert [step(p) for p in (0.0, 0.49, 0.5, 0.74, 0.75, 0.9, 0.95)] == [1, 1, 0.5, 0.5, 0.25, 0.125, 0.0625]


def test_constant_is_constant() -> None:
    assert {constant(p) for p in (0.0, 0.3, 1.0)} == {1.0}


@given(st.floats(0.0, 1.0), st.sampled_from(sorted(SCHEDULES)), st.floats(0.0, 0.9))
def test_a_factor_is_between_0_and_1(progress: float, name: str, warmup: float) -> None:
    assert 0.0 <= with_warmup(SCHEDULES[name], warmup)(progress) <= 1.0


def test_a_warm_up_rises_from_above_0_to_the_full_rate() -> None:
    factor = with_warmup(cosine, 0.1)
    rising = [factor(p / 100) for p in range(11)]
    assert rising == sorted(rising)
    assert rising[0] > 0.0
    assert rising[-1] == pytest.approx(1.0)
    assert factor(1.0) == pytest.approx(0.0, abs=1e-12)


def test_a_part_of_a_run_is_spanned_from_its_begin_to_the_end() -> None:
    assert [part_share(progress, 0.6) for progress in (0.5, 0.6, 0.8, 1.0)] == pytest.approx([0.0, 0.0, 0.5, 1.0])
    assert part_share(0.123456789, 0.0) == 0.123456789
