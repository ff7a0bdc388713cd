"""The dashboard over recorded events: what it shows at every size, and what its keys send to the run."""

from typing import Any

import pytest

from charrnn.run.commands import EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.run.events import CommandApplied, Finished, Recovered
from charrnn.tui.app import CharrnnApp
from charrnn.tui.screens.dashboard import RATE_FACTOR, Dashboard

SIZES = [(40, 24), (80, 24), (120, 40)]


def dashboard(feed: Any, *, owner: bool = False) -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Dashboard(feed, owner=owner)))


@pytest.mark.parametrize("size", SIZES)
def test_the_main_numbers_and_the_last_sample_are_shown_at_every_size(
    feed: Any, size: tuple[int, int], drive: Any
) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training", "sample at 120", "25/12%", "0.002", "123,456")
        assert all(len(line) == size[0] for line in screen.text.splitlines() if line.isascii())
        if size[0] > 40:
            await screen.shows("step 120 of 300, 40%", "2 s elapsed, 4 s left", "perplexity, best 4.52", "‖dL/dh‖")

    drive(dashboard(feed), script, size)


def test_numbers_have_their_full_names_where_there_is_room(feed: Any, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training loss, nats/token", "learning rate", "gradient norm", "clipped gradients     ")
        await screen.shows("nats per character", "‖dL/dh‖ by steps back")

    drive(dashboard(feed), script, (120, 40))


@pytest.mark.parametrize("size", SIZES)
def test_control_characters_in_a_sample_are_shown_as_escapes(feed: Any, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("[/b][red]", "\\x1b[2J")
        assert not set(screen.text) & set("\x1b\x9b\x00\x07\u202e\u2066")

    drive(dashboard(feed), script, size)


def test_keys_send_commands_to_the_run(feed: Any, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training")
        await screen.press("e", "s", "w", "plus", "minus", "b", "x", "space")
        feed.unread = [CommandApplied(120, 2.4, "pause", "done")]
        await screen.shows("paused", "step 120: pause")
        await screen.press("space")

    drive(dashboard(feed), script)
    rates = [ScaleRate(RATE_FACTOR), ScaleRate(1 / RATE_FACTOR)]
    assert feed.sent == [EvaluateNow(), SampleNow(), SaveNow(), *rates, RestoreBest(), Stop(), Pause(), Resume()]


def test_a_finished_run_takes_no_commands(feed: Any, drive: Any) -> None:
    feed.unread.append(Finished(300, 6.0, "done", 1.5))
    feed.trained = False

    async def script(screen: Any) -> None:
        await screen.shows("finished", "100%")
        await screen.press("e", "x", "space")
        assert "Evaluate" not in screen.text

    drive(dashboard(feed), script)
    assert feed.sent == []


def test_a_command_that_cannot_be_sent_is_a_notice(feed: Any, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training")
        feed.trained = False
        screen.app.screen.action_evaluate()
        await screen.shows("the run is not being trained")

    drive(dashboard(feed), script)


def test_an_interrupted_run_is_shown_with_the_command_that_resumes_it(feed: Any, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training")
        feed.trained = False
        await screen.shows("interrupted", "charrnn train --resume runs/fake")

    drive(dashboard(feed), script)


def test_a_deleted_run_is_reported_and_what_was_read_stays(feed: Any, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("training")
        feed.present = feed.trained = False
        await screen.shows("gone", "runs/fake was deleted", "sample at 120")

    drive(dashboard(feed), script)


def test_a_recovery_is_reported(feed: Any, drive: Any) -> None:
    feed.unread.append(Recovered(121, 2.5, "the loss is not finite", 100, 0.5, 1))

    async def script(screen: Any) -> None:
        await screen.shows("step 121: the loss is not finite; restored step 100")

    drive(dashboard(feed), script)


def test_keys_change_the_unit_scale_range_and_dots_of_the_chart(feed: Any, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("nats per character")
        await screen.press("u")
        await screen.shows("bits per character")
        await screen.press("u", "l", "r")
        await screen.shows("perplexity per character, logarithmic, last quarter")
        assert any("\u2800" < character <= "\u28ff" for character in screen.text)
        await screen.press("m", "m")
        assert not any("\u2800" < character <= "\u28ff" for character in screen.text)

    drive(dashboard(feed), script, (120, 40))


def test_any_size_is_drawn_and_the_data_return_with_the_room(feed: Any, drive: Any) -> None:
    unread, feed.unread = feed.unread, []

    async def script(screen: Any) -> None:
        await screen.shows("no data yet")
        feed.unread = unread
        for size in ((1, 1), (10, 3), (200, 60), (40, 10), (25, 50), (80, 24)):
            await screen.pilot.resize_terminal(*size)
            await screen.pilot.pause()
        await screen.shows("sample at 120")

    drive(dashboard(feed), script)


def test_the_owner_of_a_run_is_asked_and_may_leave_it_running(feed: Any, drive: Any) -> None:
    app = dashboard(feed, owner=True)

    async def script(screen: Any) -> None:
        await screen.shows("training")
        await screen.press("q")
        await screen.shows("The run is still training.")
        await screen.press("escape")
        assert app.is_running
        await screen.press("q")
        await screen.shows("The run is still training.")
        await screen.press("l")

    drive(app, script)
    assert feed.sent == []
    assert app.return_code == 0


def test_stop_and_save_waits_until_the_run_has_ended(feed: Any, drive: Any) -> None:
    app = dashboard(feed, owner=True)

    async def script(screen: Any) -> None:
        await screen.shows("training")
        await screen.press("q")
        await screen.shows("The run is still training.")
        await screen.press("s")
        await screen.shows("saving")
        assert feed.sent == [Stop()]
        assert app.is_running
        feed.unread, feed.trained = [Finished(120, 2.5, "stopped", 1.5)], False
        await screen.until(lambda: not app.is_running)

    drive(app, script)
