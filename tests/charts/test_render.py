"""The plot, as the text that one sees: its ticks, its curves, its legend, at every size; and the widget over it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from charrnn.charts.axes import Axis, axis_around, decimate, labels, round_ticks
from charrnn.charts.canvas import MARKS, Canvas, Marks
from charrnn.charts.render import TITLE_ROW, Run, Series, render
from charrnn.tui.widgets.plot import Plot

BRAILLE, QUADRANT, ASCII = MARKS


def series(y: list[float], kind: str = "line", *, name: str = "loss", mark: str = "*", first: int = 0) -> Series:
    return Series(name, np.arange(first, first + len(y), dtype=float), np.array(y, dtype=float), kind, mark)


def text(rows: list[list[Run]]) -> list[str]:
    return ["".join(part for part, _ in row) for row in rows]


def owned(rows: list[list[Run]], owner: int) -> list[int]:
    """The rows in which a series has a cell."""
    return [index for index, row in enumerate(rows) if any(who == owner for _, who in row)]


# Axes.


def test_ticks_are_all_the_round_values_in_the_range_that_fit() -> None:
    assert round_ticks(0.9, 5.2, 2) == [2.0, 4.0]
    assert round_ticks(0.9, 5.2, 5) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert round_ticks(0.0, 3e-14, 4) == [0.0, 1e-14, 2e-14, 3e-14]


@given(st.floats(-1e6, 1e6), st.floats(1.0, 1e12), st.integers(2, 12))
def test_ticks_stay_in_the_range_and_are_never_too_many(low: float, size: float, most: int) -> None:
    high = low + size
    found = round_ticks(low, high, most)
    assert len(found) <= most
    assert all(low - size * 1e-6 <= tick <= high + size * 1e-6 for tick in found)


def test_a_logarithmic_axis_has_decades_and_steps_between_them_where_these_are_few() -> None:
    assert Axis(0.9, 6.0, True).ticks(4) == [1.0, 2.0, 5.0]
    assert Axis(0.09, 11.0, True).ticks(4) == [0.1, 1.0, 10.0]
    assert Axis(1e-12, 1.0, True).ticks(4) == pytest.approx([1e-10, 1e-5, 1.0])


def test_two_decades_that_leave_room_for_two_ticks_get_their_ends() -> None:
    assert Axis(0.09, 11.0, True).ticks(2) == [0.1, 10.0]


def test_labels_are_short_and_never_rounded() -> None:
    assert labels([0.0, 1.5, 20.0, 2000.0, 1.2e6, 3e-5, -0.25]) == ["0", "1.5", "20", "2k", "1.2M", "3e-5", "-0.25"]
    assert labels([199_800.0, 199_850.0]) == ["199.8k", "199.85k"]
    assert labels([1.23452, 1.23454]) == ["1.23452", "1.23454"]
    assert labels([1.2e-4, 1.4e-4]) == ["1.2e-4", "1.4e-4"]


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("value", [1e-300, 1e-8, 1.0, 1.4, 1e300])
def test_one_value_stands_in_the_middle_of_its_axis(value: float, logarithmic: bool) -> None:
    axis = axis_around(value, value, logarithmic=logarithmic)
    assert axis.low < value < axis.high < math.inf
    if 1e-290 < value < 1e290:
        assert axis.places(np.array([value]), 101)[0] == pytest.approx(50.0)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200), st.integers(1, 40))
def test_columns_hold_the_lowest_the_highest_and_the_last_of_their_points(y: list[float], columns: int) -> None:
    x, values = np.arange(len(y), dtype=float), np.array(y)
    axis = Axis(0.0, max(1.0, len(y) - 1.0))
    found = decimate(x, values, axis, columns)
    column = np.floor(axis.places(x, columns) + 0.5) if columns > 1 else np.zeros(len(y))
    if columns == 1:  # the one column is as wide as the range, and centred on its beginning
        values = values[x < axis.low + 0.5 * (axis.high - axis.low)]
        column = column[: len(values)]
    for index in range(columns):
        here = values[column == index]
        expected = (here.min(), here.max(), here[-1]) if len(here) else (math.nan,) * 3
        np.testing.assert_equal((found.lowest[index], found.highest[index], found.last[index]), expected)


def test_points_beyond_the_range_are_in_no_column() -> None:
    found = decimate(np.arange(100.0), np.arange(100.0), Axis(40.0, 49.0), 10)
    assert found.last.tolist() == list(np.arange(40.0, 50.0))


# The canvas.


def test_each_kind_of_dots_draws_a_rising_line_without_a_hole() -> None:
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
    assert ["".join(part for part, _ in canvas.row(row)) for row in range(4)] == [" *", " *", " *", "* "]


def test_a_line_has_a_gap_where_it_is_not_a_number() -> None:
    canvas = Canvas(3, 1, ASCII)
    canvas.line(np.array([0.0, math.nan, 0.0]), 0, "*")
    assert canvas.row(0) == [("*", 0), (" ", -1), ("*", 0)]


def test_a_cell_belongs_to_what_was_drawn_last() -> None:
    canvas = Canvas(2, 1, BRAILLE)
    canvas.spans(np.zeros(4), np.full(4, 3.0), 0, ".")
    canvas.point(3.0, 0.0, 1, "●")
    assert canvas.row(0) == [("⣿", 0), ("●", 1)]


# The plot.


@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: marks.name)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_size_is_filled_exactly(marks: Marks, logarithmic: bool) -> None:
    curves = [series([3.0, 1.0, 2.0, 1e-7], kind, name=kind) for kind in ("band", "line", "points", "level")]
    for width in range(30):
        for height in range(12):
            for shown in (curves, []):
                rows = text(render(shown, width, height, title="loss", logarithmic=logarithmic, marks=marks))
                assert [len(row) for row in rows] == [width] * height


@pytest.mark.parametrize("kind", ["band", "line", "points", "level"])
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
def test_no_number_is_too_strange(y: list[float], kind: str, logarithmic: bool) -> None:
    rows = text(render([series(y, kind)], 60, 12, logarithmic=logarithmic))
    assert [len(row) for row in rows] == [60] * 12


@pytest.mark.parametrize("height", range(8, 40))
@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: marks.name)
def test_a_curve_is_in_the_row_of_the_tick_of_its_value(height: int, marks: Marks) -> None:
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):
        rows = render([series([0.7, 5.3], "points"), series([value] * 40)], 60, height, marks=marks)
        for index, row in enumerate(text(rows)):
            if row.lstrip().startswith((f"{value:g}┤", f"{value:g}+")):
                assert owned(rows, 1)[1:] == [index]  # the first is the legend


def test_a_point_is_above_the_tick_of_its_place() -> None:
    for width in range(30, 120):
        rows = text(render([series([1.0, *[math.nan] * 99, 2.0]), series([1.5], "points", first=50)], width, 12))
        column = next(row.index("●") for row in rows[1:] if "●" in row)
        if "50" in rows[-1]:
            assert rows[-2][column] == "┬"
            assert rows[-1][column - 1 : column + 1] == "50"


def test_the_peak_of_a_band_is_cut_and_the_others_are_not() -> None:
    noise = [1.0 + 0.1 * (step % 7) for step in range(1000)]
    peaked = [1000.0, *noise]
    band = text(render([series(peaked, "band")], 60, 20))
    assert all("k┤" not in row for row in band)
    assert sum("⣿" in row for row in band) > 5
    line = text(render([series(peaked, "band"), series(peaked)], 60, 20))
    assert any(row.lstrip().startswith("1k┤") for row in line)


def test_a_band_without_a_peak_is_shown_whole() -> None:
    rows = text(render([series([2.0, *[1.0] * 98, 0.0], "band")], 60, 20))
    assert {"0┤", "2┤"} <= {row.strip()[:2] for row in rows}


def test_a_logarithmic_plot_leaves_out_what_is_not_positive() -> None:
    rows = text(render([series([100.0, 0.0, -5.0, 1.0])], 60, 12, logarithmic=True))
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["100", "10", "1"]


def test_a_range_shows_the_points_within_it_alone() -> None:
    falling = series([float(1000 - step) for step in range(1000)])
    rows = text(render([falling], 60, 12, x_range=(900.0, 999.0)))
    assert rows[-1].split() == ["900", "950"]
    assert "loss 1" in rows[0]
    assert "loss 2" in text(render([falling], 60, 12, x_range=(900.0, 998.0)))[0]
    assert {row.split("┤")[0].strip() for row in rows if "┤" in row} <= {"0", "20", "40", "50", "60", "80", "100"}


def test_a_single_point_and_a_constant_are_seen_in_the_middle() -> None:
    for y in ([2.5], [2.5] * 10):
        rows = render([series(y)], 40, 14)
        assert owned(rows, 0)[1:] == [6]  # of the rows 1 to 11; the first is the legend


def test_a_level_goes_from_side_to_side_whatever_its_place() -> None:
    rows = render([series([1.0, 3.0]), series([2.0], "level", first=10**6)], 40, 14, marks=ASCII)
    row = rows[owned(rows, 1)[1]]
    last = "".join(part for part, _ in row)
    assert last.count("*") > 15
    assert "1M" not in text(rows)[-1]


def test_a_level_and_a_band_are_behind_a_line_and_points_before_it() -> None:
    kinds = ("points", "line", "level", "band")
    rows = render([series([2.0] * 40, kind) for kind in kinds], 60, 14, marks=ASCII)
    assert [owned(rows[1:], index) != [] for index in range(4)] == [True, False, False, False]


def test_without_data_there_is_an_empty_frame_that_says_so() -> None:
    for curves in ([], [series([])], [series([math.nan])], [series([1.0], "level")]):
        rows = text(render(curves, 30, 8))
        assert sum("nothing yet" in row for row in rows) == 1
        assert rows[-2].startswith("└")
    assert "nothing yet" in "".join(text(render([], 12, 4)))


def test_small_plots_lose_the_legend_first_and_then_the_labels() -> None:
    curves = [series([3.0, 2.0, 1.0])]
    assert "loss 1" in text(render(curves, 40, TITLE_ROW))[0]
    assert "loss" not in "".join(text(render(curves, 40, TITLE_ROW - 1)))
    assert any("┤" in row for row in text(render(curves, 40, TITLE_ROW - 1)))
    assert not any("┤" in row or "└" in row for row in text(render(curves, 12, 4)))


def test_a_legend_that_is_short_of_room_keeps_the_points_and_then_the_lines() -> None:
    curves = [
        series([3.0, 1.0], "band", name="each window"),
        series([2.0, 1.25], name="training"),
        series([1.4312], "points", name="validation"),
    ]
    assert text(render(curves, 90, 12))[0].strip() == "░ each window  ─ training 1.25  ● validation 1.431"
    assert text(render(curves, 50, 12))[0].strip() == "─ training 1.25  ● validation 1.431"
    assert text(render(curves[::-1], 50, 12))[0].strip() == "● validation 1.431  ─ training 1.25"


@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: marks.name)
def test_several_lines_are_told_apart_without_colour(marks: Marks) -> None:
    curves = [series([1.0] * 9, name="first", mark="x"), series([2.0] * 9, name="second", mark="o")]
    rows = text(render(curves, 60, 12, marks=marks))
    assert "x first 1" in rows[0]
    assert "o second 2" in rows[0]
    body = "".join(rows[1:])
    assert "x" in body
    assert "o" in body


def test_ascii_is_ascii() -> None:
    curves = [series([3.0, 1.0, 2.0], kind, name=kind) for kind in ("band", "line", "points", "level")]
    assert "".join(text(render(curves, 80, 16, marks=ASCII))).isascii()


# The widget.


class Shown(App[None]):
    """One plot."""

    def compose(self) -> ComposeResult:
        yield Plot()


def over_a_plot(script: Callable[[Plot, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 14)) -> None:
    async def play() -> None:
        app = Shown()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app.query_one(Plot), pilot)

    asyncio.run(play())


def lines(plot: Plot) -> list[str]:
    return [plot.render_line(row).text for row in range(plot.size.height)]


@pytest.mark.parametrize("size", [(12, 4), (40, 10), (80, 24), (120, 30)])
def test_the_widget_shows_what_is_rendered(size: tuple[int, int]) -> None:
    async def script(plot: Plot, pilot: Pilot[None]) -> None:
        curves = [series([3.0, 1.0, 2.0], kind, name=kind) for kind in ("band", "line", "points", "level")]
        assert "nothing yet" in "".join(lines(plot))
        plot.title = "[/b] nats"
        plot.show(curves)
        await pilot.pause()
        assert lines(plot) == text(render(curves, *plot.size, title="[/b] nats"))
        plot.logarithmic = True
        plot.next_mark()
        assert lines(plot) == text(render(curves, *plot.size, title="[/b] nats", logarithmic=True, marks=QUADRANT))

    over_a_plot(script, size)


def test_the_widget_renders_again_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def counted(*args: Any, **options: Any) -> list[list[Run]]:
        drawn.append(1)
        return render(*args, **options)

    monkeypatch.setattr("charrnn.tui.widgets.plot.render", counted)

    async def script(plot: Plot, pilot: Pilot[None]) -> None:
        plot.show([series([3.0, 1.0])])
        lines(plot)
        drawn.clear()
        for _ in range(3):
            lines(plot)
        assert len(drawn) == 0
        plot.show([series([3.0, 1.0, 2.0])])
        lines(plot)
        assert len(drawn) == 1
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert [len(line) for line in lines(plot)] == [50] * 12
        assert len(drawn) == 2

    over_a_plot(script)


def test_another_theme_gives_other_colours() -> None:
    async def script(plot: Plot, pilot: Pilot[None]) -> None:
        plot.show([series([3.0, 1.0])])
        before = [segment.style for segment in plot.render_line(3)]
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert [segment.style for segment in plot.render_line(3)] != before

    over_a_plot(script)
