"""Makes the pictures of the README from a real run: python .readme/pictures.py

It trains on the built-in text as `charrnn train` does, takes the dashboard when half of the run is behind, then the
sampler and the inspector over the finished model.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from charrnn.pipeline.launch import launch
from charrnn.run.lock import trainer_pid
from charrnn.tui.app import CharrnnApp
from charrnn.tui.feed import RunFeed
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.dashboard import Dashboard
from charrnn.tui.screens.sampler import Sampler

HERE = Path(__file__).parent.resolve()
SIZE = (120, 34)


def picture(app: App[None], name: str, script: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    """Play a script over an application and write what its screen looks like then."""

    async def play() -> None:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            await script(pilot)
            (HERE / f"{name}.svg").write_text(app.export_screenshot(title=f"charrnn {name}"), "utf-8")

    asyncio.run(play())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["XDG_CONFIG_HOME"] = folder
        run = launch([], print)
        dashboard = Dashboard(RunFeed(run), owner=False)

        async def watch(pilot: Pilot[None]) -> None:
            while dashboard.history.course.progress < 0.5:
                await pilot.pause(0.2)
            await pilot.pause(1.2)

        async def sample(pilot: Pilot[None]) -> None:
            await pilot.press("t", "t", "t", "i", *"The harbour ", "escape")
            for _ in range(420):
                await pilot.press("right")
            await pilot.press(*["left"] * 9)

        async def look(pilot: Pilot[None]) -> None:
            await pilot.press("f4")
            await pilot.pause(3.0)

        picture(CharrnnApp(lambda app: app.push_screen(dashboard)), "dashboard", watch)
        while trainer_pid(run) is not None:
            asyncio.run(asyncio.sleep(0.5))
        opened = OpenModel.open(run)
        picture(CharrnnApp(lambda app: app.push_screen(Sampler(opened, seed=3))), "sampler", sample)
        picture(CharrnnApp(lambda app: app.play(opened)), "inspector", look)


if __name__ == "__main__":
    main()
