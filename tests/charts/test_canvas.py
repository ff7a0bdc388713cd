"""The canvas: lines, fills and points, drawn with each style of dots."""

import math

import numpy as np

from charrnn.charts.canvas import ASCII, BRAILLE, QUADRANT, Canvas


def test_a_rising_line_has_no_gap_in_any_dot_style() -> None:
    canvas = Canvas(2, 1, BRAILLE)
    canvas.line(np.array([0.0, 1.0, 2.0, 3.0]), 0, "*")
    assert canvas.row(0) == [("⡠⠊", 0)]
    canvas = Canvas(2, 2, QUADRANT)
    canvas.line(np.array([0.0, 1.0, 2.0, 3.0]), 0, "*")
    assert [canvas.row(0), canvas.row(1)] == [[(" ", -1), ("▞", 0)], [("▞", 0), (" ", -1)]]
    canvas = Canvas(2, 2, ASCII)
    canvas.line(np.array([0.0, 1.0]), 0, "*")
    assert [canvas.row(0), canvas.row(1)] == [[(" ", -1), ("*", 0)], [("*", 0), (" ", -1)]]


def test_a_steep_line_fills_the_dots_between_two_columns() -> None:
    canvas = Canvas(2, 4, ASCII)
    canvas.line(np.array([0.0, 3.0]), 0, "*")
    assert ["".join(text for text, _ in canvas.row(row)) for row in range(4)] == [" *", " *", " *", "* "]


def test_a_line_has_a_gap_at_nan() -> None:
    canvas = Canvas(3, 1, ASCII)
    canvas.line(np.array([0.0, math.nan, 0.0]), 0, "*")
    assert canvas.row(0) == [("*", 0), (" ", -1), ("*", 0)]


def test_a_cell_belongs_to_the_series_that_was_drawn_last() -> None:
    canvas = Canvas(2, 1, BRAILLE)
    canvas.fill(np.zeros(4), np.full(4, 3.0), 0, ".")
    canvas.point(3.0, 0.0, 1, "●")
    assert canvas.row(0) == [("⣿", 0), ("●", 1)]


def test_a_point_outside_of_the_canvas_is_not_drawn() -> None:
    canvas = Canvas(2, 2, ASCII)
    for x, y in ((-1.0, 0.0), (2.0, 0.0), (0.0, -1.0), (0.0, 2.0)):
        canvas.point(x, y, 0, "*")
    assert [canvas.row(0), canvas.row(1)] == [[("  ", -1)]] * 2
