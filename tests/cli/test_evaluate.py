"""`charrnn eval` as a program: its fields, what they must equal, and refusals."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from charrnn import LanguageModel

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
STORY = "".join(f"Der {n % 7}. Kahn Nr. {n} lief spät ein; über ihn fragte nun niemand.\n" for n in range(80))
FIELDS = (
    "characters",
    "tokens",
    "unknown",
    "nats_per_character",
    "bits_per_character",
    "perplexity_per_character",
    "nats_per_token",
    "perplexity_per_token",
)


def charrnn(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", timeout=60
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text and two runs on it: `letters`, and `bytes`, which has two tokens for some characters."""
    folder = tmp_path_factory.mktemp("eval")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    (folder / "other.txt").write_text("Ein anderer Kahn, früher.\n" * 3, encoding="utf-8")
    for out, tokenizer in (("letters", "character"), ("bytes", "byte")):
        options = ("--hidden", "8", "--steps", "30", "--tokenizer", tokenizer, "--out", out, "--quiet")
        result = charrnn("train", "story.txt", *options, cwd=folder)
        assert result.returncode == 0, result.stderr
    return folder


def evaluated(*arguments: str, cwd: Path, stdin: str = "") -> dict[str, Any]:
    result = charrnn("eval", *arguments, "--json", cwd=cwd, stdin=stdin)
    assert result.returncode == 0, result.stderr
    values: dict[str, Any] = json.loads(result.stdout)
    return values


@pytest.mark.parametrize("run", ["letters", "bytes"])
def test_the_figures_are_those_of_the_library(folder: Path, run: str) -> None:
    text = (folder / "other.txt").read_text("utf-8")
    values = evaluated(run, "other.txt", cwd=folder)
    logp = LanguageModel.load(folder / run).log_probabilities(text)
    nats = -math.fsum(map(float, logp))
    assert tuple(values) == FIELDS
    strange = sum(each not in STORY for each in text) if run == "letters" else 0
    assert (values["characters"], values["tokens"], values["unknown"]) == (len(text), len(logp), strange)
    assert values["nats_per_character"] == pytest.approx(nats / len(text), rel=1e-4)
    assert values["bits_per_character"] == pytest.approx(nats / len(text) / math.log(2), rel=1e-4)
    assert values["perplexity_per_character"] == pytest.approx(math.exp(nats / len(text)), rel=1e-4)
    assert values["nats_per_token"] == pytest.approx(nats / len(logp), rel=1e-4)
    assert values["perplexity_per_token"] == pytest.approx(math.exp(nats / len(logp)), rel=1e-4)


def test_characters_are_counted_and_not_bytes(folder: Path) -> None:
    values = evaluated("bytes", "-", cwd=folder, stdin="über")
    assert (values["characters"], values["tokens"]) == (4, 5)
    assert values["nats_per_character"] == pytest.approx(values["nats_per_token"] * 5 / 4)


def test_the_validation_figure_of_training_can_be_checked(folder: Path) -> None:
    lines = (folder / "letters" / "metrics.jsonl").read_text("utf-8").splitlines()
    evaluations = [event for event in map(json.loads, lines) if event["event"] == "evaluation"]
    best = min(evaluations, key=lambda event: float(event["nats_per_character"]))
    values = evaluated("letters", "--validation", cwd=folder)
    assert values == {name: pytest.approx(best[name], rel=1e-6) for name in FIELDS}


def test_standard_input_reads_as_a_file_does(folder: Path) -> None:
    text = (folder / "other.txt").read_text("utf-8")
    assert evaluated("letters", "-", cwd=folder, stdin=text) == evaluated("letters", "other.txt", cwd=folder)


def test_unknown_characters_are_counted_and_told_as_a_message(folder: Path) -> None:
    result = charrnn("eval", "letters", "-", cwd=folder, stdin="Kahn 漢字\n")
    assert result.returncode == 0
    assert "2 of 8 tokens stand for characters that are unknown" in result.stderr
    words = dict(line.split() for line in result.stdout.splitlines())
    assert tuple(words) == FIELDS
    assert (words["characters"], words["unknown"]) == ("8", "2")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("letters",), 2, "name a text"),
        (("letters", "absent.txt"), 1, "absent.txt"),
        (("letters", "story.txt", "--encoding", "klingon"), 2, "klingon"),
        (("letters", "story.txt", "--encoding", "utf-16"), 1, "utf-16"),
        (("letters", "story.txt", "--threads", "0"), 2, "--threads"),
        (("letters", "-"), 1, "empty"),
        (("letters", "other.txt", "--validation"), 1, "not the text that this run was trained on"),
        (("absent", "story.txt"), 1, "not a run"),
        (("torn", "story.txt"), 1, "damaged"),
        (("wider", "story.txt"), 1, "does not fit"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_a_line(
    folder: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    config = (folder / "letters" / "config.json").read_text("utf-8")
    weights = (folder / "letters" / "model.safetensors").read_bytes()
    tokenizer = (folder / "letters" / "tokenizer.json").read_bytes()
    for name in ("torn", "wider"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tokenizer.json").write_bytes(tokenizer)
        (tmp_path / name / "config.json").write_text(
            config.replace('"hidden": 8', '"hidden": 9') if name == "wider" else config, encoding="utf-8"
        )
        (tmp_path / name / "model.safetensors").write_bytes(weights[:-100] if name == "torn" else weights)
    model = str(tmp_path / arguments[0]) if arguments[0] in ("torn", "wider") else arguments[0]
    result = charrnn("eval", model, *arguments[1:], cwd=folder)
    assert result.returncode == code
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
