"""`charrnn inspect` as a program: its three forms, what it reads, the view of a neuron, and refusals."""

import json
import math
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from charrnn import LanguageModel
from charrnn.inspection.units import read

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn", "inspect")
STORY = "".join(f'MR. {"ABCDEFG"[n % 7]}OX:\n"The {n}th boat (of 80)," he said; nobody saw.\n\n' for n in range(80))
UNITS = 8


def inspect(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", timeout=60
    )


def inspected(*arguments: str, cwd: Path, stdin: str = "") -> dict[str, Any]:
    result = inspect(*arguments, "--json", cwd=cwd, stdin=stdin)
    assert result.returncode == 0, result.stderr
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def on_a_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    """What the program shows on a pseudo-terminal."""
    keys, terminal = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env=known | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment,
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(terminal)
        shown = b"".join(iter(lambda: _more(keys), b""))
        os.close(keys)
        assert process.wait(timeout=60) == 0
    return shown.decode("utf-8").replace("\r\n", "\n")


def _more(keys: int) -> bytes:
    try:
        return os.read(keys, 65536)
    except OSError:  # Linux's word for the end of a terminal
        return b""


def numbers(values: object) -> Iterator[float]:
    """All numbers in JSON values; nothing may be null."""
    assert values is not None
    if isinstance(values, dict | list):
        for inner in values.values() if isinstance(values, dict) else values:
            yield from numbers(inner)
    elif isinstance(values, int | float):
        yield values


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text and two runs on it: `run`, and `whole`, of bytes, which held nothing out."""
    folder = tmp_path_factory.mktemp("inspect")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    for out, options in (("run", ()), ("whole", ("--tokenizer", "byte", "--val-fraction", "0"))):
        command = (sys.executable, "-m", "charrnn", "train", "story.txt", "--hidden", str(UNITS), "--steps", "30")
        result = subprocess.run([*command, *options, "--out", out, "--quiet"], cwd=folder, capture_output=True)
        assert result.returncode == 0, result.stderr
    return folder


def test_json_has_every_figure_and_only_finite_numbers(folder: Path) -> None:
    values = inspected("run", "story.txt", cwd=folder)
    model = LanguageModel.load(folder / "run")
    assert all(map(math.isfinite, numbers(values)))
    assert values["parameter_count"] == model.network.parameter_count()
    shapes = {name: tuple(each["shape"]) for name, each in values["parameters"].items()}
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


def test_a_pipe_has_a_name_and_a_value_a_line(folder: Path) -> None:
    values = inspected("run", "story.txt", "--top", "1", cwd=folder)
    result = inspect("run", "story.txt", "--top", "1", cwd=folder)
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


def test_without_a_text_it_reads_what_the_run_held_out(folder: Path) -> None:
    held_out = STORY[int(0.9 * len(STORY)) :]
    result = inspect("run", "--neuron", "0:0", "--json", cwd=folder)
    assert "".join(json.loads(result.stdout)["pieces"]) == held_out
    assert "held out" in result.stderr


@pytest.mark.parametrize(("run", "why"), [("whole", "held nothing out"), ("run", "story.txt")])
def test_without_a_text_to_be_had_it_reads_what_the_model_says(
    folder: Path, tmp_path: Path, run: str, why: str
) -> None:
    where = folder if run == "whole" else tmp_path  # there, no story.txt is to be found
    command = (str(folder / run), "--length", "40", "--json")
    result = inspect(*command, cwd=where)
    assert result.returncode == 0, result.stderr
    values = json.loads(result.stdout)
    assert values["characters"] == 40
    assert all(map(math.isfinite, numbers(values)))
    assert "the model made itself" in result.stderr
    assert why in result.stderr
    assert inspect(*command, cwd=where).stdout == result.stdout


def test_standard_input_is_a_text_and_a_single_character_is_enough(folder: Path) -> None:
    values = inspected("run", "-", cwd=folder, stdin="a")
    assert values["gradient_flow"]["steps_back"] == [0]
    assert values["neurons"] == {}
    result = inspect("run", "-", "--length", "3", "--json", cwd=folder, stdin="The boat")
    assert json.loads(result.stdout)["characters"] == 3
    assert "3 of the 8 characters" in result.stderr


def test_a_neuron_is_told_token_by_token(folder: Path) -> None:
    text = 'B\t"é\n'
    reading = read(LanguageModel.load(folder / "whole"), text)
    h = reading.activations[:, 1, 5].tolist()
    values = inspected("whole", "-", "--neuron", "1:5", cwd=folder, stdin=text)
    assert (values["layer"], values["unit"]) == (1, 5)
    assert values["pieces"] == ["B", "\t", '"', "", "é", "\n"]
    assert values["activations"] == pytest.approx(h)
    assert set(values["correlations"]) >= {"inside quotes", "capital letter"}
    piped = inspect("whole", "-", "--neuron", "1:5", cwd=folder, stdin=text)
    names, figures = zip(*(line.split("\t") for line in piped.stdout.splitlines()), strict=True)
    assert names == ("B", "\\t", '"', "", "é", "\\n")
    assert [*map(float, figures)] == pytest.approx(h, abs=1e-4)


def test_a_terminal_shows_a_neuron_by_colour_and_by_signs_below_the_text(folder: Path) -> None:
    (folder / "wide.txt").write_text("漢 (a) b" * 30 + "\nThe end", encoding="utf-8")
    coloured = on_a_terminal("run", "wide.txt", "--neuron", "0:3", cwd=folder)
    plain = on_a_terminal("run", "wide.txt", "--neuron", "0:3", cwd=folder, NO_COLOR="1")
    assert "\x1b[" in coloured
    assert "\x1b" not in plain
    lines = plain.splitlines()
    text, signs = lines[::2], lines[1::2]
    assert text[-1] == "The end"
    assert all(set(line) <= set("#+-= ") for line in signs)
    h = read(LanguageModel.load(folder / "run"), (folder / "wide.txt").read_text("utf-8")).activations[-7:, 0, 3]
    levels = ["=" if v < -0.6 else "-" if v < -0.2 else " " if v < 0.2 else "+" if v < 0.6 else "#" for v in h]
    assert signs[-1] == "".join(levels).rstrip()


def test_a_terminal_never_gets_what_it_would_obey(folder: Path) -> None:
    (folder / "nasty.txt").write_text("a\x1b[31m\u202e\x9bb\n" * 3, encoding="utf-8")
    shown = on_a_terminal("whole", "nasty.txt", "--neuron", "0:3", cwd=folder, NO_COLOR="1")
    assert "a\\x1b[31m\\u202e\\x9bb" in shown
    assert not {"\x1b", "\u202e", "\x9b"} & set(shown)


def test_a_terminal_has_tables_that_fit_into_it(folder: Path) -> None:
    shown = on_a_terminal("run", cwd=folder, NO_COLOR="1", TERM="dumb")
    for words in ("layers.1.Wh", "spectral radius", "steps back", "█", "inside quotes"):
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "--neuron", "2:0"), 2, "'2:0'"),
        (("run", "--neuron", "0:8"), 2, "from 0:0 to 1:7"),
        (("run", "--neuron", "\x1b[1m\n"), 2, r"'\x1b[1m\n'"),
        (("run", "--neuron", "0:99999999999999999999"), 2, "no such unit"),
        (("run", "--top", "0"), 2, "--top"),
        (("run", "--length", "0"), 2, "--length"),
        (("run", "absent.txt"), 1, "absent.txt"),
        (("run", "-"), 1, "empty"),
        (("absent",), 1, "not a run"),
    ],
)
def test_what_cannot_be_inspected_is_refused_in_a_line(
    folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = inspect(*arguments, cwd=folder)
    assert result.returncode == code
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
