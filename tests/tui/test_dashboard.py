"""The dashboard over recorded events: what it shows at every size, what its keys tell the run, what becomes of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from charrnn.errors import RunError
from charrnn.run.commands import Command, EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import (
    CommandApplied,
    Evaluated,
    Event,
    Finished,
    Probed,
    Recovered,
    Sampled,
    Started,
    StepDone,
)
from charrnn.tui.app import CharrnnApp
from charrnn.tui.history import History
from charrnn.tui.screens.dashboard import RATE_STEP, Dashboard

SIZES = [(40, 24), (80, 24), (120, 40)]
HOSTILE = "[/b][red] \x1b[2J\x9b31m \u202eevil\u2066 \x00\x07 漢字 e\u0301 \U0001f600 end"
STARTED = Started(0, 0.0, False, 85_067, 226_523, 25_170, 190_000.0, steps=300, minutes=None, best=None)


def step(number: int, loss: float = 2.0, *, clipped: bool = False) -> StepDone:
    return StepDone(number, number / 50, loss, 0.002, 0.5, 123_456.0, number / 300, number / 111, clipped)


def evaluated(number: int, nats: float = 1.5, *, best: bool = True) -> Evaluated:
    evaluation = Evaluation.from_nats(100 * nats, tokens=100, characters=100, unknown=0)
    return Evaluated(number, number / 50, evaluation, best)


def recorded(until: int = 120) -> list[Event]:
    events: list[Event] = [STARTED]
    for number in range(1, until + 1):
        events.append(step(number, 1.5 + 3.0 / number, clipped=number % 4 == 0))
        if number % 40 == 0:
            events += [
                evaluated(number, 1.5 + 1.0 / number),
                Sampled(number, number / 50, f"said at {number}. {HOSTILE}"),
            ]
    flow = tuple(tuple(10.0 ** (t - 30) for t in range(30)) for _ in range(2))
    return [*events, Probed(until, until / 50, flow, (0.25, 0.125), 210_000_000)]


class FakeFeed:
    """A run that says what it is given, and remembers what it was told."""

    def __init__(self, events: Sequence[Event], trainer: int | None = 4711) -> None:
        self.waiting, self.process, self.there = list(events), trainer, True
        self.told: list[Command] = []

    name = "runs/fake"

    def exists(self) -> bool:
        return self.there

    def read(self) -> Sequence[Event]:
        events, self.waiting = self.waiting, []
        return events

    def trainer(self) -> int | None:
        return self.process

    def send(self, command: Command) -> None:
        if self.process is None:
            raise RunError("nobody listens")
        self.told.append(command)

    def last_log_line(self) -> str:
        return ""


def dashboard(feed: FakeFeed, *, owner: bool = False) -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Dashboard(feed, owner=owner)))


@pytest.mark.parametrize("size", SIZES)
def test_what_people_look_for_is_there_at_every_size(size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training", "said at 120", "25/12%", "0.002", "123,456")
        assert all(len(line) == size[0] for line in screen.text.splitlines() if line.isascii())
        if size[0] > 40:
            await screen.shows("step 120 of 300, 40%", "2 s elapsed, 4 s left", "perplexity, best 4.52", "‖dL/dh‖")

    drive(dashboard(FakeFeed(recorded())), script, size)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_that_a_model_says_is_obeyed(size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("[/b][red]", "\\x1b[2J")
        assert not set(screen.text) & set("\x1b\x9b\x00\x07\u202e\u2066")

    drive(dashboard(FakeFeed(recorded())), script, size)


def test_keys_steer_the_run(drive: Any) -> None:
    feed = FakeFeed(recorded())

    async def script(screen: Any) -> None:
        await screen.shows("training")
        await screen.press("e", "s", "w", "plus", "minus", "b", "x", "space")
        feed.waiting = [CommandApplied(120, 2.4, "pause", "done")]
        await screen.shows("paused", "step 120: pause")
        await screen.press("space")

    drive(dashboard(feed), script)
    rates = [ScaleRate(RATE_STEP), ScaleRate(1 / RATE_STEP)]
    assert feed.told == [EvaluateNow(), SampleNow(), SaveNow(), *rates, RestoreBest(), Stop(), Pause(), Resume()]


def test_a_run_that_is_over_cannot_be_steered(drive: Any) -> None:
    feed = FakeFeed([*recorded(), Finished(300, 6.0, "done", 1.5)], trainer=None)

    async def script(screen: Any) -> None:
        await screen.shows("finished", "100%")
        await screen.press("e", "x", "space")
        assert "Evaluate" not in screen.text

    drive(dashboard(feed), script)
    assert feed.told == []


def test_a_trainer_that_dies_is_told_with_what_to_do(drive: Any) -> None:
    feed = FakeFeed(recorded())

    async def script(screen: Any) -> None:
        await screen.shows("training")
        feed.process = None
        await screen.shows("broken off", "charrnn train --resume runs/fake")

    drive(dashboard(feed), script)


def test_a_folder_that_disappears_is_told_and_what_was_read_stays(drive: Any) -> None:
    feed = FakeFeed(recorded())

    async def script(screen: Any) -> None:
        await screen.shows("training")
        feed.there, feed.process = False, None
        await screen.shows("not there any more", "said at 120")

    drive(dashboard(feed), script)


def test_a_recovery_is_told(drive: Any) -> None:
    events = [*recorded(), Recovered(121, 2.5, "the loss is not finite", 100, 0.5, 1)]

    async def script(screen: Any) -> None:
        await screen.shows("step 121: the loss is not finite; back to step 100")

    drive(dashboard(FakeFeed(events)), script)


def test_the_chart_changes_its_unit_scale_range_and_marks(drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("nats a character")
        await screen.press("u")
        await screen.shows("bits a character")
        await screen.press("u", "l", "r")
        await screen.shows("perplexity a character, logarithmic, the last quarter")
        await screen.press("m", "m")
        assert not any("\u2800" <= each <= "\u28ff" for each in screen.text)

    drive(dashboard(FakeFeed(recorded())), script, (120, 40))


def test_it_survives_any_resize_and_an_empty_run(drive: Any) -> None:
    feed = FakeFeed([])

    async def script(screen: Any) -> None:
        await screen.shows("nothing yet")
        feed.waiting = recorded()
        for size in ((1, 1), (10, 3), (200, 60), (40, 10), (25, 50), (80, 24)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause()
        await screen.shows("said at 120")

    drive(dashboard(feed), script)


def test_leaving_a_run_of_ones_own_asks_and_lets_it_train_on(drive: Any) -> None:
    feed = FakeFeed(recorded())
    app = dashboard(feed, owner=True)

    async def script(screen: Any) -> None:
        await screen.shows("training")
        await screen.press("q")
        await screen.shows("What becomes of it?")
        await screen.press("escape")
        assert app.is_running
        await screen.press("q")
        await screen.shows("What becomes of it?")
        await screen.press("l")

    drive(app, script)
    assert feed.told == []
    assert app.return_code == 0


def test_stop_and_save_waits_until_the_run_has_ended(drive: Any) -> None:
    feed = FakeFeed(recorded())
    app = dashboard(feed, owner=True)

    async def script(screen: Any) -> None:
        await screen.shows("training")
        await screen.press("q")
        await screen.shows("What becomes of it?")
        await screen.press("s")
        await screen.shows("saving")
        assert feed.told == [Stop()]
        feed.waiting, feed.process = [Finished(120, 2.5, "stopped", 1.5)], None
        while app.is_running:
            await screen.pilot.pause(0.02)

    drive(app, script)


@pytest.mark.parametrize("size", SIZES)
def test_there_is_help(size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("f1")
        await screen.shows("Dashboard")
        await screen.press("escape")
        await screen.shows("training")

    drive(dashboard(FakeFeed(recorded())), script, size)


def test_a_step_that_is_told_again_takes_the_place_of_what_came_after() -> None:
    history = History()
    for event in [step(n, 5.0) for n in range(1, 3001)] + [step(n, 1.0) for n in range(1500, 1600)]:
        history.take(event)
    assert history.steps.column(0).tolist() == list(range(1, 1600))
    assert set(history.steps.column(1)[-100:]) == {1.0}


def test_the_share_of_clipped_gradients_is_of_the_last_steps() -> None:
    history = History()
    for event in recorded():
        history.take(event)
    assert history.clipped_share == 0.25
