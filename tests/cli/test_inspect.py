"""`charrnn inspect`: the report and the activations of a unit, as JSON, lines and on a terminal."""

import json
import math
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from charrnn import LanguageModel
from charrnn.inspection.units import read

STORY = "".join(f'MR. {"ABCDEFG"[n % 7]}OX:\n"The {n}th boat (of 80)," he said; nobody saw.\n\n' for n in range(80))
UNITS = 8
Charrnn = Callable[..., subprocess.CompletedProcess[str]]
Values = Callable[..., dict[str, Any]]
OnTerminal = Callable[..., str]


def numbers(values: object) -> Iterator[float]:
    """Yield all numbers in JSON values, none of which is null."""
    assert values is not None
    if isinstance(values, dict | list):
        for inner in values.values() if isinstance(values, dict) else values:
            yield from numbers(inner)
    elif isinstance(values, int | float):
        yield values


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, charrnn: Charrnn) -> Path:
    """A folder with a text and two runs on it: `run`, and `whole`, of bytes and without a validation text."""
    folder = tmp_path_factory.mktemp("inspect")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    for out, options in (("run", ()), ("whole", ("--tokenizer", "byte", "--val-fraction", "0"))):
        command = ("train", "story.txt", "--hidden", UNITS, "--steps", 30, *options, "--out", out, "--quiet")
        assert charrnn(*command, cwd=folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def values_of(folder: Path, charrnn: Charrnn) -> Values:
    """A function that returns the object of `charrnn inspect --json`."""

    def run(*arguments: object, stdin: str = "") -> dict[str, Any]:
        result = charrnn("inspect", *arguments, "--json", cwd=folder, stdin=stdin)
        assert result.returncode == 0, result.stderr
        values: dict[str, Any] = json.loads(result.stdout)
        return values

    return run


def test_json_has_every_figure_and_only_finite_numbers(folder: Path, values_of: Values) -> None:
    values = values_of("run", "story.txt")
    model = LanguageModel.load(folder / "run")
    assert all(map(math.isfinite, numbers(values)))
    assert values["parameter_count"] == model.network.parameter_count()
    shapes = {name: tuple(array["shape"]) for name, array in values["parameters"].items()}
    assert shapes == model.network.shapes()
    assert values["characters"] == values["tokens"] == len(STORY) < 5000
    assert [layer["layer"] for layer in values["layers"]] == [0, 1]
    assert all(layer["spectral_radius"] <= layer["largest_singular_value"] for layer in values["layers"])
    assert values["gradient_flow"]["steps_back"] == [0, 1, 2, 4, 8, 16, 32, 64, 128]
    assert [len(norms) for norms in values["gradient_flow"]["norms"]] == [9, 9]
    assert {"inside quotes", "inside parentheses", "after a speaker's name"} <= set(values["neurons"])
    for units in values["neurons"].values():
        assert len(units) == 3
        strengths = [abs(r) for r in units.values()]
        assert strengths == sorted(strengths, reverse=True)


def test_a_pipe_gets_a_name_and_a_value_per_line(folder: Path, charrnn: Charrnn, values_of: Values) -> None:
    values = values_of("run", "story.txt", "--top", 1)
    result = charrnn("inspect", "run", "story.txt", "--top", 1, cwd=folder)
    lines = dict(line.split("\t") for line in result.stdout.splitlines())
    assert lines["parameter_count"] == str(values["parameter_count"])
    assert lines["parameters.layers.1.Wh.shape"] == f"{UNITS} {UNITS}"
    assert float(lines["layers.1.spectral_radius"]) == pytest.approx(values["layers"][1]["spectral_radius"], rel=1e-4)
    assert lines["gradient_flow.steps_back"] == "0 1 2 4 8 16 32 64 128"
    norms = [*map(float, lines["gradient_flow.norms.0"].split())]
    assert norms == pytest.approx(values["gradient_flow"]["norms"][0], rel=1e-4)
    ((unit, r),) = values["neurons"]["inside quotes"].items()
    assert float(lines[f"neurons.inside quotes.{unit}"]) == pytest.approx(r, rel=1e-4)
    assert sum(name.startswith("neurons.") for name in lines) == len(values["neurons"])


def test_the_default_text_is_the_validation_text(folder: Path, charrnn: Charrnn) -> None:
    result = charrnn("inspect", "run", "--neuron", "0:0", "--json", cwd=folder)
    assert "".join(json.loads(result.stdout)["pieces"]) == STORY[int(0.9 * len(STORY)) :]
    assert "validation text" in result.stderr


@pytest.mark.parametrize(("run", "reason"), [("whole", "no validation text"), ("run", "story.txt")])
def test_without_a_validation_text_a_sample_is_read(
    folder: Path, tmp_path: Path, charrnn: Charrnn, run: str, reason: str
) -> None:
    cwd = folder if run == "whole" else tmp_path  # which has no story.txt
    command = ("inspect", folder / run, "--length", 40, "--json")
    result = charrnn(*command, cwd=cwd)
    assert result.returncode == 0, result.stderr
    values = json.loads(result.stdout)
    assert values["characters"] == 40
    assert all(map(math.isfinite, numbers(values)))
    assert "sample" in result.stderr
    assert reason in result.stderr
    assert charrnn(*command, cwd=cwd).stdout == result.stdout


def test_a_single_character_from_standard_input_is_enough(values_of: Values) -> None:
    values = values_of("run", "-", stdin="a")
    assert values["gradient_flow"]["steps_back"] == [0]
    assert values["neurons"] == {}


def test_length_cuts_the_text(folder: Path, charrnn: Charrnn) -> None:
    result = charrnn("inspect", "run", "-", "--length", 3, "--json", cwd=folder, stdin="The boat")
    assert json.loads(result.stdout)["characters"] == 3
    assert "3 of the 8 characters" in result.stderr


def test_the_activation_of_a_unit_is_written_per_token(folder: Path, charrnn: Charrnn, values_of: Values) -> None:
    text = 'B\t"é\n'
    reading = read(LanguageModel.load(folder / "whole"), text)
    h = reading.activations[:, 1, 5].tolist()
    values = values_of("whole", "-", "--neuron", "1:5", stdin=text)
    assert (values["layer"], values["unit"]) == (1, 5)
    assert values["pieces"] == ["B", "\t", '"', "", "é", "\n"]
    assert values["activations"] == pytest.approx(h)
    assert set(values["correlations"]) >= {"inside quotes", "capital letter"}
    output = charrnn("inspect", "whole", "-", "--neuron", "1:5", cwd=folder, stdin=text).stdout
    pieces, activations = zip(*(line.split("\t") for line in output.splitlines()), strict=True)
    assert pieces == ("B", "\\t", '"', "", "é", "\\n")
    assert [*map(float, activations)] == pytest.approx(h, abs=1e-4)


def test_a_terminal_shows_a_unit_in_colors_and_by_signs_below_the_text(folder: Path, on_terminal: OnTerminal) -> None:
    text = "漢 (a) b" * 30 + "\nThe end"
    (folder / "wide.txt").write_text(text, encoding="utf-8")
    command = ("inspect", "run", "wide.txt", "--neuron", "0:3")
    plain = on_terminal(*command, cwd=folder, NO_COLOR="1")
    assert "\x1b[" in on_terminal(*command, cwd=folder)
    assert "\x1b" not in plain
    lines, signs = plain.splitlines()[::2], plain.splitlines()[1::2]
    assert lines[-1] == "The end"
    assert all(set(line) <= set("#+-= ") for line in signs)
    h = read(LanguageModel.load(folder / "run"), text).activations[-7:, 0, 3]
    levels = ["=" if v < -0.6 else "-" if v < -0.2 else " " if v < 0.2 else "+" if v < 0.6 else "#" for v in h]
    assert signs[-1] == "".join(levels).rstrip()


def test_a_terminal_gets_no_control_characters(folder: Path, on_terminal: OnTerminal) -> None:
    (folder / "nasty.txt").write_text("a\x1b[31m\u202e\x9bb\n" * 3, encoding="utf-8")
    output = on_terminal("inspect", "whole", "nasty.txt", "--neuron", "0:3", cwd=folder, NO_COLOR="1")
    assert "a\\x1b[31m\\u202e\\x9bb" in output
    assert not {"\x1b", "\u202e", "\x9b"} & set(output)


def test_a_terminal_gets_tables_of_its_width(folder: Path, on_terminal: OnTerminal) -> None:
    output = on_terminal("inspect", "run", cwd=folder, NO_COLOR="1", TERM="dumb")
    for text in ("layers.1.Wh", "spectral radius", "steps back", "█", "inside quotes"):
        assert text in output
    assert max(map(len, output.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "--neuron", "2:0"), 2, "got 2:0"),
        (("run", "--neuron", "0:8"), 2, "from 0:0 to 1:7"),
        (("run", "--neuron", "\x1b[1m\n"), 2, r"got \x1b[1m\n"),
        (("run", "--neuron", "0:99999999999999999999"), 2, "from 0:0 to 1:7"),
        (("run", "--top", "0"), 2, "--top"),
        (("run", "--length", "0"), 2, "--length"),
        (("run", "absent.txt"), 2, "absent.txt"),
        (("run", "-"), 1, "empty"),
        ((".",), 1, "not a run"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(
    folder: Path, charrnn: Charrnn, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = charrnn("inspect", *arguments, cwd=folder)
    assert (result.returncode, result.stdout) == (code, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
