"""The program on a pseudo-terminal: the dashboard, leaving and losing it, and no control characters in the output."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from charrnn.run.commands import Stop, send_command
from charrnn.run.lock import trainer_pid
from charrnn.text.escape import visible

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
TINY = ("--hidden", "8", "--layers", "1", "--bptt", "8", "--batch", "4", "--threads", "1")
STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))
NASTY = "\x1b[31m\u202e\x9b" * 200
TIMEOUT = 60.0
OpenTerminal = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with two texts, one of them of control characters; training in it ends with the test."""
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    (tmp_path / "nasty.txt").write_text(NASTY, encoding="utf-8")
    yield tmp_path
    for config in tmp_path.rglob("config.json"):
        pid = trainer_pid(config.parent)
        if pid:
            os.kill(pid, signal.SIGKILL)


OPTIONS = ("--out", "run", *TINY, "--steps", "1000000")


def last_event(run: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((run / "metrics.jsonl").read_text("utf-8").splitlines()[-1])
    return event


def wait_until_ended(run: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while trainer_pid(run) is not None:
        assert time.monotonic() < deadline, "the run does not end"
        time.sleep(0.02)


def test_training_opens_a_dashboard_and_leaves_the_terminal_as_it_was(
    folder: Path, open_terminal: OpenTerminal
) -> None:
    with open_terminal("train", "story.txt", "--out", "run", *TINY, "--steps", "40", cwd=folder) as terminal:
        terminal.wait_for("finished")
        terminal.wait_for("per character")
        terminal.press(b"q")
        assert terminal.end() == 0
        text = terminal.text
    assert text.rindex("\x1b[?1049l") > text.rindex("\x1b[?1049h"), "the other screen stays open"
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor stays hidden"
    assert "the model is in run" in text[text.rindex("\x1b[?1049l") :]
    assert "2 × 8 tanh" in text or "1 × 8 tanh" in text


def test_a_run_that_is_stopped_from_its_dashboard_can_be_resumed(folder: Path, open_terminal: OpenTerminal) -> None:
    with open_terminal("train", "story.txt", *OPTIONS, cwd=folder) as terminal:
        terminal.wait_for("● training")
        terminal.press(b"q")
        terminal.wait_for("Stop it?")
        terminal.press(b"s")
        assert terminal.end() == 130
        assert "charrnn train --resume run" in terminal.text
        assert "Traceback" not in terminal.text
    finish = last_event(folder / "run")
    assert finish["reason"] == "stopped"
    resumed = [*PROGRAM, "train", "--resume", "run", "--steps", str(finish["step"] + 2), "--json", "--quiet"]
    result = subprocess.run(resumed, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert result.returncode == 0
    assert json.loads(result.stdout.splitlines()[-1])["step"] == finish["step"] + 2


def test_a_run_that_is_left_trains_on_and_can_be_watched_again(folder: Path, open_terminal: OpenTerminal) -> None:
    run = folder / "run"
    with open_terminal("train", "story.txt", *OPTIONS, cwd=folder) as terminal:
        terminal.wait_for("● training")
        terminal.press(b"q")
        terminal.wait_for("Stop it?")
        terminal.press(b"l")
        assert terminal.end() == 0
        assert "charrnn watch run" in terminal.text
    assert trainer_pid(run) is not None
    with open_terminal("watch", "run", cwd=folder) as terminal:
        terminal.wait_for("● training")
        terminal.press(b" ")
        terminal.wait_for("paused")
        terminal.press(b"x")
        terminal.wait_for("stopped")
        terminal.press(b"q")
        assert terminal.end() == 0
    wait_until_ended(run)
    assert last_event(run)["reason"] == "stopped"


def test_closing_the_terminal_does_not_end_the_run(folder: Path, open_terminal: OpenTerminal) -> None:
    run = folder / "run"
    with open_terminal("train", "story.txt", *OPTIONS, cwd=folder) as terminal:
        terminal.wait_for("● training")
    step = last_event(run)["step"]
    assert trainer_pid(run) is not None
    deadline = time.monotonic() + TIMEOUT
    while last_event(run)["step"] <= step + 5:
        assert time.monotonic() < deadline
    send_command(run, Stop())
    wait_until_ended(run)


def test_the_dashboard_reports_the_death_of_the_training_process(folder: Path, open_terminal: OpenTerminal) -> None:
    with open_terminal("train", "story.txt", *OPTIONS, cwd=folder) as terminal:
        terminal.wait_for("● training")
        process = trainer_pid(folder / "run")
        assert process
        os.kill(process, signal.SIGKILL)
        terminal.wait_for("interrupted")
        terminal.press(b"q")
        assert terminal.end() == 1
        assert "resume with: charrnn train --resume run" in terminal.text


def test_background_training_returns_at_once_and_watch_follows_it_in_a_pipe(folder: Path) -> None:
    started = [*PROGRAM, "train", "story.txt", *OPTIONS, "--background"]
    result = subprocess.run(started, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert result.returncode == 0, result.stderr
    assert "charrnn watch run" in result.stderr
    again = [*PROGRAM, "train", "--resume", "run"]
    refused = subprocess.run(again, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert refused.returncode == 1
    assert "is being trained by process" in refused.stderr
    watching = subprocess.Popen([*PROGRAM, "watch", "run", "--json"], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["event"] == "start"
    assert subprocess.run([*PROGRAM, "tell", "run", "stop"], cwd=folder, timeout=TIMEOUT).returncode == 0
    lines = watching.stdout.read().splitlines()
    assert json.loads(lines[-1])["event"] == "finish"
    assert watching.wait(timeout=TIMEOUT) == 0
    watching.stdout.close()


def test_watch_finds_the_run_that_is_being_trained(folder: Path) -> None:
    watch = [*PROGRAM, "watch", "--json"]
    none = subprocess.run(watch, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert (none.returncode, "name one" in none.stderr) == (2, True)
    options = ("--out", "runs/one", *TINY, "--steps", "1000000", "--background")
    assert subprocess.run([*PROGRAM, "train", "story.txt", *options], cwd=folder, timeout=TIMEOUT).returncode == 0
    watching = subprocess.Popen(watch, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["event"] == "start"
    send_command(folder / "runs" / "one", Stop())
    assert json.loads(watching.stdout.read().splitlines()[-1])["event"] == "finish"
    assert watching.wait(timeout=TIMEOUT) == 0
    watching.stdout.close()


@pytest.mark.parametrize("options", [(), ("--no-tui",), ("--tokenizer", "subword", "--no-tui")])
def test_ctrl_c_before_training_begins_leaves_nothing(
    folder: Path, open_terminal: OpenTerminal, options: tuple[str, ...]
) -> None:
    (folder / "long.txt").write_text(STORY * 5000, encoding="utf-8")
    with open_terminal("train", "long.txt", "--out", "run", *TINY, "--steps", "9", *options, cwd=folder) as terminal:
        terminal.wait_for("learning the vocabulary" if "subword" in options else "%")  # a short stage is not shown
        began = time.monotonic()
        terminal.press(b"\x03")
        assert terminal.end() == 130
        assert time.monotonic() - began < 5.0  # a second on an idle machine
        assert "Traceback" not in terminal.text
        assert "\x1b[?1049h" not in terminal.text
    assert not list(folder.glob("*run*"))


def test_errors_are_reported_before_the_dashboard_opens(folder: Path, open_terminal: OpenTerminal) -> None:
    with open_terminal("train", "nowhere.txt", cwd=folder) as terminal:
        assert terminal.end() == 2
        assert "nowhere.txt" in terminal.text
        assert "\x1b[?1049h" not in terminal.text
    with open_terminal("train", "story.txt", "--steps", "0", cwd=folder) as terminal:
        assert terminal.end() == 2


def test_play_opens_the_sampler_and_restores_the_terminal(folder: Path, open_terminal: OpenTerminal) -> None:
    quick = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--steps", "20", "--quiet"]
    assert subprocess.run(quick, cwd=folder, timeout=TIMEOUT, stdin=subprocess.DEVNULL).returncode == 0
    with open_terminal("play", "run", cwd=folder) as terminal:
        terminal.wait_for("sampler: run")
        terminal.press(b" ")
        terminal.wait_for("running")
        terminal.press(b"q")
        assert terminal.end() == 0
        assert "Traceback" not in terminal.text
    with open_terminal("play", "run", cwd=folder, term="dumb") as terminal:
        assert terminal.end() == 2
        assert "TERM is dumb" in terminal.text


@pytest.mark.parametrize(
    ("arguments", "stage"),
    [
        (("eval", "run", "long.txt"), "evaluating "),
        (("eval", "run", "long.txt", "--baselines"), "xz "),
        (("eval", "run", "long.txt", "--dynamic"), "dynamic evaluation "),
        (("inspect", "run", "long.txt", "--length", "3000000"), "reading "),
    ],
)
def test_long_work_shows_its_progress_and_ctrl_c_ends_it(
    folder: Path, open_terminal: OpenTerminal, arguments: tuple[str, ...], stage: str
) -> None:
    train = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--steps", "2", "--quiet"]
    assert subprocess.run(train, cwd=folder, timeout=TIMEOUT, stdin=subprocess.DEVNULL).returncode == 0
    (folder / "long.txt").write_text(STORY * (3_000_000 // len(STORY)), encoding="utf-8")
    with open_terminal(*arguments, cwd=folder) as terminal:
        terminal.wait_for(f"{stage}")
        terminal.wait_for("%")
        pressed = time.monotonic()
        terminal.press(b"\x03")
        assert terminal.end() == 130
        assert time.monotonic() - pressed < 3.0
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize(("arguments", "words"), [(("play", "run"), "sampler: run"), (("watch", "run"), "finished")])
def test_a_program_whose_terminal_is_gone_without_a_signal_ends(
    folder: Path, open_terminal: OpenTerminal, arguments: tuple[str, ...], words: str
) -> None:
    train = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--steps", "2", "--quiet"]
    assert subprocess.run(train, cwd=folder, timeout=TIMEOUT, stdin=subprocess.DEVNULL).returncode == 0
    with open_terminal(*arguments, cwd=folder, controlling=False) as terminal:
        terminal.wait_for(words)
        terminal.close()
        assert terminal.process.wait(timeout=20) in (0, 1)


def test_the_dashboard_works_without_colors(folder: Path, open_terminal: OpenTerminal) -> None:
    with open_terminal("train", "story.txt", *OPTIONS, cwd=folder, NO_COLOR="1") as terminal:
        terminal.wait_for("● training")
        terminal.press(b"x")
        terminal.wait_for("stopped")
        terminal.press(b"q")
        assert terminal.end() == 130
        assert not re.search(r"\x1b\[(38|48);2;(\d+);(?!\2)\d+;", terminal.text), "a color that is not gray"


@pytest.mark.parametrize(("term", "options"), [("dumb", ()), ("", ()), ("xterm", ("--no-tui",))])
def test_a_terminal_without_a_dashboard_gets_lines(
    folder: Path, open_terminal: OpenTerminal, term: str, options: tuple[str, ...]
) -> None:
    arguments = ("train", "story.txt", "--out", "run", *TINY, "--steps", "10", *options)
    with open_terminal(*arguments, cwd=folder, term=term) as terminal:
        assert terminal.end() == 0
        assert "step 10: done" in terminal.text
        assert "\x1b" not in terminal.text
        assert ("no dashboard, because TERM is" in terminal.text) == (not options)


def test_a_terminal_gets_no_control_characters(folder: Path, open_terminal: OpenTerminal) -> None:
    arguments = ("train", "nasty.txt", "--out", "run", *TINY, "--steps", "10", "--no-tui")
    with open_terminal(*arguments, cwd=folder) as terminal:
        assert terminal.end() == 0
        assert "\\u202e" in terminal.text
        assert "\u202e" not in terminal.text
        assert "\x9b" not in terminal.text
    with open_terminal(
        "sample", "run", "--length", "50", "--prompt", NASTY[:6], "--seed", "1", cwd=folder
    ) as terminal:
        assert terminal.end() == 0
        assert terminal.text.startswith("\\x1b[31m\\u202e")
        assert terminal.text.endswith("\n")
        assert "\x1b" not in terminal.text
    command = [*PROGRAM, "sample", "run", "--length", "50", "--prompt", NASTY[:6], "--seed", "1"]
    piped = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=TIMEOUT)
    assert piped.stdout.startswith(NASTY[:6])
    assert terminal.text == visible(piped.stdout) + "\r\n"


def test_json_and_errors_on_a_terminal_have_no_control_characters(folder: Path, open_terminal: OpenTerminal) -> None:
    train = [*PROGRAM, "train", "nasty.txt", "--out", "run", *TINY, "--steps", "2", "--quiet"]
    assert subprocess.run(train, cwd=folder, timeout=TIMEOUT, stdin=subprocess.DEVNULL).returncode == 0
    for arguments in (("sample", "run", "--prompt", NASTY[:20], "--json"), ("score", "run", "nasty.txt", "--json")):
        with open_terminal(*arguments, cwd=folder) as terminal:
            assert terminal.end() == 0
            assert "\\u009b" in terminal.text
            assert not set(terminal.text) & set(NASTY) - set("[31m")
    with open_terminal("sample", "run", "--\x9b\u202e", cwd=folder) as terminal:
        assert terminal.end() == 2
        assert terminal.text.startswith("charrnn: no such option: --\\x9b\\u202e")


def test_ctrl_c_ends_a_sample_while_it_is_generated(folder: Path, open_terminal: OpenTerminal) -> None:
    train = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--steps", "2", "--quiet"]
    assert subprocess.run(train, cwd=folder, timeout=TIMEOUT).returncode == 0
    with open_terminal("sample", "run", "--length", "1000000000", "--prompt", "boat", cwd=folder) as terminal:
        terminal.wait_for("boat")
        terminal.press(b"\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text
