"""The plot widget: shows the rendered chart, and renders it again only when something changed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from charrnn.charts.canvas import QUADRANT, Span
from charrnn.charts.render import KINDS, Kind, Series, render
from charrnn.tui.widgets.plot import Plot


def series(y: list[float], kind: Kind = "line") -> Series:
    return Series(kind, np.arange(len(y), dtype=float), np.array(y), kind, "*")


class PlotApp(App[None]):
    """An application with one plot."""

    def compose(self) -> ComposeResult:
        yield Plot()


def run_with_plot(script: Callable[[Plot, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 14)) -> None:
    async def run() -> None:
        app = PlotApp()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app.query_one(Plot), pilot)

    asyncio.run(run())


def lines(plot: Plot) -> list[str]:
    return [plot.render_line(row).text for row in range(plot.size.height)]


@pytest.mark.parametrize("size", [(12, 4), (40, 10), (80, 24), (120, 30)])
def test_the_widget_shows_the_rendered_chart(size: tuple[int, int]) -> None:
    def rendered(curves: list[Series], **options: Any) -> list[str]:
        return ["".join(text for text, _ in row) for row in render(curves, *size, title="[/b] nats", **options)]

    async def script(plot: Plot, pilot: Pilot[None]) -> None:
        curves = [series([3.0, 1.0, 2.0], kind) for kind in KINDS]
        assert "no data yet" in "".join(lines(plot))
        plot.title = "[/b] nats"
        plot.show(curves)
        await pilot.pause()
        assert plot.size == size
        assert lines(plot) == rendered(curves)
        plot.logarithmic = True
        plot.next_dot_style()
        assert lines(plot) == rendered(curves, logarithmic=True, dots=QUADRANT)

    run_with_plot(script, size)


def test_the_chart_is_rendered_again_only_after_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    renderings: list[int] = []

    def counting_render(*args: Any, **options: Any) -> list[list[Span]]:
        renderings.append(1)
        return render(*args, **options)

    monkeypatch.setattr("charrnn.tui.widgets.plot.render", counting_render)

    async def script(plot: Plot, pilot: Pilot[None]) -> None:
        plot.show([series([3.0, 1.0])])
        lines(plot)
        renderings.clear()
        for _ in range(3):
            lines(plot)
        assert len(renderings) == 0
        plot.show([series([3.0, 1.0, 2.0])])
        lines(plot)
        assert len(renderings) == 1
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert [len(line) for line in lines(plot)] == [50] * 12
        assert len(renderings) == 2

    run_with_plot(script)


def test_a_change_of_theme_changes_the_colors() -> None:
    async def script(plot: Plot, pilot: Pilot[None]) -> None:
        plot.show([series([3.0, 1.0])])
        styles = [segment.style for segment in plot.render_line(3)]
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert [segment.style for segment in plot.render_line(3)] != styles

    run_with_plot(script)
