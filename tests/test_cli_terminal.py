"""The commands on a terminal, end to end: live progress, Ctrl-C, and nothing on it that it would obey."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from charrnn.text.shown import visible

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
TINY = ("--hidden", "8", "--layers", "1", "--bptt", "8", "--batch", "4", "--threads", "1")
STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))
NASTY = "\x1b[31m\u202e\x9b" * 200
PATIENCE = 60.0


class Terminal:
    """A program on a pseudo-terminal of 24 × 80; `text` is what it has shown."""

    def __init__(self, *arguments: str, cwd: Path, term: str = "xterm-256color") -> None:
        self._keys, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=cwd,
            env=environment | {"TERM": term},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(terminal)
        self._shown = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._keys)

    @property
    def text(self) -> str:
        return self._shown.decode("utf-8", "replace")

    def press(self, keys: bytes) -> None:
        os.write(self._keys, keys)

    def wait_for(self, words: str) -> None:
        while words not in self.text:
            assert self._read(), f"ended without {words!r}: {self.text!r}"

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._keys], [], [], PATIENCE)
        assert ready, f"silent for {PATIENCE} s after {self.text!r}"
        try:
            more = os.read(self._keys, 65536)
        except OSError:  # Linux's word for the end of a terminal
            more = b""
        self._shown += more
        return bool(more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two texts, one of which a terminal would obey."""
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    (tmp_path / "nasty.txt").write_text(NASTY, encoding="utf-8")
    return tmp_path


def test_training_shows_live_progress_and_leaves_the_terminal_as_it_was(folder: Path) -> None:
    with Terminal("train", "story.txt", "--out", "run", *TINY, "--steps", "40", cwd=folder) as terminal:
        assert terminal.end() == 0
        text = terminal.text
    assert re.search(r"\x1b\[1A", text), "nothing was redrawn"
    for words in (
        "step 40 of 40, 100%",
        "loss ",
        "characters/s, rate",
        "gone",
        "left",
        "validation",
        "best",
    ):
        assert words in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor stays hidden"
    assert "the model is in run" in text


def test_ctrl_c_saves_the_run_and_tells_how_to_go_on(folder: Path) -> None:
    options = ("--out", "run", *TINY, "--steps", "1000000")
    with Terminal("train", "story.txt", *options, cwd=folder) as terminal:
        terminal.wait_for("characters/s, rate")
        terminal.press(b"\x03")
        assert terminal.end() == 130
        assert "charrnn train --resume run" in terminal.text
        assert "Traceback" not in terminal.text
    finish = json.loads((folder / "run" / "metrics.jsonl").read_text("utf-8").splitlines()[-1])
    assert finish["reason"] == "stopped"
    resumed = [*PROGRAM, "train", "--resume", "run", "--steps", str(finish["step"] + 2), "--json", "--quiet"]
    result = subprocess.run(resumed, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0
    assert json.loads(result.stdout.splitlines()[-1])["step"] == finish["step"] + 2


@pytest.mark.parametrize(("term", "options"), [("dumb", ()), ("", ()), ("xterm", ("--no-tui",))])
def test_a_terminal_that_cannot_redraw_or_must_not_has_lines(
    folder: Path, term: str, options: tuple[str, ...]
) -> None:
    arguments = ("train", "story.txt", "--out", "run", *TINY, "--steps", "10", *options)
    with Terminal(*arguments, cwd=folder, term=term) as terminal:
        assert terminal.end() == 0
        assert "step 10: done" in terminal.text
        assert "\x1b" not in terminal.text


@pytest.mark.parametrize("options", [(), ("--no-tui",)])
def test_a_terminal_never_gets_what_it_would_obey(folder: Path, options: tuple[str, ...]) -> None:
    arguments = ("train", "nasty.txt", "--out", "run", *TINY, "--steps", "10", *options)
    with Terminal(*arguments, cwd=folder) as terminal:
        assert terminal.end() == 0
        assert "\\u202e" in terminal.text
        assert "\u202e" not in terminal.text
        assert "\x9b" not in terminal.text
    with Terminal("sample", "run", "--length", "50", "--prompt", NASTY[:6], "--seed", "1", cwd=folder) as terminal:
        assert terminal.end() == 0
        assert terminal.text.startswith("\\x1b[31m\\u202e")
        assert terminal.text.endswith("\n")
        assert "\x1b" not in terminal.text
    command = [*PROGRAM, "sample", "run", "--length", "50", "--prompt", NASTY[:6], "--seed", "1"]
    piped = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=PATIENCE)
    assert piped.stdout.startswith(NASTY[:6])
    assert terminal.text == visible(piped.stdout) + "\r\n"


def test_a_sample_comes_letter_by_letter_and_ctrl_c_ends_it(folder: Path) -> None:
    train = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--steps", "2", "--quiet"]
    assert subprocess.run(train, cwd=folder, timeout=PATIENCE).returncode == 0
    with Terminal("sample", "run", "--length", "1000000000", "--prompt", "boat", cwd=folder) as terminal:
        terminal.wait_for("boat")
        terminal.press(b"\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text


def test_runs_are_a_table_on_a_terminal(folder: Path) -> None:
    train = [*PROGRAM, "train", "story.txt", *TINY, "--steps", "2", "--quiet"]
    assert subprocess.run(train, cwd=folder, timeout=PATIENCE).returncode == 0
    with Terminal("runs", cwd=folder) as terminal:
        assert terminal.end() == 0
        assert "parameters" in terminal.text
        assert "runs/story" in terminal.text
