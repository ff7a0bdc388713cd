"""The headline of a run: the parts that fit."""

from charrnn.tui.widgets.run_headline import parts_that_fit


def test_the_last_parts_are_dropped_first_and_the_first_never() -> None:
    parts = ("training", "step 1", "2 s")
    assert [parts_that_fit(parts, width) for width in (3, 8, 15, 16, 20, 21)] == [1, 1, 1, 2, 2, 3]
    assert parts_that_fit((), 10) == 0
