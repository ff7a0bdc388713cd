"""Shades: the highest level that a value reaches."""

import math

import pytest

from charrnn.cli.shades import Shade, shade_of

NONE, LOW, HIGH = Shade(0.0, ""), Shade(1.0, "blue", "dim", "-"), Shade(4.0, "red", "bold", "+")


@pytest.mark.parametrize(
    ("value", "shade"),
    [(0.5, NONE), (1.0, LOW), (3.9, LOW), (4.0, HIGH), (math.inf, HIGH), (-math.inf, NONE), (math.nan, NONE)],
)
def test_a_value_has_the_highest_shade_that_it_reaches(value: float, shade: Shade) -> None:
    assert shade_of(value, (HIGH, LOW), NONE) is shade


def test_the_style_depends_on_whether_there_are_colors() -> None:
    assert (HIGH.style(color=True), HIGH.style(color=False)) == ("red", "bold")
