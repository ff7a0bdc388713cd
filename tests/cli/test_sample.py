"""`charrnn sample` as a program: determinism, prompts, what is on stdout, and refusals."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn import LanguageModel

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))


def charrnn(*arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, input=stdin, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run called `run`."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    options = ("--hidden", "8", "--steps", "20", "--out", "run", "--quiet")
    result = charrnn("train", "story.txt", *options, cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def sample(*arguments: str, cwd: Path, stdin: bytes = b"") -> str:
    result = charrnn("sample", "run", *arguments, cwd=cwd, stdin=stdin)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode("utf-8")


def test_a_seed_gives_the_text_that_the_library_gives(folder: Path) -> None:
    options = ("--temperature", "0.9", "--top-k", "9", "--top-p", "0.95", "--length", "200")
    first = sample("--prompt", "The ", "--seed", "3", *options, cwd=folder)
    assert sample("--prompt", "The ", "--seed", "3", *options, cwd=folder) == first
    assert sample("--prompt", "The ", "--seed", "4", *options, cwd=folder) != first
    model = LanguageModel.load(folder / "run")
    said = model.sample("The ", length=200, temperature=0.9, top_k=9, top_p=0.95, seed=3)
    assert first == "The " + said


def test_500_characters_follow_the_prompt_unless_told_otherwise(folder: Path) -> None:
    assert len(sample("--prompt", "boat", cwd=folder)) == 4 + 500
    assert sample("--prompt", "boat", "--length", "0", cwd=folder) == "boat"
    assert len(sample("--prompt", "boat", "--no-echo", "--length", "7", cwd=folder)) == 7


def test_a_prompt_on_standard_input_is_a_prompt(folder: Path) -> None:
    options = ("--seed", "1", "--length", "30")
    piped = sample("--prompt", "-", *options, cwd=folder, stdin=b"The boat\n")
    assert piped == sample("--prompt", "The boat\n", *options, cwd=folder)


def test_what_was_replaced_in_a_prompt_is_a_message(folder: Path) -> None:
    result = charrnn("sample", "run", "--prompt", "bóat 漢", "--length", "3", cwd=folder)
    assert result.stdout.decode("utf-8").startswith("boat 漢")
    assert "ó → o" in result.stderr.decode("utf-8")
    assert "1 character is unknown to the model (漢)" in result.stderr.decode("utf-8")


def test_json_holds_the_seed_that_gives_the_same_again(folder: Path) -> None:
    first = json.loads(sample("--prompt", "The ", "--length", "40", "--json", cwd=folder))
    assert list(first) == ["prompt", "text", "seed"]
    again = sample("--prompt", "The ", "--length", "40", "--seed", str(first["seed"]), cwd=folder)
    assert again == first["prompt"] + first["text"]


def test_temperature_zero_needs_no_seed(folder: Path) -> None:
    options = ("--temperature", "0", "--length", "50")
    assert sample(*options, cwd=folder) == sample(*options, cwd=folder)


def test_a_prompt_that_is_no_utf_8_does_not_end_in_a_traceback(folder: Path) -> None:
    argument = charrnn("sample", "run", "--prompt", "a\udcff", "--length", "3", cwd=folder)
    assert argument.returncode == 0
    assert argument.stdout.decode("utf-8").startswith("a\N{REPLACEMENT CHARACTER}")
    piped = charrnn("sample", "run", "--prompt", "-", cwd=folder, stdin=b"ab\xff")
    assert piped.returncode == 1
    assert piped.stderr == b"charrnn: the prompt is not UTF-8 at byte 2; convert it first\n"


def test_a_reader_that_goes_away_ends_it_without_a_word(folder: Path) -> None:
    command = [*PROGRAM, "sample", "run", "--length", "100000000"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_a_line(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, "sample", "run"]
        result = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 1
    assert result.stderr == b"charrnn: No space left on device; free some space, then try again\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "--length", "-1"), 2, b"--length"),
        (("run", "--seed", "-1"), 2, b"--seed"),
        (("run", "--temperature", "nan"), 2, b"--temperature"),
        (("run", "--temperature", "-1"), 2, b"--temperature"),
        (("run", "--top-k", "-1"), 2, b"--top-k"),
        (("run", "--top-p", "0"), 2, b"--top-p"),
        (("absent",), 1, b"not a run"),
        ((".",), 1, b"not a run"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    folder: Path, arguments: tuple[str, ...], code: int, words: bytes
) -> None:
    result = charrnn("sample", *arguments, cwd=folder)
    assert result.returncode == code
    assert result.stdout == b""
    assert words in result.stderr
    assert result.stderr.count(b"\n") == 1
