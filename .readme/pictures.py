"""Make the README's pictures from a real run: python .readme/pictures.py

Trains on the built-in text as `charrnn train` does, takes the dashboard when half of the run is done, and then the
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

FOLDER = Path(__file__).parent.resolve()
SIZE = (120, 34)


def take_picture(app: App[None], name: str, script: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    """Run a script over an application, and write its screen to NAME.svg."""

    async def run() -> None:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            await script(pilot)
            (FOLDER / f"{name}.svg").write_text(app.export_screenshot(title=f"charrnn {name}"), "utf-8")

    asyncio.run(run())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["XDG_CONFIG_HOME"] = folder
        run = launch([], print)
        dashboard = Dashboard(RunFeed(run), owner=False)

        async def watch(pilot: Pilot[None]) -> None:
            while dashboard.monitor.history.progress.fraction < 0.5:
                await pilot.pause(0.2)
            await pilot.pause(1.2)

        async def sample(pilot: Pilot[None]) -> None:
            await pilot.press("t", "t", "t", "i", *"The harbour ", "escape")
            for _ in range(420):
                await pilot.press("right")
            await pilot.press(*["left"] * 9)

        async def inspect(pilot: Pilot[None]) -> None:
            await pilot.press("f4")
            await pilot.pause(3.0)

        take_picture(CharrnnApp(lambda app: app.push_screen(dashboard)), "dashboard", watch)
        while trainer_pid(run) is not None:
            asyncio.run(asyncio.sleep(0.5))
        model = OpenModel.open(run)
        take_picture(CharrnnApp(lambda app: app.push_screen(Sampler(model, seed=3))), "sampler", sample)
        take_picture(CharrnnApp(lambda app: app.show_model(model)), "inspector", inspect)


if __name__ == "__main__":
    main()
