"""The run monitor: it reads in short rounds, and says when something changed."""

from collections.abc import Callable
from typing import Any

from charrnn.run.events import Event, Finished, StepDone
from charrnn.run.status import Status
from charrnn.tui.run_monitor import RunMonitor


def test_a_refresh_is_true_only_after_a_change(feed: Any) -> None:
    monitor = RunMonitor(feed)
    assert monitor.refresh(10.0)
    assert not monitor.refresh(10.0)
    feed.trained = False
    assert monitor.refresh(10.0)
    statuses = [monitor.status]
    feed.unread = [Finished(120, 2.5, "stopped", 1.5)]
    assert monitor.refresh(10.0)
    assert [*statuses, monitor.status] == [Status.INTERRUPTED, Status.STOPPED]


def test_a_long_journal_is_read_in_several_rounds(feed: Any, make_step: Callable[..., StepDone]) -> None:
    rounds = [[make_step(1)], [make_step(2)], list[Event]()]
    feed.read = lambda: rounds.pop(0) if rounds else []
    monitor = RunMonitor(feed)
    monitor.refresh(0.0)
    assert monitor.has_unread
    assert monitor.history.progress.last_step == 1
    monitor.refresh(0.0)
    monitor.refresh(0.0)
    assert not monitor.has_unread
    assert monitor.history.progress.last_step == 2


def test_the_log_of_an_interrupted_run_is_quoted(feed: Any) -> None:
    feed.trained, feed.last_log_line = False, lambda: "disk full"
    monitor = RunMonitor(feed)
    monitor.refresh(10.0)
    assert monitor.message() == "interrupted: disk full; resume it: charrnn train --resume runs/fake"
