"""Control and journal: who trains a run, what it is told by whom, and how its events come back from their lines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.config import Overrides, TextConfig
from charrnn.errors import RunError
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.commands import COMMANDS, Command, Mailbox, Pause, ScaleRate, Stop, send_command
from charrnn.run.events import CommandApplied, Event, Probed, Sampled, Saved
from charrnn.run.journal import Tail, append_event, open_journal, read_journal
from charrnn.run.lock import RunLock, trainer_pid

TINY = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=30, evaluate_every=10, threads=1)


def test_a_run_is_told_by_another_process_and_tells_who_trains_it(story: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    run = start_run(path, TextConfig((str(story),)), TINY)
    assert trainer_pid(path) is None
    program = "import sys; from charrnn.cli import main; sys.argv[1:] = ['tell', sys.argv[1], 'sample']; main()"
    steered = []
    for event in run.train():
        if event.kind == "step" and event.step == 15:
            assert trainer_pid(path) is not None
            subprocess.run([sys.executable, "-c", program, str(path)], check=True, timeout=60)
        if isinstance(event, CommandApplied):
            steered.append((event.step, event.command, event.outcome))
    assert steered == [(15, "sample", "done")]
    assert trainer_pid(path) is None


def test_a_run_has_one_trainer(story: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    training = start_run(path, TextConfig((str(story),)), TINY).train()
    next(training)
    with pytest.raises(RunError, match="charrnn watch"):
        resume_run(path)
    with pytest.raises(RunError, match="being trained"):
        RunLock(path)
    del training  # as if it had ended in the middle
    assert list(resume_run(path).train())[-1].step == 30


def test_nobody_listens_to_a_run_that_nobody_trains(tiny_run: Path) -> None:
    with pytest.raises(RunError, match="--resume"):
        send_command(tiny_run, Pause())


def test_what_is_no_command_is_passed_over_and_half_a_line_waits(tmp_path: Path) -> None:
    lock, mailbox = RunLock(tmp_path), Mailbox(tmp_path)
    path = tmp_path / "control" / "commands.jsonl"
    whole = json.dumps(ScaleRate(2.0).to_json()).encode()
    for rubbish in (
        b"{}\n",
        b"\xff\xfe\n",
        b'{"command": "rate"}\n',
        b'{"command": "rate", "factor": "2"}\n',
        b"[1\n",
    ):
        with path.open("ab") as file:
            file.write(rubbish + b"\n")
    assert mailbox.read() == []
    with path.open("ab") as file:
        file.write(whole[:5])
    assert mailbox.read() == []
    with path.open("ab") as file:
        file.write(whole[5:] + b"\n")
    assert mailbox.read() == [ScaleRate(2.0)]
    assert mailbox.read() == []
    lock.release()


def test_what_was_said_to_an_earlier_process_is_not_heard(tmp_path: Path) -> None:
    first = RunLock(tmp_path)
    Mailbox(tmp_path)
    send_command(tmp_path, Stop())
    first.release()
    second = RunLock(tmp_path)
    assert Mailbox(tmp_path).read() == []
    second.release()


def test_a_growing_journal_is_read_in_pieces_and_anew_when_it_is_replaced(tmp_path: Path) -> None:
    tail = Tail(tmp_path)
    assert tail.read() == []
    with open_journal(tmp_path) as journal:
        append_event(journal, Saved(1, 1.0))
        journal.write('{"event": "checkpoint", "st')
        assert tail.read() == [Saved(1, 1.0)]
        journal.write('ep": 2, "time": 2.0}\n')
    assert tail.read() == [Saved(2, 2.0)]
    (tmp_path / "metrics.jsonl").write_text('{"event": "checkpoint", "step": 3, "time": 3.0}\n', "utf-8")
    assert tail.read() == [Saved(3, 3.0)]


@given(
    st.builds(
        Probed,
        st.integers(0),
        st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False)).map(tuple)).map(tuple),
        st.lists(st.floats(0.0, 1.0)).map(tuple),
        st.integers(0),
    )
    | st.builds(Sampled, st.integers(0), st.floats(0.0, 1e9), st.text())
)
def test_events_come_back_from_their_lines(event: Event) -> None:
    assert Event.from_json(json.loads(json.dumps(event.to_json()))) == event


@pytest.mark.parametrize(
    "command", [ScaleRate(0.8), *(kind() for kind in COMMANDS.values() if kind is not ScaleRate)]
)
def test_commands_come_back_from_their_lines(command: Command) -> None:
    assert Command.from_json(json.loads(json.dumps(command.to_json()))) == command


def test_a_run_looks_inside_itself(tiny_run: Path) -> None:
    probes = [event for event in read_journal(tiny_run) if isinstance(event, Probed)]
    assert probes
    assert len(probes[0].gradient_flow) == 2  # layers
    assert len(probes[0].gradient_flow[0]) == 16  # steps of the window
    assert probes[0].gradient_flow[1][-1] > 0.0
    assert all(0.0 <= share <= 1.0 for share in probes[0].saturated)
    assert probes[0].memory > 1 << 20


def test_a_run_that_another_process_went_on_with_is_gone_on_with_from_there(story: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    list(start_run(path, TextConfig((str(story),)), TINY).train())
    late = resume_run(path, overrides=Overrides(steps=45))
    list(resume_run(path, overrides=Overrides(steps=40)).train())
    steps = [event.step for event in late.train() if event.kind == "step"]
    assert steps == list(range(41, 46))


def test_a_text_that_has_moved_is_remembered_where_it_is_now(story: Path, tmp_path: Path) -> None:
    old, new, path = tmp_path / "old.txt", tmp_path / "new.txt", tmp_path / "run"
    old.write_bytes(story.read_bytes())
    list(start_run(path, TextConfig((str(old),)), TINY).train())
    old.rename(new)
    list(resume_run(path, sources=(str(new),), overrides=Overrides(steps=35)).train())
    assert list(resume_run(path, overrides=Overrides(steps=40)).train())[-1].step == 40


def test_a_lock_that_cannot_be_read_is_no_trainer(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("a plain file", "utf-8")
    assert trainer_pid(tmp_path) is None


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("dance",), 2, "pause"),
        (("rate",), 2, "factor"),
        (("rate", "-1"), 2, ""),
        (("rate", "nan"), 2, "factor"),
        (("stop", "2"), 2, "no factor"),
        (("stop",), 1, "--resume"),
    ],
)
def test_what_a_run_cannot_be_told_is_said_in_one_line(
    tiny_run: Path, arguments: tuple[str, ...], code: int, word: str
) -> None:
    program = [sys.executable, "-m", "charrnn", "tell", str(tiny_run), *arguments]
    result = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert result.returncode == code
    assert word in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [("tell", "stop"), ("watch",), ("inspect",), ("complete", "x")])
def test_what_is_no_run_is_refused_as_such(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)))
    for name in ("file", "nothere"):
        program = [sys.executable, "-m", "charrnn", command[0], name, *command[1:]]
        result = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert (result.returncode, "is not a run" in result.stderr) == (1, True), result.stderr
