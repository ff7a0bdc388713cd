"""The stat grid: columns, names that fit, and its height."""

from typing import Any

import pytest
from textual.app import App, ComposeResult

from charrnn.tui.widgets.stat_grid import MAX_CELL, MIN_CELL, Stat, StatGrid, arrange, rows_needed

STATS = [Stat(f"statistic {n}", f"{n}.5", short=f"s{n}") for n in range(8)]


class GridApp(App[None]):
    """An application with one grid of its own height."""

    def compose(self) -> ComposeResult:
        yield StatGrid()


@pytest.mark.parametrize("width", [1, 10, 17, 40, 80, 200])
@pytest.mark.parametrize("height", [1, 2, 4, 20])
def test_every_stat_has_a_cell_and_the_cells_of_a_row_fit(width: int, height: int) -> None:
    rows = arrange(STATS, width, height)
    assert sorted(stat.name for row in rows for stat, _ in row) == [stat.name for stat in STATS]
    for row in rows:
        assert sum(cell for _, cell in row) <= width
        assert all(cell <= MAX_CELL for _, cell in row)
        assert len(row) == 1 or row[0][1] >= MIN_CELL


def test_room_in_height_gives_wider_columns_and_full_names(drive: Any) -> None:
    assert [cell for _, cell in arrange(STATS, 80, 2)[0]] == [20, 20, 20, 20]
    assert [cell for _, cell in arrange(STATS, 80, 4)[0]] == [40, 40]
    assert rows_needed(8, 80) == 2

    async def script(screen: Any) -> None:
        grid = screen.app.query_one(StatGrid)
        grid.show(*STATS, Stat("a very long name indeed", "1", short="brief"))
        await screen.pilot.pause()
        assert grid.size.height == 3
        text = screen.text
        assert "statistic 7        7.5" in text
        assert "brief" in text
        assert "very" not in text

    drive(GridApp(), script, (70, 8))


def test_no_stats_need_no_rows() -> None:
    assert arrange([], 80, 4) == []
    assert rows_needed(0, 80) == 0
