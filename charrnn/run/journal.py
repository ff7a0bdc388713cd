"""The journal of a run, `metrics.jsonl`: one event per line, appended by the process that trains.

After a crash and a resume, the journal has some steps twice; the later lines count.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from charrnn.run.events import Event

NAME = "metrics.jsonl"
CHUNK = 1 << 18
"""Bytes that are read at once."""
_STEP = b'{"event": "step"'


def open_journal(run: Path) -> TextIO:
    """Open the journal to append to it, after a newline if a crash has left half a line."""
    path = run / NAME
    torn = path.exists() and path.stat().st_size > 0 and not _ends_with_newline(path)
    file = path.open("a", buffering=1, encoding="utf-8", newline="\n")  # line by line, for other processes
    if torn:
        file.write("\n")
    return file


def append_event(file: TextIO, event: Event) -> None:
    file.write(json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False) + "\n")


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


class Tail:
    """A reader of a growing journal. It waits for the rest of a line, and skips lines that are not events."""

    def __init__(self, run: Path) -> None:
        self.path = run / NAME
        self._offset = 0
        self._rest = b""

    def read(self) -> list[Event]:
        """Return the next events, of at most CHUNK bytes; empty at the end, or while there is no journal."""
        try:
            with self.path.open("rb") as file:
                if file.seek(0, 2) < self._offset:  # the journal was replaced by another
                    self._offset, self._rest = 0, b""
                file.seek(self._offset)
                data = file.read(CHUNK)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return _parse(lines)

    def read_all(self) -> Iterator[Event]:
        """Yield all events up to the present end."""
        while True:
            offset = self._offset
            yield from self.read()
            if self._offset == offset:
                return


def read_journal(run: Path) -> Iterator[Event]:
    """Yield all events of a run so far."""
    return Tail(run).read_all()


def read_milestones(run: Path) -> list[Event]:
    """Return the last event and all that are not steps, which is fast even for a long journal."""
    path = run / NAME
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    last = next((number for number in reversed(range(len(lines))) if lines[number].endswith(b"}")), -1)
    return _parse([line for number, line in enumerate(lines) if number == last or not line.startswith(_STEP)])


def _parse(lines: list[bytes]) -> list[Event]:
    return [event for line in lines if (event := _parse_event(line)) is not None]


def _parse_event(line: bytes) -> Event | None:
    try:
        return Event.from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None
