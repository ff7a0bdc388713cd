"""What several test files share: a small text, and a small run trained on it once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot

from charrnn.config import Overrides, TextConfig
from charrnn.pipeline.start import start_run

STORY = "the old lamp at the end of the quay was lit by ottoline, who had never once been late.\n" * 60


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of some 5,000 characters that repeats itself."""
    path = tmp_path_factory.mktemp("text") / "story.txt"
    path.write_text(STORY, "utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of 120 steps."""
    path = tmp_path_factory.mktemp("runs") / "tiny"
    overrides = Overrides(hidden=24, layers=2, bptt=16, batch=8, steps=120, evaluate_every=40, threads=2, lr=0.01)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return path


@pytest.fixture(autouse=True)
def no_settings_of_ones_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theme and keys as they are without any settings, whoever runs the tests."""
    folder = str(tmp_path_factory.mktemp("settings"))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, folder)
    monkeypatch.delenv("NO_COLOR", raising=False)


def read_screen(app: App[None]) -> str:
    """What is on the screen, as text."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def wait_until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the application go on until something is so; the screen as it was, if that never comes."""
    for _ in range(1500):
        if condition():
            return
        await pilot.pause(0.02)
    pytest.fail(f"never came to be so:\n{read_screen(pilot.app)}")


@dataclass(frozen=True)
class Screen:
    """What a script sees and does."""

    app: App[None]
    pilot: Pilot[None]

    @property
    def text(self) -> str:
        return read_screen(self.app)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, *words: str) -> None:
        """Wait until all of the words are there."""
        await wait_until(self.pilot, lambda: all(word in self.text for word in words))


class Drive(Protocol):
    """Runs a script over an application of a given size."""

    def __call__(
        self, app: App[None], script: Callable[[Screen], Awaitable[None]], size: tuple[int, int] = ...
    ) -> None: ...


@pytest.fixture
def drive() -> Drive:
    """Run an application without a terminal, and a script over it."""

    def run(app: App[None], script: Callable[[Screen], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> None:
        async def play() -> None:
            async with app.run_test(size=size, notifications=True) as pilot:
                await pilot.pause()
                await script(Screen(app, pilot))

        asyncio.run(play())

    return run
