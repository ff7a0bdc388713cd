"""Commands: they come back from their JSON, and reach the process that trains the run and no later one."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.errors import RunError
from charrnn.run import commands
from charrnn.run.commands import (
    COMMANDS,
    Command,
    Mailbox,
    Pause,
    RestoreBest,
    Resume,
    SaveNow,
    ScaleRate,
    Stop,
    send_command,
)
from charrnn.run.lock import RunLock


@pytest.mark.parametrize(
    "command", [ScaleRate(0.8), *(kind() for kind in COMMANDS.values() if kind is not ScaleRate)]
)
def test_commands_come_back_from_their_json(command: Command) -> None:
    assert Command.from_json(json.loads(json.dumps(command.to_json()))) == command


def test_commands_have_these_names() -> None:
    names = ["pause", "resume", "evaluate", "sample", "save", "rate", "restore-best", "stop"]
    assert list(COMMANDS) == names


@pytest.mark.parametrize(("old", "command"), [("go-on", Resume()), ("back", RestoreBest())])
def test_the_old_names_are_still_read(old: str, command: Command) -> None:
    assert Command.from_json({"command": old}) == command


def test_a_run_that_is_not_trained_takes_no_commands(tiny_run: Path) -> None:
    with pytest.raises(RunError, match="--resume"):
        send_command(tiny_run, Pause())


def test_a_mailbox_skips_other_lines_and_waits_for_the_rest_of_a_line(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    mailbox, path = Mailbox(tmp_path), tmp_path / "control" / "commands.jsonl"
    line = json.dumps(ScaleRate(2.0).to_json()).encode()
    other_lines = (b"{}", b"\xff\xfe", b'{"command": "rate"}', b'{"command": "rate", "factor": "2"}', b"[1", b"")
    with path.open("ab") as file:
        file.write(b"\n".join(other_lines) + b"\n")
    assert mailbox.read() == []
    with path.open("ab") as file:
        file.write(line[:5])
    assert mailbox.read() == []
    with path.open("ab") as file:
        file.write(line[5:] + b"\n")
    assert mailbox.read() == [ScaleRate(2.0)]
    assert mailbox.read() == []
    lock.release()


@pytest.mark.parametrize("command", [Stop(), SaveNow()])
@pytest.mark.parametrize("how", ["truncated", "replaced", "shortened"])
def test_commands_are_heard_after_their_file_was_truncated_or_replaced(
    how: str, command: Command, tmp_path: Path
) -> None:
    lock, mailbox, path = RunLock(tmp_path), Mailbox(tmp_path), tmp_path / "control" / "commands.jsonl"
    send_command(tmp_path, SaveNow())
    assert mailbox.read() == [SaveNow()]
    if how == "truncated":
        path.write_bytes(b"")
    elif how == "replaced":
        path.unlink()
    else:
        path.write_bytes(b"x\n")
    send_command(tmp_path, command)
    assert mailbox.read() == [command]
    assert mailbox.read() == []
    lock.release()


def test_a_command_that_cannot_be_written_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    lock = RunLock(tmp_path)
    monkeypatch.setattr(commands, "open_regular", fail)
    with pytest.raises(RunError, match=r"commands\.jsonl cannot be written: Read-only file system; make its folder"):
        send_command(tmp_path, Stop())
    lock.release()


def test_a_line_without_an_end_does_not_hide_the_commands_behind_it(tmp_path: Path) -> None:
    lock, mailbox = RunLock(tmp_path), Mailbox(tmp_path)
    with (tmp_path / "control" / "commands.jsonl").open("wb") as file:
        file.write(b"x" * 3_000_000 + b"\n")
    send_command(tmp_path, Stop())
    assert [command for _ in range(5) for command in mailbox.read()] == [Stop()]
    lock.release()


def test_commands_to_an_earlier_process_are_discarded(tmp_path: Path) -> None:
    lock, mailbox = RunLock(tmp_path), Mailbox(tmp_path)
    send_command(tmp_path, Stop())
    assert Mailbox(tmp_path).read() == []
    assert mailbox.read() == []
    lock.release()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("dance",), 2, "pause"),
        (("rate",), 2, "factor"),
        (("rate", "-1"), 2, ""),
        (("rate", "nan"), 2, "factor"),
        (("stop", "2"), 2, "no factor"),
        (("stop",), 1, "--resume"),
        (("go-on",), 1, "--resume"),
    ],
)
def test_a_command_that_cannot_be_sent_is_refused_in_one_line(
    tiny_run: Path, arguments: tuple[str, ...], code: int, word: str
) -> None:
    program = [sys.executable, "-m", "charrnn", "tell", str(tiny_run), *arguments]
    result = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert result.returncode == code
    assert word in result.stderr
    assert "Traceback" not in result.stderr
