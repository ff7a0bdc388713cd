"""`charrnn tell`: commands to a run, their old names, and refusals."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from charrnn.errors import CharrnnError, RunError, UsageError
from charrnn.run import answers
from charrnn.run.answers import Answer
from charrnn.run.commands import COMMANDS, OLD_WORDS, Pause, SaveNow, ScaleRate, Stop
from charrnn.run.events import CommandApplied, Finished
from charrnn.run.lock import RunLock

Invoke = Callable[..., Result]


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of a run that a test may change."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


def sent(run: Path) -> list[str]:
    lines = (run / "control" / "commands.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["command"] for line in lines]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the answer of a run."""
    monkeypatch.setattr(answers, "PATIENCE", 0.0)


@pytest.mark.usefixtures("impatient")
def test_every_command_is_sent_to_a_run_that_is_being_trained(invoke: Invoke, run: Path) -> None:
    (run / "control" / "commands.jsonl").write_bytes(b"")
    lock = RunLock(run)
    for command in COMMANDS:
        result = invoke("tell", run, command, *(["0.5"] if command == "rate" else []))
        assert (result.exit_code, result.stdout) == (0, "")
        assert "the run has not answered within 5 s" in result.stderr
    lock.release()
    assert sent(run) == list(COMMANDS)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(Pause(), CommandApplied(7, 1.0, "pause", "done")), "step 7: pause done\n"),
        (
            Answer(ScaleRate(2.0), CommandApplied(1234, 1.0, "rate", "the learning rate is 2 times the schedule")),
            "step 1,234: rate: the learning rate is 2 times the schedule\n",
        ),
        (
            Answer(Stop(), CommandApplied(7, 1.0, "stop", "done"), Finished(7, 1.5, "stopped", None)),
            "step 7: stopped and saved\n",
        ),
        (Answer(Stop(), CommandApplied(7, 1.0, "stop", "done")), "step 7: stopping; the run is being saved\n"),
        (
            Answer(SaveNow(), evaluating=0.34),
            "the run is evaluating (34%), and does it when the evaluation ends\n",
        ),
        (Answer(SaveNow()), "the run has not answered within 5 s, and does it after the present step\n"),
    ],
)
def test_the_answer_of_the_run_is_printed(
    answer: Answer, message: str, invoke: Invoke, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "send_and_wait", lambda run, command: answer)
    result = invoke("tell", run, "pause")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", message)
    result = invoke("tell", run, "pause", "--json")
    if answer.applied is None:
        assert (result.stdout, result.stderr) == ("", message)
    else:
        assert (json.loads(result.stdout), result.stderr) == (answer.applied.to_json(), "")


def test_a_run_that_ends_before_it_answers_is_an_error(
    invoke: Invoke, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "send_and_wait", lambda run, command: Answer(command, is_trained=False))
    error = invoke("tell", run, "pause").exception
    assert isinstance(error, RunError)
    assert "has ended and takes no commands; resume it" in str(error)


@pytest.mark.usefixtures("impatient")
def test_the_names_of_before_version_0_5_are_understood(invoke: Invoke, run: Path) -> None:
    (run / "control" / "commands.jsonl").write_bytes(b"")
    lock = RunLock(run)
    for word in OLD_WORDS:
        assert invoke("tell", run, word).exit_code == 0
    lock.release()
    assert sent(run) == ["resume", "restore-best"]


def test_help_has_the_present_names_alone(invoke: Invoke) -> None:
    words = invoke("tell", "--help").stdout.split()
    assert "restore-best:" in words
    assert not {"go-on:", "back:"} & set(words)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("halt",), UsageError, "COMMAND must be one of pause, resume"),
        (("rate",), UsageError, "rate needs a factor above 0"),
        (("rate", "0"), UsageError, "rate needs a factor above 0"),
        (("rate", "inf"), UsageError, "rate needs a factor above 0"),
        (("pause", "2"), UsageError, "pause takes no factor; leave 2 out"),
        (("pause",), RunError, "is not being trained"),
    ],
)
def test_commands_that_cannot_be_sent_are_refused(
    invoke: Invoke, run: Path, arguments: tuple[str, ...], error: type[CharrnnError], message: str
) -> None:
    exception = invoke("tell", run, *arguments).exception
    assert type(exception) is error
    assert message in str(exception)


def test_a_folder_that_is_not_a_run_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    exception = invoke("tell", tmp_path, "pause").exception
    assert isinstance(exception, CharrnnError)
    assert "not a run" in str(exception)
