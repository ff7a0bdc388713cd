"""Fixtures of the terminal UI's tests: applications driven without a terminal, and a recorded run."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest
from textual.app import App
from textual.pilot import Pilot

from charrnn.errors import RunError
from charrnn.run.commands import Command
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Event, GradientFlowMeasured, Sampled, Started, StepDone

HOSTILE = "[/b][red] \x1b[2J\x9b31m \u202eevil\u2066 \x00\x07 漢字 e\u0301 \U0001f600 end"
"""Text that a terminal would obey, or that a UI could take for markup."""
MAX_POLLS, POLL_SECONDS = 1500, 0.02


def read_screen(app: App[None]) -> str:
    """Return what is on the screen as text. The only public way, by way of an SVG, is slow."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def wait_until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the application run until a condition holds; fail with the screen if it never does."""
    for _ in range(MAX_POLLS):
        if condition():
            return
        await pilot.pause(POLL_SECONDS)
    pytest.fail(f"the condition never held; the screen was:\n{read_screen(pilot.app)}")


@dataclass(frozen=True)
class Driver:
    """An application, as a script of a test uses it."""

    app: App[None]
    pilot: Pilot[None]

    @property
    def text(self) -> str:
        return read_screen(self.app)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        await wait_until(self.pilot, condition)

    async def shows(self, *texts: str) -> None:
        """Wait until the screen shows all of the texts."""
        await self.until(lambda: all(text in self.text for text in texts))


Script: TypeAlias = Callable[[Driver], Awaitable[None]]


@pytest.fixture
def drive() -> Callable[..., None]:
    """A function that runs an application without a terminal, and a script over it."""

    def run(app: App[None], script: Script, size: tuple[int, int] = (80, 24)) -> None:
        async def run_script() -> None:
            async with app.run_test(size=size, notifications=True) as pilot:
                await pilot.pause()
                await script(Driver(app, pilot))

        asyncio.run(run_script())

    return run


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, which a test may change."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


@pytest.fixture
def runs_folder(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one run, `runs/tiny`."""
    shutil.copytree(tiny_run, tmp_path / "runs" / "tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class FakeFeed:
    """The feed of a run that exists only as a list of events; it records the commands that are sent."""

    path = Path("runs/fake")

    def __init__(self, events: Sequence[Event]) -> None:
        self.unread = list(events)
        self.trained = self.present = True
        self.sent: list[Command] = []

    def exists(self) -> bool:
        return self.present

    def read(self) -> Sequence[Event]:
        events, self.unread = self.unread, []
        return events

    def is_trained(self) -> bool:
        return self.trained

    def send(self, command: Command) -> None:
        if not self.trained:
            raise RunError("the run is not being trained")
        self.sent.append(command)

    def last_log_line(self) -> str:
        return ""


def step(number: int, loss: float = 2.0, *, clipped: bool = False) -> StepDone:
    return StepDone(number, number / 50, loss, 0.002, 0.5, 123_456.0, number / 300, number / 111, clipped)


def recorded_events() -> list[Event]:
    """Return the events of the first 120 steps of a run of 300."""
    events: list[Event] = [
        Started(0, 0.0, False, 85_067, 226_523, 25_170, 190_000.0, steps=300, minutes=None, best=None)
    ]
    for number in range(1, 121):
        events.append(step(number, 1.5 + 3.0 / number, clipped=number % 4 == 0))
        if number % 40 == 0:
            nats = 1.5 + 1.0 / number
            evaluation = Evaluation.from_nats(100 * nats, tokens=100, characters=100, unknown=0)
            events.append(Evaluated(number, number / 50, evaluation, best=True))
            events.append(Sampled(number, number / 50, f"sample at {number}. {HOSTILE}"))
    flow = tuple(tuple(10.0 ** (t - 30) for t in range(30)) for _ in range(2))
    return [*events, GradientFlowMeasured(120, 120 / 50, flow, (0.25, 0.125), 210_000_000)]


@pytest.fixture
def events() -> list[Event]:
    return recorded_events()


@pytest.fixture
def make_step() -> Callable[..., StepDone]:
    """A function that makes a training step from its number."""
    return step


@pytest.fixture
def feed(events: list[Event]) -> FakeFeed:
    """The feed of a run that is in training, at step 120 of 300."""
    return FakeFeed(events)
