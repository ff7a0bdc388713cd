"""The run monitor: follows a run through its feed, a little at a time, so that the screen stays responsive."""

import time

from charrnn.run.status import Status, run_status
from charrnn.tui.feed import Feed
from charrnn.tui.history import History


class RunMonitor:
    """A run as of the last refresh: its history, its status, and whether a process trains it."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.history = History()
        self.is_trained = feed.is_trained()
        self.status = self._current_status()
        self.has_unread = True

    def refresh(self, seconds: float) -> bool:
        """Read events for at most about `seconds`; return True if anything changed.

        `has_unread` is True afterwards if the time was too short.
        """
        previous_status = self.status
        changed = self._read(time.monotonic() + seconds)
        self.is_trained = self.feed.is_trained()
        self.status = self._current_status()
        return changed or self.status != previous_status

    def _current_status(self) -> Status:
        return run_status(self.history.progress, trained=self.is_trained, exists=self.feed.exists())

    def _read(self, deadline: float) -> bool:
        changed = False
        while events := self.feed.read():
            changed = True
            for event in events:
                self.history.update(event)
            if time.monotonic() > deadline:
                self.has_unread = True
                return True
        self.has_unread = False
        return changed

    def message(self) -> str:
        """Return how to go on with a run that is gone or was interrupted, or else the last message of the run."""
        path = self.feed.path
        if self.status is Status.GONE:
            return f"{path} was deleted; this is what was read of it before"
        if self.status is Status.INTERRUPTED:
            reason = self.feed.last_log_line() or "its process ended"
            return f"interrupted: {reason}; resume it: charrnn train --resume {path}"
        return self.history.last_message
