"""The journal of a run, `metrics.jsonl`: one event per line, appended by the process that trains.

After a crash and a resume, the journal has some steps twice; the later lines count.
"""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from charrnn.errors import CharrnnError
from charrnn.run.events import Event
from charrnn.run.files import naming, open_regular

NAME = "metrics.jsonl"
CHUNK = 1 << 18
"""Number of bytes that are read at a time."""
LONGEST_LINE = 1 << 22
"""Length of the longest line in bytes; longer lines are skipped."""
_STEP = b'{"event": "step"'


def open_journal(run: Path) -> IO[str]:
    """Open the journal to append to it; complete a line that a crash has cut by a newline."""
    path = run / NAME
    torn = path.exists() and not _ends_with_newline(path)
    with naming(path):
        file: IO[str] = open_regular(path, "a", buffering=1, encoding="utf-8", newline="\n")  # for other processes
        if torn:
            file.write("\n")
    return file


@contextmanager
def closing_journal(run: Path) -> Iterator[IO[str]]:
    """Open the journal to append to it, and close it; OSError with the name of the file if that fails."""
    journal = open_journal(run)
    try:
        yield journal
    finally:
        with naming(run / NAME):
            journal.close()


def append_event(file: IO[str], event: Event) -> None:
    """Append the line of an event; OSError with the name of the file if it cannot be written."""
    with naming(Path(file.name)):
        file.write(json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False) + "\n")


def _ends_with_newline(path: Path) -> bool:
    """Return True if the last byte of a file is a newline, or if it is empty."""
    with open_regular(path) as file:
        if file.seek(0, 2) == 0:
            return True
        file.seek(-1, 2)
        return bool(file.read(1) == b"\n")


class Tail:
    """Reader of a growing journal. An incomplete line is read later; lines that are not events are skipped."""

    def __init__(self, run: Path) -> None:
        self.path = run / NAME
        self._lines = _Lines(self.path)

    def read(self) -> list[Event]:
        """Return the next events, of about CHUNK bytes; empty at the end, or while there is no journal."""
        while (lines := self._lines.read()) is not None:
            if events := _parse(lines):
                return events
        return []

    def read_all(self) -> Iterator[Event]:
        """Yield all events up to the present end."""
        while events := self.read():
            yield from events

    def skip_to_end(self) -> None:
        """Skip all lines up to the present end."""
        self._lines.skip_to_end()


def read_journal(run: Path) -> Iterator[Event]:
    """Yield all events of a run so far."""
    return Tail(run).read_all()


def read_milestones(run: Path) -> Iterator[Event]:
    """Yield all events that are not steps, and the last event, which is fast even for a long journal."""
    lines, last = _Lines(run / NAME), b""
    while (chunk := lines.read()) is not None:
        for line in chunk:
            if not line.startswith(_STEP):
                yield from _parse([line])
                last = b""
            elif line.endswith(b"}"):
                last = line
    yield from _parse([last])


class _Lines:
    """A reader of the complete lines of a growing file, in linear time and bounded memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._restart(0)

    def _restart(self, inode: int) -> None:
        self._inode, self._offset, self._rest, self._rest_length = inode, 0, list[bytes](), 0

    def read(self) -> list[bytes] | None:
        """Return the lines that end in the next CHUNK bytes; None at the end, or while there is no file."""
        try:
            with open_regular(self._path) as file:
                status = os.fstat(file.fileno())
                if status.st_size < self._offset or status.st_ino != self._inode:  # truncated or replaced
                    self._restart(status.st_ino)
                file.seek(self._offset)
                data: bytes = file.read(CHUNK)
        except (OSError, CharrnnError):
            return None
        if not data:
            return None
        self._offset += len(data)
        return self._split(data)

    def skip_to_end(self) -> None:
        """Skip everything up to the present end."""
        with suppress(OSError):
            status = self._path.stat()
            self._restart(status.st_ino)
            self._offset = status.st_size

    def _split(self, data: bytes) -> list[bytes]:
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._rest, lines[0]]) if self._rest_length <= LONGEST_LINE else b""
            self._rest, self._rest_length = [], 0
        self._rest_length += len(rest)
        if self._rest_length <= LONGEST_LINE:
            self._rest.append(rest)
        else:
            self._rest = []
        return lines


def _parse(lines: list[bytes]) -> list[Event]:
    return [event for line in lines if (event := _parse_event(line)) is not None]


def _parse_event(line: bytes) -> Event | None:
    """Return the event of a line; None if the line is not an event, or its time is not finite."""
    try:
        event = Event.from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return event if event is not None and math.isfinite(event.time) else None
