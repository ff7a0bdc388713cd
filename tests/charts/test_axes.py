"""Axes: round ticks, exact labels, positions of single values, and the points of each column."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.charts.axes import Axis, axis_around, decimate, labels, round_ticks


def test_ticks_are_all_round_values_in_the_range_that_fit() -> None:
    assert round_ticks(0.9, 5.2, 2) == [2.0, 4.0]
    assert round_ticks(0.9, 5.2, 5) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert round_ticks(0.0, 3e-14, 4) == [0.0, 1e-14, 2e-14, 3e-14]


@given(st.floats(-1e6, 1e6), st.floats(1.0, 1e12), st.integers(2, 12))
def test_ticks_stay_in_the_range_and_are_never_too_many(low: float, size: float, max_ticks: int) -> None:
    high = low + size
    ticks = round_ticks(low, high, max_ticks)
    assert 1 <= len(ticks) <= max_ticks
    assert all(low - size * 1e-6 <= tick <= high + size * 1e-6 for tick in ticks)


def test_a_logarithmic_axis_has_powers_of_ten_and_steps_between_them_if_they_are_few() -> None:
    assert Axis(0.9, 6.0, True).ticks(4) == [1.0, 2.0, 5.0]
    assert Axis(0.09, 11.0, True).ticks(4) == [0.1, 1.0, 10.0]
    assert Axis(1e-12, 1.0, True).ticks(4) == pytest.approx([1e-10, 1e-5, 1.0])


def test_two_powers_of_ten_with_room_for_two_ticks_get_a_tick_at_each_end() -> None:
    assert Axis(0.09, 11.0, True).ticks(2) == [0.1, 10.0]


def test_labels_are_short_and_never_rounded() -> None:
    assert labels([0.0, 1.5, 20.0, 2000.0, 1.2e6, 3e-5, -0.25]) == ["0", "1.5", "20", "2k", "1.2M", "3e-5", "-0.25"]
    assert labels([199_800.0, 199_850.0]) == ["199.8k", "199.85k"]
    assert labels([1.23452, 1.23454]) == ["1.23452", "1.23454"]
    assert labels([1.2e-4, 1.4e-4]) == ["1.2e-4", "1.4e-4"]


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("value", [1e-300, 1e-8, 1.0, 1.4, 1e300])
def test_a_single_value_is_in_the_middle_of_its_axis(value: float, logarithmic: bool) -> None:
    axis = axis_around(value, value, logarithmic=logarithmic)
    assert axis.low < value < axis.high < math.inf
    if 1e-290 < value < 1e290:
        assert axis.positions(np.array([value]), 101)[0] == pytest.approx(50.0)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200), st.integers(1, 40))
def test_a_column_has_the_lowest_highest_and_last_value_of_its_points(y: list[float], columns: int) -> None:
    x, values = np.arange(len(y), dtype=float), np.array(y)
    axis = Axis(0.0, max(1.0, len(y) - 1.0))
    decimated = decimate(x, values, axis, columns)
    column = np.floor(axis.positions(x, columns) + 0.5) if columns > 1 else np.zeros(len(y))
    if columns == 1:  # the single column is as wide as the range, and centered on its beginning
        values = values[x < axis.low + 0.5 * (axis.high - axis.low)]
        column = column[: len(values)]
    for index in range(columns):
        points = values[column == index]
        expected = (points.min(), points.max(), points[-1]) if len(points) else (math.nan,) * 3
        result = decimated.lowest[index], decimated.highest[index], decimated.last[index]
        np.testing.assert_equal(result, expected)


def test_points_outside_of_the_range_are_in_no_column() -> None:
    decimated = decimate(np.arange(100.0), np.arange(100.0), Axis(40.0, 49.0), 10)
    assert decimated.last.tolist() == list(np.arange(40.0, 50.0))
