"""`charrnn train` as a program: its streams, interruption, and resuming to the bit."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
TINY = ("--hidden", "8", "--layers", "1", "--bptt", "8", "--batch", "4", "--threads", "1")
LONG = "1000000"
STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to work in, with a text in it."""
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    return tmp_path


def charrnn(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=60)


def train(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    result = charrnn("train", *arguments, cwd=cwd)
    assert result.returncode == 0, result.stderr
    return result


def begin(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """A run that writes its events, and would not end by itself."""
    command = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--json", *arguments]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_until(process: subprocess.Popen[str], kind: str, step: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == kind and event["step"] >= step:
            return
    raise AssertionError(f"no {kind} at step {step}")


def journal(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def test_progress_goes_to_stderr_and_the_sample_to_stdout(folder: Path) -> None:
    (folder / "story.txt").write_bytes(b"\xef\xbb\xbf" + STORY.replace("\n", "\r\n").encode())
    result = train("story.txt", "--out", "my run", *TINY, "--steps", "30", "--evaluate-every", "10", cwd=folder)
    assert len(result.stdout) == 301
    assert result.stdout.endswith("\n"), "the next message begins a line"
    labels = [line.split()[0] for line in result.stderr.splitlines()[:8]]
    assert labels == ["text", "tokens", "network", "training", "speed", "run", "baseline", "step"]
    for words in (
        f"1 document, {len(STORY):,} characters",
        "byte order mark dropped in 1",
        "line ends turned into LF in 1",
        "utf-8",
        "vocabulary",
        "1 × 8 tanh",
        "30 steps",
        "characters/s",
        "nats per character on the validation text",
        "step 10: validation",
        "step 10: sample",
        "step 30: done",
        "charrnn sample 'my run'",
        "--resume 'my run'",
    ):
        assert words in result.stderr


def test_with_json_stdout_has_every_event_and_nothing_else(folder: Path) -> None:
    result = train("story.txt", "--out", "run", *TINY, "--steps", "12", "--json", "--quiet", cwd=folder)
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert events == journal(folder / "run")
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1], kinds.count("step")) == ("start", "finish", 12)
    assert {"evaluation", "sample", "checkpoint"} <= set(kinds)
    assert result.stderr == ""


def test_a_note_names_a_batch_that_was_reduced_to_fit_a_short_text(folder: Path) -> None:
    (folder / "short.txt").write_text("abcdefgh" * 4, encoding="utf-8")
    result = train("short.txt", "--out", "run", "--hidden", "8", "--steps", "2", cwd=folder)
    assert "note      the text is short" in result.stderr


def test_runs_without_out_are_named_after_the_text_and_numbered(folder: Path) -> None:
    first = train("story.txt", *TINY, "--steps", "2", cwd=folder)
    second = train("story.txt", *TINY, "--steps", "2", "--quiet", cwd=folder)
    assert "runs/story exists already" not in first.stderr
    assert second.stderr == "runs/story exists already, so this run is runs/story-2\n"
    assert sorted(path.name for path in (folder / "runs").iterdir()) == ["story", "story-2"]


def test_without_a_corpus_the_built_in_text_is_read(tmp_path: Path) -> None:
    train(*TINY, "--steps", "2", "--val-fraction", "0", cwd=tmp_path)
    config = json.loads((tmp_path / "runs" / "english" / "config.json").read_text("utf-8"))
    assert config["text"]["sources"] == ["english"]


def test_a_text_from_standard_input_must_be_given_again_to_resume(folder: Path) -> None:
    new = charrnn("train", "-", "--out", "run", *TINY, "--steps", "2", cwd=folder, stdin=STORY)
    assert new.returncode == 0, new.stderr
    without = charrnn("train", "--resume", "run", "--steps", "4", cwd=folder)
    assert without.returncode == 1
    again = charrnn("train", "-", "--resume", "run", "--steps", "4", cwd=folder, stdin=STORY)
    assert again.returncode == 0, again.stderr
    assert journal(folder / "run")[-1]["step"] == 4


def test_a_killed_run_resumes_to_the_bit_with_warm_up_and_weight_decay(folder: Path) -> None:
    options = (
        "--steps",
        "200",
        "--evaluate-every",
        "40",
        "--dropout",
        "0.2",
        "--warmup",
        "0.3",
        "--weight-decay",
        "0.5",
    )
    train("story.txt", "--out", "whole", *TINY, *options, "--quiet", cwd=folder)
    with begin(*options, cwd=folder) as process:
        read_until(process, "step", 125)
        process.kill()
    assert journal(folder / "run")[-1]["event"] != "finish"
    train("--resume", "run", "--quiet", cwd=folder)
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert (folder / "run" / name).read_bytes() == (folder / "whole" / name).read_bytes(), name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_run_and_a_second_signal_is_ignored(folder: Path, number: signal.Signals) -> None:
    with begin("--steps", LONG, cwd=folder) as process:
        read_until(process, "step", 5)
        process.send_signal(number)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "resume with: charrnn train --resume run" in stderr
    assert "Traceback" not in stderr
    finish = journal(folder / "run")[-1]
    assert finish["reason"] == "stopped"
    train("--resume", "run", "--steps", str(finish["step"] + 3), "--quiet", cwd=folder)
    assert journal(folder / "run")[-1]["step"] == finish["step"] + 3


def test_a_closed_pipe_stops_and_saves_the_run(folder: Path) -> None:
    with begin("--steps", LONG, cwd=folder) as process:
        read_until(process, "start", 0)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(timeout=60) == 141
    assert journal(folder / "run")[-1]["reason"] == "stopped"
    assert (folder / "run" / "checkpoints" / "last" / "training.safetensors").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout_stops_and_saves_the_run(folder: Path) -> None:
    command = [*PROGRAM, "train", "story.txt", "--out", "run", *TINY, "--steps", LONG, "--json", "--quiet"]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr == "charrnn: No space left on device; free some space, then try again\n"
    assert journal(folder / "run")[-1]["reason"] == "stopped"


def test_a_resumed_run_can_have_another_end_and_its_text_another_path(folder: Path) -> None:
    train("story.txt", "--out", "run", *TINY, "--steps", "4", "--quiet", cwd=folder)
    (folder / "story.txt").rename(folder / "moved.txt")
    train("moved.txt", "--resume", "run", "--steps", "6", "--quiet", cwd=folder)
    assert journal(folder / "run")[-1]["step"] == 6
    over = train("moved.txt", "--resume", "run", cwd=folder)
    assert "run is finished at step 6" in over.stderr


def test_more_steps_continue_a_finished_run(folder: Path) -> None:
    finished = train("story.txt", "--out", "run", *TINY, "--steps", "4", "--no-tui", cwd=folder)
    assert "charrnn train --resume run --more STEPS" in finished.stderr
    assert "add --more STEPS" in train("--resume", "run", cwd=folder).stderr
    train("--resume", "run", "--more", "3", "--quiet", cwd=folder)
    assert journal(folder / "run")[-1]["step"] == 7
    train("--resume", "run", "--more-minutes", "0.005", "--quiet", cwd=folder)
    assert journal(folder / "run")[-1]["step"] > 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("story.txt", "--more", "5"), "--more needs --resume; for a new run, give --steps or --minutes"),
        (("--resume", "run", "--more", "x"), "--more must be a whole number, got x"),
        (("--resume", "run", "--more", "0"), "--more must be at least 1, got 0"),
        (("--resume", "run", "--more-minutes", "-1"), "--more-minutes must be above 0, got -1"),
        (("--resume", "run", "--more", "5", "--steps", "9"), "give one of --more and --steps"),
    ],
)
def test_more_steps_that_cannot_be_meant_are_refused(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    train("story.txt", "--out", "run", *TINY, "--steps", "1", "--quiet", cwd=folder)
    result = charrnn("train", *arguments, "--no-tui", cwd=folder)
    assert (result.returncode, result.stderr) == (2, f"charrnn: {message}\n")


def test_a_run_ends_when_its_folder_is_deleted(folder: Path) -> None:
    with begin("--steps", LONG, "--evaluate-every", LONG, cwd=folder) as process:
        read_until(process, "step", 3)
        shutil.rmtree(folder / "run")
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read()
        assert "run was deleted or moved" in process.stderr.read().splitlines()[-1]
        assert process.wait(timeout=60) == 1
    assert not (folder / "run").exists()
