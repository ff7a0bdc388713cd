"""`charrnn score`: JSON, columns in a pipe, and the heat map on a terminal."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from rich.console import Console
from typer.testing import Result

from charrnn import LanguageModel
from charrnn.cli import score
from charrnn.errors import CharrnnError, TextError, UsageError
from charrnn.language.scoring import ScoredText

PROGRAM = (sys.executable, "-W", "error", "-m", "charrnn")
TEXT = "the old lamp at the end\n\nof the quay\twas λit\nby ottoline"
HOSTILE = "a\x1b[31m\u202eb\x9b\n"
Invoke: TypeAlias = Callable[..., Result]
Score: TypeAlias = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def score_json(invoke: Invoke, tiny_run: Path) -> Score:
    """A function that returns the objects of `charrnn score --json`."""

    def run(*arguments: object, stdin: str | bytes = "") -> list[dict[str, Any]]:
        result = invoke("score", tiny_run, *arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output + repr(result.exception)
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    return path


def nats(model: Path, text: str) -> float:
    """Return the surprise of a text according to the library."""
    return -float(LanguageModel.load(model).log_probabilities(text).sum())


def test_json_has_one_object_per_line_and_one_for_the_whole_text(
    tiny_run: Path, text: Path, score_json: Score
) -> None:
    *lines, totals = score_json(text, "--worst", 2)
    assert [line["line"] for line in lines] == [1, 2, 3, 4]
    assert [line["text"] for line in lines] == TEXT.split("\n")
    assert [line["characters"] for line in lines] == [len(line) for line in TEXT.splitlines(keepends=True)]
    assert [line["unknown"] for line in lines] == [0, 0, 2, 0]
    for line in lines:
        assert set(line) == {"line", "text", "characters", "bits", "bits_per_character", "surprise", "unknown"}
        assert len(line["surprise"]) == line["characters"]
        assert sum(line["surprise"]) == pytest.approx(line["bits"])
        assert line["bits_per_character"] == pytest.approx(line["bits"] / line["characters"])
    assert (totals["characters"], totals["unknown"]) == (len(TEXT), 2)
    assert totals["nats_per_character"] * len(TEXT) == pytest.approx(nats(tiny_run, TEXT), rel=1e-5)
    assert totals["bits"] == pytest.approx(sum(line["bits"] for line in lines))
    assert totals["perplexity_per_character"] == pytest.approx(2.0 ** totals["bits_per_character"])


def test_the_worst_lines_have_the_most_bits_per_character(text: Path, score_json: Score) -> None:
    *lines, totals = score_json(text, "--worst", 2)
    ranked = sorted((line for line in lines if line["text"]), key=lambda line: -line["bits_per_character"])
    assert totals["worst"] == [
        {name: line[name] for name in ("line", "text", "bits_per_character")} for line in ranked[:2]
    ]


def test_a_pipe_gets_two_figures_and_the_text_and_the_totals_are_messages(
    invoke: Invoke, tiny_run: Path, text: Path, score_json: Score
) -> None:
    result = invoke("score", tiny_run, text, "--worst", 1)
    rows = [line.split("\t", 2) for line in result.stdout.split("\n")[:-1]]
    assert [row[2] for row in rows] == TEXT.split("\n")
    *lines, totals = score_json(text)
    assert [float(row[0]) for row in rows] == pytest.approx([line["bits_per_character"] for line in lines], abs=1e-4)
    assert [float(row[1]) for row in rows] == pytest.approx([line["bits"] for line in lines], abs=1e-4)
    assert f"2 of {len(TEXT)} characters are unknown to the model" in result.stderr
    assert result.stderr.count("worst") == 1
    worst = totals["worst"][0]
    figures = f"line {worst['line']}, {worst['bits_per_character']:.2f} bits per character"
    assert f"{figures}: {worst['text'][:8]}" in result.stderr


def test_an_argument_that_names_no_file_is_the_text(invoke: Invoke, tiny_run: Path, score_json: Score) -> None:
    assert score_json("the old lamp") == score_json("-", stdin="the old lamp")
    assert score_json("λ")[0]["text"] == "λ"
    result = invoke("score", tiny_run, "no such\nfile\x1b")
    assert r"no file is called no such\nfile\x1b, so the words themselves are scored" in result.stderr
    assert invoke("score", tiny_run, "a" * 5000).exit_code == 0


@pytest.mark.parametrize("name", ["nosuch.txt", "texts/nosuch", "/nosuch", "a\x9b.MD"])
def test_an_argument_that_looks_like_a_missing_file_is_refused(
    invoke: Invoke, tiny_run: Path, score_json: Score, name: str
) -> None:
    error = invoke("score", tiny_run, name).exception
    assert isinstance(error, UsageError)
    assert "there is no file" in str(error)
    assert score_json(name, "--text")[0]["text"] == name


def test_literal_text_is_scored_even_if_it_names_a_file(
    score_json: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lamp").write_text("the quay")
    assert score_json("lamp")[0]["text"] == "the quay"
    assert score_json("lamp", "--text")[0]["text"] == "lamp"
    assert score_json("-", "--text", stdin="the quay")[0]["text"] == "-"


@pytest.mark.parametrize("words", ["etc.", "3.14", "over and/or under", "see notes.txt"])
def test_words_with_dots_or_slashes_between_spaces_are_scored(score_json: Score, words: str) -> None:
    assert score_json(words)[0]["text"] == words


def test_each_line_is_written_before_the_next_one_is_read(tiny_run: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "score", str(tiny_run), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"the old lamp\n", b"at the quay\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline().rstrip().endswith(b"\t" + line.rstrip())
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_the_pieces_of_a_long_line_have_its_number(tiny_run: Path, score_json: Score) -> None:
    long = "the old lamp " * 700
    *lines, totals = score_json("-", stdin=long + "\nlate\n")
    assert [line["line"] for line in lines] == [1] * (len(lines) - 1) + [2]
    assert len(lines) > 2
    assert "".join(line["text"] for line in lines[:-1]) == long
    assert totals["bits"] == pytest.approx(nats(tiny_run, long + "\nlate\n") * 1.4426950408889634, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "stdin", "error", "message"),
    [
        (("-",), b"", TextError, "empty"),
        (("",), b"", TextError, "empty"),
        (("-",), b"the lamp\n\xff\n", TextError, "standard input is not utf-8"),
        (("-", "--encoding", "utf-9"), b"a", UsageError, "'utf-9'"),
        (("-", "--encoding", "hex"), b"a", UsageError, "'hex'"),
        (("-", "--worst", "-1"), b"a", UsageError, "--worst must be 0 or more, got -1"),
        ((".",), b"", TextError, "is a folder"),
    ],
)
def test_invalid_input_is_refused(
    invoke: Invoke,
    tiny_run: Path,
    arguments: tuple[str, ...],
    stdin: bytes,
    error: type[CharrnnError],
    message: str,
) -> None:
    exception = invoke("score", tiny_run, *arguments, stdin=stdin).exception
    assert type(exception) is error
    assert message in str(exception)
    assert "\n" not in str(exception)


# The heat map


def rendered(text: str, bits: list[float], *, color: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, color_system="truecolor", no_color=not color, width=80)
    console.print(score.heat(ScoredText(tuple(text), tuple(bits), 0), color=color), end="")
    return output.getvalue()


def test_control_characters_and_markup_are_text_in_a_heat_map() -> None:
    line = score.heat(ScoredText(tuple(HOSTILE), (0.0,) * len(HOSTILE), 0), color=True)
    assert line.plain == "a\\x1b[31m\\u202eb\\x9b"
    assert score.heat(ScoredText(tuple("[b]x[/b]\t\n"), (9.0,) * 10, 0), color=True).plain == "[b]x[/b]⇥"


def test_each_range_of_surprise_has_its_color() -> None:
    outputs = [rendered("a", [bits], color=True) for bits in (0.5, 1.5, 3.0, 5.0, 9.0)]
    assert outputs[0] == "a"
    assert len(set(outputs)) == 5
    assert "48;2;178;24;43m" in outputs[-1]


def test_without_colors_high_surprise_is_bold_and_reversed() -> None:
    assert rendered("ab", [0.0, 3.9], color=False) == "ab"
    assert rendered("ab", [4.0, 7.0], color=False) == "\x1b[1ma\x1b[0m\x1b[1;7mb\x1b[0m"


def test_a_combining_mark_stays_with_its_letter() -> None:
    assert "e\u0301" in rendered("e\u0301", [0.0, 9.0], color=True)


def test_a_terminal_gets_the_heat_map_with_the_mean_of_each_line(
    on_terminal: Callable[..., str], tiny_run: Path, text: Path, score_json: Score, tmp_path: Path
) -> None:
    plain = on_terminal("score", tiny_run, text, cwd=tmp_path, TERM="dumb")
    legend, *lines = plain.splitlines()
    assert "surprise" in legend
    *figures, _ = score_json(text)
    texts = TEXT.replace("\t", "⇥").split("\n")
    expected = [f"{line['bits_per_character']:5.2f}  {text}" for line, text in zip(figures, texts, strict=True)]
    assert [line.rstrip() for line in lines[:4]] == [line.rstrip() for line in expected]
    assert "worst 1: line" in plain
    assert "perplexity_per_character" in plain


def test_a_terminal_gets_colors_unless_no_color_is_set(
    on_terminal: Callable[..., str], tiny_run: Path, text: Path, tmp_path: Path
) -> None:
    assert "48;" in on_terminal("score", tiny_run, text, cwd=tmp_path)
    uncolored = on_terminal("score", tiny_run, text, cwd=tmp_path, NO_COLOR="1")
    assert "\x1b[1;7m" in uncolored
    assert "38;" not in uncolored
    assert "48;" not in uncolored


def test_a_terminal_gets_no_control_characters(
    on_terminal: Callable[..., str], tiny_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "hostile.txt").write_text(HOSTILE * 2, "utf-8")
    output = on_terminal("score", tiny_run, "hostile.txt", cwd=tmp_path, TERM="dumb")
    assert output.count("a\\x1b[31m\\u202eb\\x9b") == 4
    assert not {"\x1b", "\u202e", "\x9b"} & set(output)
