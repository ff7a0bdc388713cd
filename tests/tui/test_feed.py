"""The feed of a run's folder."""

import shutil
from pathlib import Path

import pytest

from charrnn.errors import RunError
from charrnn.run.commands import Pause
from charrnn.run.events import Finished
from charrnn.tui.feed import RunFeed


def test_the_feed_of_a_finished_run_has_all_of_its_events_once(run: Path) -> None:
    feed = RunFeed(run)
    events = list(feed.read())
    assert isinstance(events[-1], Finished)
    assert list(feed.read()) == []
    assert not feed.is_trained()
    with pytest.raises(RunError, match="not being trained"):
        feed.send(Pause())


def test_a_deleted_run_no_longer_exists(run: Path) -> None:
    feed = RunFeed(run)
    assert feed.exists()
    shutil.rmtree(run)
    assert not feed.exists()
    assert list(feed.read()) == []
