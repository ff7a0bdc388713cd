"""The journal of a run, `metrics.jsonl`: one event a line, appended by who trains, read by who watches."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from charrnn.run.events import Event

NAME = "metrics.jsonl"
_STEP = b'{"event": "step"'
CHUNK = 1 << 18
"""Bytes that are read at once."""


def open_journal(run: Path) -> TextIO:
    """The journal, to append to; a line that a crash tore is closed first."""
    path = run / NAME
    torn = path.exists() and path.stat().st_size > 0 and not _ends_with_newline(path)
    file = path.open("a", buffering=1, encoding="utf-8", newline="\n")  # a line at a time, for who watches
    if torn:
        file.write("\n")
    return file


def append_event(file: TextIO, event: Event) -> None:
    file.write(json.dumps(event.to_json(), ensure_ascii=False) + "\n")


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


class Tail:
    """What a growing journal says that has not been read yet.

    A line that is not complete waits for its rest; one that is no event is passed over. After a crash and a resume
    the journal tells some steps again: the later lines are the ones that count.
    """

    def __init__(self, run: Path) -> None:
        self.path = run / NAME
        self._offset = 0
        self._rest = b""

    def read(self) -> list[Event]:
        """The next events, those of CHUNK bytes at most; empty when all is read, or there is no journal (yet)."""
        try:
            with self.path.open("rb") as file:
                if file.seek(0, 2) < self._offset:  # another file has taken its place
                    self._offset, self._rest = 0, b""
                file.seek(self._offset)
                data = file.read(CHUNK)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [event for line in lines if (event := parse_event(line)) is not None]

    def all(self) -> Iterator[Event]:
        """Everything up to the present end."""
        while True:
            before = self._offset
            yield from self.read()
            if self._offset == before:
                return


def parse_event(line: bytes) -> Event | None:
    """The event of a line; None if it is none."""
    try:
        return Event.from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None


def read_journal(run: Path) -> Iterator[Event]:
    """All events of a run so far."""
    return Tail(run).all()


def read_milestones(run: Path) -> list[Event]:
    """The events of a run that are more than a step, and the last one: quick, however long the journal is."""
    path = run / NAME
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    last_step = next((number for number in reversed(range(len(lines))) if lines[number].endswith(b"}")), -1)
    told = (line for number, line in enumerate(lines) if number == last_step or not line.startswith(_STEP))
    return [event for line in told if (event := parse_event(line)) is not None]
