"""The progress line: shown in place on a terminal, cleared at the end, and absent in a pipe."""

import io
import sys
from collections.abc import Callable

import pytest

from charrnn.cli.progress_line import ProgressLine


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function that shows (time, stage, share) on a stderr, and returns what is written to it."""

    def run(stderr: io.StringIO, *reports: tuple[float, str, float], enabled: bool = True) -> str:
        now = 0.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        monkeypatch.setattr(sys, "stderr", stderr)
        with ProgressLine(enabled=enabled) as line:
            for now, stage, share in reports:  # noqa: B007  (the clock reads it)
                line(stage, share)
        return stderr.getvalue()

    return run


def test_a_stage_is_updated_in_place_and_cleared_at_the_end(show: Callable[..., str]) -> None:
    reports = [(0.5, "reading", 0.1), (0.51, "reading", 0.2), (0.7, "reading", 0.345), (0.71, "encode", 0.0)]
    lines = show(Terminal(), *reports, (0.72, "encode", 1.0)).split("\r")
    assert lines == ["", "reading 10%", "reading 34%", "encode 0%  ", "encode…  ", "       ", ""]


def test_quick_work_shows_nothing(show: Callable[..., str]) -> None:
    assert show(Terminal(), (0.01, "reading", 0.5), (0.02, "reading", 1.0), (0.03, "encoding", 0.0)) == ""


def test_nothing_is_shown_in_a_pipe_or_if_it_is_disabled(show: Callable[..., str]) -> None:
    assert show(io.StringIO(), (1.0, "reading", 0.5)) == ""
    assert show(Terminal(), (1.0, "reading", 0.5), enabled=False) == ""


def test_a_message_takes_the_place_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("charrnn.cli.progress_line.SECONDS_BEFORE", 0.0)
    with ProgressLine() as line:
        line("reading", 0.5)
        line.print_message("a message")
    assert terminal.getvalue() == "\rreading 50%\r           \ra message\n"
