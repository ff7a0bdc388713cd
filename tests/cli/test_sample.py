"""`charrnn sample`: reproducible samples, prompts, output and refusals."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from charrnn import LanguageModel

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))
Charrnn = Callable[..., subprocess.CompletedProcess[str]]
Sample = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, charrnn: Charrnn) -> Path:
    """A folder with a run called `run`."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    result = charrnn("train", "story.txt", "--hidden", 8, "--steps", 20, "--out", "run", "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def sample(folder: Path, charrnn: Charrnn) -> Sample:
    """A function that returns what `charrnn sample run` writes."""

    def run(*arguments: object, stdin: str = "") -> str:
        result = charrnn("sample", "run", *arguments, cwd=folder, stdin=stdin)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


def test_a_seed_gives_the_text_that_the_library_gives(folder: Path, sample: Sample) -> None:
    options = ("--temperature", 0.9, "--top-k", 9, "--top-p", 0.95, "--length", 200)
    text = sample("--prompt", "The ", "--seed", 3, *options)
    assert sample("--prompt", "The ", "--seed", 3, *options) == text
    assert sample("--prompt", "The ", "--seed", 4, *options) != text
    model = LanguageModel.load(folder / "run")
    assert text == "The " + model.sample("The ", length=200, temperature=0.9, top_k=9, top_p=0.95, seed=3)


def test_500_characters_follow_the_prompt_by_default(sample: Sample) -> None:
    assert len(sample("--prompt", "boat")) == 4 + 500
    assert sample("--prompt", "boat", "--length", 0) == "boat"
    assert len(sample("--prompt", "boat", "--no-echo", "--length", 7)) == 7


def test_a_sample_ends_before_the_string_of_stop(sample: Sample) -> None:
    options = ("--prompt", "boat", "--seed", 1, "--length", 200)
    text = sample(*options)
    assert sample(*options, "--stop", text[20:23]) == text[: text.index(text[20:23], 4)]


def test_several_texts_have_a_line_each(sample: Sample) -> None:
    lines = sample("--count", 3, "--seed", 5, "--length", 20).splitlines()
    assert len(lines) == 3
    assert lines[1] == sample("--count", 1, "--seed", 6, "--length", 20, "--json").split('"text": "')[1].split('"')[0]


def test_a_prompt_is_read_from_standard_input(sample: Sample) -> None:
    options = ("--seed", 1, "--length", 30)
    assert sample("--prompt", "-", *options, stdin="The boat\n") == sample("--prompt", "The boat\n", *options)


def test_replaced_characters_of_a_prompt_are_a_message(folder: Path, charrnn: Charrnn) -> None:
    result = charrnn("sample", "run", "--prompt", "bóat 漢", "--length", 3, cwd=folder)
    assert result.stdout.startswith("boat 漢")
    assert "ó → o" in result.stderr
    assert "1 character is unknown to the model (漢)" in result.stderr


def test_json_has_the_seed_that_gives_the_same_text_again(sample: Sample) -> None:
    values = json.loads(sample("--prompt", "The ", "--length", 40, "--json"))
    assert list(values) == ["prompt", "text", "seed"]
    again = sample("--prompt", "The ", "--length", 40, "--seed", values["seed"])
    assert again == values["prompt"] + values["text"]


def test_temperature_zero_needs_no_seed(sample: Sample) -> None:
    options = ("--temperature", 0, "--length", 50)
    assert sample(*options) == sample(*options)


def test_a_prompt_that_is_not_utf_8_is_repaired_or_refused(folder: Path) -> None:
    def run(prompt: str, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [*PROGRAM, "sample", "run", "--prompt", prompt, "--length", "3"]
        return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, timeout=60)

    argument = run("a\udcff", b"")
    assert argument.returncode == 0
    assert argument.stdout.decode("utf-8").startswith("a\N{REPLACEMENT CHARACTER}")
    piped = run("-", b"ab\xff")
    assert piped.returncode == 1
    assert piped.stderr == b"charrnn: the prompt is not UTF-8 at byte 2; convert it to UTF-8 first\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGPIPE")
def test_a_closed_pipe_ends_the_program_silently(folder: Path) -> None:
    command = [*PROGRAM, "sample", "run", "--length", "100000000"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_reported_in_one_line(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, "sample", "run"]
        result = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 1
    assert result.stderr == b"charrnn: No space left on device; free some space, then try again\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "--length", "-1"), 2, "--length must be 0 or more, got -1"),
        (("run", "--seed", "-1"), 2, "--seed must be 0 or more, got -1"),
        (("run", "--count", "0"), 2, "--count must be 1 or more, got 0"),
        (("run", "--stop", ""), 2, "--stop is empty"),
        (("run", "--temperature", "nan"), 2, "--temperature"),
        (("run", "--temperature", "-1"), 2, "--temperature"),
        (("run", "--top-k", "-1"), 2, "--top-k must be 0 or more, got -1"),
        (("run", "--top-p", "0"), 2, "--top-p"),
        (("run", "--ngram", "33"), 2, "--ngram must be from 0 to 32, got 33"),
        ((".",), 1, "not a run"),
    ],
)
def test_invalid_values_are_refused_in_one_line(
    folder: Path, charrnn: Charrnn, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = charrnn("sample", *arguments, cwd=folder)
    assert (result.returncode, result.stdout) == (code, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
