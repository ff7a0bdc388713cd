"""The renderer: ticks, curves, legend and title of a chart, as text, at every size."""

import math

import numpy as np
import pytest

from charrnn.charts.canvas import ASCII, DOT_STYLES, DotStyle, Span
from charrnn.charts.render import KINDS, MIN_HEIGHT_WITH_TITLE, Kind, Series, render

ALL_STYLES = pytest.mark.parametrize("dots", DOT_STYLES, ids=lambda dots: dots.name)


def series(y: list[float], kind: Kind = "line", *, name: str = "loss", marker: str = "*", first: int = 0) -> Series:
    return Series(name, np.arange(first, first + len(y), dtype=float), np.array(y, dtype=float), kind, marker)


def one_of_each_kind(y: list[float]) -> list[Series]:
    return [series(y, kind, name=kind) for kind in KINDS]


def lines(rows: list[list[Span]]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def rows_of(owner: int, rows: list[list[Span]]) -> list[int]:
    """Return the indices of the rows that show a series."""
    return [index for index, row in enumerate(rows) if any(span_owner == owner for _, span_owner in row)]


@ALL_STYLES
@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_chart_has_exactly_the_size_that_was_asked_for(dots: DotStyle, logarithmic: bool) -> None:
    for width in range(30):
        for height in range(12):
            for curves in (one_of_each_kind([3.0, 1.0, 2.0, 1e-7]), []):
                rows = lines(render(curves, width, height, title="loss", logarithmic=logarithmic, dots=dots))
                assert [len(row) for row in rows] == [width] * height


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(
    "y",
    [
        [math.nan] * 3,
        [math.inf, 1.0, -math.inf, 2.0],
        [1.0, math.exp(700.0)],  # the perplexity of a run that diverged
        [-1.7e308, 1.7e308],
        [5e-324, 1.0],
        [0.0, 5e-324],
        [1.0, 1.0000000000000002],
        [-1.0, -2.0],
    ],
)
def test_extreme_values_are_drawn_or_left_out_without_an_error(y: list[float], kind: Kind, logarithmic: bool) -> None:
    rows = lines(render([series(y, kind)], 60, 12, logarithmic=logarithmic))
    assert [len(row) for row in rows] == [60] * 12


@pytest.mark.parametrize("height", range(8, 40))
@ALL_STYLES
def test_a_curve_is_in_the_row_of_the_tick_at_its_value(height: int, dots: DotStyle) -> None:
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):
        rows = render([series([0.7, 5.3], "points"), series([value] * 40)], 60, height, dots=dots)
        for index, row in enumerate(lines(rows)):
            if row.lstrip().startswith((f"{value:g}┤", f"{value:g}+")):
                assert rows_of(1, rows)[1:] == [index]  # the first is the legend


def test_a_point_is_above_the_tick_at_its_x() -> None:
    for width in range(30, 120):
        rows = lines(render([series([1.0, *[math.nan] * 99, 2.0]), series([1.5], "points", first=50)], width, 12))
        column = next(row.index("●") for row in rows[1:] if "●" in row)
        if "50" in rows[-1]:
            assert rows[-2][column] == "┬"
            assert rows[-1][column - 1 : column + 1] == "50"


def test_only_a_band_loses_its_peak() -> None:
    noise = [1.0 + 0.1 * (step % 7) for step in range(1000)]
    peaked = [1000.0, *noise]
    band = lines(render([series(peaked, "band")], 60, 20))
    assert all("k┤" not in row for row in band)
    assert sum("⣿" in row for row in band) > 5
    line = lines(render([series(peaked, "band"), series(peaked)], 60, 20))
    assert any(row.lstrip().startswith("1k┤") for row in line)


def test_a_band_without_a_peak_is_shown_whole() -> None:
    rows = lines(render([series([2.0, *[1.0] * 98, 0.0], "band")], 60, 20))
    assert {"0┤", "2┤"} <= {row.strip()[:2] for row in rows}


def test_a_logarithmic_chart_leaves_out_values_that_are_not_positive() -> None:
    rows = lines(render([series([100.0, 0.0, -5.0, 1.0])], 60, 12, logarithmic=True))
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["100", "10", "1"]


def test_a_range_limits_the_axes_and_the_legend_to_its_points() -> None:
    falling = series([float(1000 - step) for step in range(1000)])
    rows = lines(render([falling], 60, 12, x_range=(900.0, 999.0)))
    assert rows[-1].split() == ["900", "950"]
    assert "loss 1" in rows[0]
    assert "loss 2" in lines(render([falling], 60, 12, x_range=(900.0, 998.0)))[0]
    assert {row.split("┤")[0].strip() for row in rows if "┤" in row} <= {"0", "20", "40", "50", "60", "80", "100"}


def test_a_single_point_and_a_constant_are_in_the_middle() -> None:
    for y in ([2.5], [2.5] * 10):
        rows = render([series(y)], 40, 14)
        assert rows_of(0, rows)[1:] == [6]  # of the rows 1 to 11; the first is the legend


def test_a_level_spans_the_width_for_any_x() -> None:
    rows = render([series([1.0, 3.0]), series([2.0], "level", first=10**6)], 40, 14, dots=ASCII)
    level = lines(rows)[rows_of(1, rows)[1]]
    assert level.count("*") > 15
    assert "1M" not in lines(rows)[-1]


def test_points_hide_a_line_which_hides_a_level_and_a_band() -> None:
    rows = render([series([2.0] * 40, kind) for kind in ("points", "line", "level", "band")], 60, 14, dots=ASCII)
    assert [rows_of(owner, rows[1:]) != [] for owner in range(4)] == [True, False, False, False]


def test_a_chart_without_points_is_an_empty_frame_with_a_message() -> None:
    for curves in ([], [series([])], [series([math.nan])], [series([1.0], "level")]):
        rows = lines(render(curves, 30, 8))
        assert sum("no data yet" in row for row in rows) == 1
        assert rows[-2].startswith("└")
    assert "no data yet" in "".join(lines(render([], 12, 4)))


def test_a_small_chart_loses_the_legend_first_and_then_the_labels() -> None:
    curves = [series([3.0, 2.0, 1.0])]
    assert "loss 1" in lines(render(curves, 40, MIN_HEIGHT_WITH_TITLE))[0]
    without_legend = lines(render(curves, 40, MIN_HEIGHT_WITH_TITLE - 1))
    assert "loss" not in "".join(without_legend)
    assert any("┤" in row for row in without_legend)
    assert not any("┤" in row or "└" in row for row in lines(render(curves, 12, 4)))


def test_a_legend_short_of_room_keeps_the_points_and_then_the_lines() -> None:
    curves = [
        series([3.0, 1.0], "band", name="each window"),
        series([2.0, 1.25], name="training"),
        series([1.4312], "points", name="validation"),
    ]
    assert lines(render(curves, 90, 12))[0].strip() == "░ each window  ─ training 1.25  ● validation 1.431"
    assert lines(render(curves, 50, 12))[0].strip() == "─ training 1.25  ● validation 1.431"
    assert lines(render(curves[::-1], 50, 12))[0].strip() == "● validation 1.431  ─ training 1.25"


@ALL_STYLES
def test_several_lines_can_be_told_apart_without_colors(dots: DotStyle) -> None:
    curves = [series([1.0] * 9, name="first", marker="x"), series([2.0] * 9, name="second", marker="o")]
    rows = lines(render(curves, 60, 12, dots=dots))
    assert "x first 1" in rows[0]
    assert "o second 2" in rows[0]
    body = "".join(rows[1:])
    assert "x" in body
    assert "o" in body


def test_a_chart_of_ascii_dots_has_only_ascii_characters() -> None:
    assert "".join(lines(render(one_of_each_kind([3.0, 1.0, 2.0]), 80, 16, dots=ASCII))).isascii()
