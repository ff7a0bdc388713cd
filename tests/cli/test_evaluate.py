"""`charrnn eval`: its figures, checked against the library and the journal, and refusals."""

import json
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charrnn import LanguageModel

STORY = "".join(f"Der {n % 7}. Kahn Nr. {n} lief spät ein; über ihn fragte nun niemand.\n" for n in range(80))
Charrnn = Callable[..., subprocess.CompletedProcess[str]]
Values = Callable[..., dict[str, Any]]
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, charrnn: Charrnn) -> Path:
    """A folder with texts and two runs: `letters`, and `bytes`, which has two tokens for some characters."""
    folder = tmp_path_factory.mktemp("eval")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    (folder / "other.txt").write_text("Ein anderer Kahn, früher.\n" * 3, encoding="utf-8")
    for out, tokenizer in (("letters", "character"), ("bytes", "byte")):
        options = ("--hidden", 8, "--steps", 30, "--tokenizer", tokenizer, "--out", out, "--quiet")
        result = charrnn("train", "story.txt", *options, cwd=folder)
        assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def values_of(folder: Path, charrnn: Charrnn) -> Values:
    """A function that returns the object of `charrnn eval --json`."""

    def run(*arguments: object, stdin: str = "") -> dict[str, Any]:
        result = charrnn("eval", *arguments, "--json", cwd=folder, stdin=stdin)
        assert result.returncode == 0, result.stderr
        values: dict[str, Any] = json.loads(result.stdout)
        return values

    return run


@pytest.mark.parametrize("run", ["letters", "bytes"])
def test_the_figures_are_those_of_the_library(folder: Path, values_of: Values, run: str) -> None:
    text = (folder / "other.txt").read_text("utf-8")
    values = values_of(run, "other.txt")
    log_p = LanguageModel.load(folder / run).log_probabilities(text)
    nats = -math.fsum(map(float, log_p))
    assert tuple(values) == FIELDS
    unknown = sum(character not in STORY for character in text) if run == "letters" else 0
    assert (values["characters"], values["tokens"], values["unknown"]) == (len(text), len(log_p), unknown)
    assert values["nats_per_character"] == pytest.approx(nats / len(text), rel=1e-4)
    assert values["bits_per_character"] == pytest.approx(nats / len(text) / math.log(2), rel=1e-4)
    assert values["perplexity_per_character"] == pytest.approx(math.exp(nats / len(text)), rel=1e-4)
    assert values["nats_per_token"] == pytest.approx(nats / len(log_p), rel=1e-4)
    assert values["perplexity_per_token"] == pytest.approx(math.exp(nats / len(log_p)), rel=1e-4)


def test_losses_are_per_character_whatever_the_tokens_are(values_of: Values) -> None:
    values = values_of("bytes", "-", stdin="über")
    assert (values["characters"], values["tokens"]) == (4, 5)
    assert values["nats_per_character"] == pytest.approx(values["nats_per_token"] * 5 / 4)


def test_validation_gives_the_figures_of_the_journal(folder: Path, values_of: Values) -> None:
    lines = (folder / "letters" / "metrics.jsonl").read_text("utf-8").splitlines()
    evaluations = [event for event in map(json.loads, lines) if event["event"] == "evaluation"]
    best = min(evaluations, key=lambda event: float(event["nats_per_character"]))
    values = values_of("letters", "--validation")
    assert values == {name: pytest.approx(best[name], rel=1e-6) for name in FIELDS}


def test_standard_input_gives_the_figures_of_a_file(folder: Path, values_of: Values) -> None:
    text = (folder / "other.txt").read_text("utf-8")
    assert values_of("letters", "-", stdin=text) == values_of("letters", "other.txt")


def test_unknown_characters_are_counted_and_named_in_a_message(folder: Path, charrnn: Charrnn) -> None:
    result = charrnn("eval", "letters", "-", cwd=folder, stdin="Kahn 漢字\n")
    assert result.returncode == 0
    assert "2 of 8 tokens stand for characters that are unknown" in result.stderr
    figures = dict(line.split() for line in result.stdout.splitlines())
    assert tuple(figures) == FIELDS
    assert (figures["characters"], figures["unknown"]) == ("8", "2")


def test_another_model_and_baselines_are_compared_in_a_table(folder: Path, charrnn: Charrnn) -> None:
    command = ("eval", "letters", "other.txt", "--against", "bytes", "--baselines", "--keystrokes")
    result = charrnn(*command, cwd=folder)
    table = [line.split() for line in result.stdout.splitlines()[len(FIELDS) + 2 :]]
    assert [row[0] for row in table[:4]] == ["model", "bytes", "1-gram", "2-gram"]
    assert any(line.startswith("keystrokes for ") for line in result.stdout.splitlines())
    assert "model has 6 unknown characters; each costs only the probability of <unk>" in result.stderr


def test_a_shared_model_is_told_its_text_by_name(folder: Path, tmp_path: Path, charrnn: Charrnn) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        shutil.copy(folder / "letters" / name, shared)
    shutil.copy(folder / "story.txt", tmp_path / "elsewhere.txt")
    missing = charrnn("eval", "shared", "--validation", cwd=tmp_path)
    message = "is not here: there is no story.txt; name the file that holds it, as in: charrnn eval"
    assert (missing.returncode, message in missing.stderr) == (1, True)
    given = charrnn("eval", "shared", "elsewhere.txt", "--validation", "--mix", cwd=tmp_path)
    assert given.returncode == 0, given.stderr
    assert given.stdout == charrnn("eval", "letters", "--validation", "--mix", cwd=folder).stdout
    counted = charrnn("sample", "shared", "--ngram", 3, cwd=tmp_path)
    assert (counted.returncode, "there is no story.txt; work in the folder" in counted.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("letters",), 2, "name a text"),
        (("letters", "--validation", "--encoding", "utf-8"), 2, "leave --encoding out"),
        (("letters", "story.txt", "--keystrokes", "--words", "0"), 2, "--words"),
        (("letters", "absent.txt"), 2, "absent.txt"),
        (("letters", "story.txt", "--encoding", "klingon"), 2, "klingon"),
        (("letters", "story.txt", "--encoding", "utf-16"), 1, "utf-16"),
        (("letters", "story.txt", "--threads", "0"), 2, "--threads"),
        (("letters", "-"), 1, "empty"),
        (("letters", "other.txt", "--validation"), 1, "not the text that this run was trained on"),
        ((".", "story.txt"), 1, "not a run"),
        (("torn", "story.txt"), 1, "damaged"),
        (("wider", "story.txt"), 1, "does not fit"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(
    folder: Path, tmp_path: Path, charrnn: Charrnn, arguments: tuple[str, ...], code: int, message: str
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
    assert (result.returncode, result.stdout) == (code, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
