"""`charrnn score` and `charrnn rescore`: their three forms, what they read, what a terminal gets, and refusals."""

import io
import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from charrnn import LanguageModel
from charrnn.cli import app as main_app
from charrnn.cli import rescore, score
from charrnn.errors import CharrnnError, TextError, UsageError
from charrnn.language.scoring import ScoredText

app = typer.Typer()
app.command()(score.score)
app.command()(rescore.rescore)

PROGRAM = """
import typer
from charrnn.cli import rescore, score
app = typer.Typer()
app.command()(score.score)
app.command()(rescore.rescore)
app()
"""
TEXT = "the old lamp at the end\n\nof the quay\twas λit\nby ottoline"
HOSTILE = "a\x1b[31m\u202eb\x9b\n"


def run(*arguments: object, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], input=stdin)


def done(*arguments: object, stdin: str | bytes = "") -> Result:
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result


def objects(*arguments: object, stdin: str | bytes = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in done(*arguments, "--json", stdin=stdin).stdout.splitlines()]


def refused(*arguments: object, stdin: str | bytes = "") -> CharrnnError:
    result = run(*arguments, stdin=stdin)
    assert isinstance(result.exception, CharrnnError)
    assert "\n" not in str(result.exception)
    return result.exception


def on_a_terminal(*arguments: object, **environment: str) -> str:
    """What the program shows on a pseudo-terminal of 60 columns."""
    keys, terminal = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, *map(str, arguments)],
        env=known | {"TERM": "xterm-256color", "COLUMNS": "60"} | environment,
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


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    return path


def log_probability(model: Path, text: str) -> float:
    return float(LanguageModel.load(model).log_probabilities(text).sum())


# charrnn score


def test_json_has_an_object_a_line_and_one_for_them_all(tiny_run: Path, text: Path) -> None:
    *lines, totals = objects("score", tiny_run, text, "--worst", 2)
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
    nats = -log_probability(tiny_run, TEXT)
    assert totals["nats_per_character"] * len(TEXT) == pytest.approx(nats, rel=1e-5)
    assert totals["bits"] == pytest.approx(sum(line["bits"] for line in lines))
    assert totals["perplexity_per_character"] == pytest.approx(2.0 ** totals["bits_per_character"])
    long = [line for line in lines if line["text"]]
    ranked = sorted(long, key=lambda line: -line["bits_per_character"])[:2]
    assert totals["worst"] == [
        {name: line[name] for name in ("line", "text", "bits_per_character")} for line in ranked
    ]


def test_a_pipe_gets_two_figures_and_the_text_and_messages_go_elsewhere(tiny_run: Path, text: Path) -> None:
    result = done("score", tiny_run, text, "--worst", 1)
    rows = [line.split("\t", 2) for line in result.stdout.split("\n")[:-1]]
    assert [row[2] for row in rows] == TEXT.split("\n")
    *lines, totals = objects("score", tiny_run, text)
    assert [float(row[0]) for row in rows] == pytest.approx([line["bits_per_character"] for line in lines], abs=1e-4)
    assert [float(row[1]) for row in rows] == pytest.approx([line["bits"] for line in lines], abs=1e-4)
    assert f"2 of {len(TEXT)} characters are unknown to the model" in result.stderr
    assert result.stderr.count("worst") == 1
    worst = totals["worst"][0]
    assert f"line {worst['line']}, {worst['bits_per_character']:.2f} bits a character: {worst['text'][:8]}" in (
        result.stderr
    )


def test_words_that_name_no_file_are_the_text(tiny_run: Path) -> None:
    words = objects("score", tiny_run, "the old lamp")
    assert words == objects("score", tiny_run, "-", stdin="the old lamp")
    result = done("score", tiny_run, "no such\nfile\x1b")
    assert r"no file is called no such\nfile\x1b, so the words themselves are scored" in result.stderr
    assert done("score", tiny_run, "a" * 5000).exit_code == 0
    assert "λ" in objects("score", tiny_run, "λ")[0]["text"]


def test_what_comes_in_other_forms_is_the_same_text(tiny_run: Path, text: Path, tmp_path: Path) -> None:
    plain = objects("score", tiny_run, text)
    windows = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    assert objects("score", tiny_run, "-", stdin=windows) == plain
    other = tmp_path / "other.txt"
    other.write_bytes(windows)
    assert objects("score", tiny_run, other) == plain
    other.write_bytes(TEXT.encode("utf-16"))
    assert objects("score", tiny_run, other, "--encoding", "utf-16") == plain
    assert objects("score", tiny_run, "-", "--encoding", "utf-16", stdin=TEXT.encode("utf-16")) == plain


def test_a_named_pipe_is_a_text(tiny_run: Path, text: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(TEXT,), kwargs={"encoding": "utf-8"})
    writer.start()
    assert objects("score", tiny_run, pipe) == objects("score", tiny_run, text)
    writer.join()


def test_each_line_is_written_before_the_next_is_there(tiny_run: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "score", str(tiny_run), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"the old lamp\n", b"at the quay\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline().endswith(b"\t" + line)
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_long_line_comes_in_pieces_of_one_number(tiny_run: Path) -> None:
    long = "the old lamp " * 700
    *lines, totals = objects("score", tiny_run, "-", stdin=long + "\nlate\n")
    assert [line["line"] for line in lines] == [1] * (len(lines) - 1) + [2]
    assert len(lines) > 2
    assert "".join(line["text"] for line in lines[:-1]) == long
    assert totals["bits"] == pytest.approx(
        -log_probability(tiny_run, long + "\nlate\n") * 1.4426950408889634, rel=1e-4
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "error", "words"),
    [
        (("-",), b"", TextError, "empty"),
        (("",), b"", TextError, "empty"),
        (("-",), b"the lamp\n\xff\n", TextError, "standard input is not utf-8"),
        (("-", "--encoding", "utf-9"), b"a", UsageError, "'utf-9'"),
        (("-", "--encoding", "hex"), b"a", UsageError, "'hex'"),
        (("-", "--worst", "-1"), b"a", UsageError, "--worst is -1"),
        ((".",), b"", TextError, "is a folder"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    tiny_run: Path, arguments: tuple[str, ...], stdin: bytes, error: type[CharrnnError], words: str
) -> None:
    fault = refused("score", tiny_run, *arguments, stdin=stdin)
    assert type(fault) is error
    assert words in str(fault)


@pytest.mark.parametrize(("data", "words"), [(b"a\xffb", "at byte 1"), (b"a\0b", "binary"), (b"", "empty")])
def test_a_file_that_is_no_text_is_refused(tiny_run: Path, tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "odd").write_bytes(data)
    assert words in str(refused("score", tiny_run, tmp_path / "odd"))


# The heat map


def rendered(text: str, bits: list[float], *, coloured: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", no_color=not coloured, width=80)
    console.print(score.heat(ScoredText(tuple(text), tuple(bits), 0), coloured=coloured), end="")
    return out.getvalue()


def test_a_heat_map_has_nothing_that_a_terminal_would_obey() -> None:
    shown = score.heat(ScoredText(tuple(HOSTILE), (0.0,) * len(HOSTILE), 0), coloured=True).plain
    assert shown == "a\\x1b[31m\\u202eb\\x9b"
    assert score.heat(ScoredText(tuple("[b]x[/b]\t\n"), (9.0,) * 10, 0), coloured=True).plain == "[b]x[/b]⇥"


def test_colours_grow_hotter_with_surprise() -> None:
    backgrounds = [rendered("a", [bits], coloured=True) for bits in (0.5, 1.5, 3.0, 5.0, 9.0)]
    assert backgrounds[0] == "a"
    assert len(set(backgrounds)) == 5
    assert "48;2;178;24;43m" in backgrounds[-1]


def test_without_colours_bold_and_reverse_tell_what_surprises() -> None:
    assert rendered("ab", [0.0, 3.9], coloured=False) == "ab"
    assert rendered("ab", [4.0, 7.0], coloured=False) == "\x1b[1ma\x1b[0m\x1b[1;7mb\x1b[0m"


def test_a_mark_is_not_torn_from_its_letter() -> None:
    assert "e\u0301" in rendered("e\u0301", [0.0, 9.0], coloured=True)


def test_a_terminal_has_the_text_on_a_heat_map_and_the_means_beside_it(tiny_run: Path, text: Path) -> None:
    plain = on_a_terminal("score", tiny_run, text, TERM="dumb")
    legend, *lines = plain.splitlines()
    assert "surprise" in legend
    *figures, _ = objects("score", tiny_run, text)
    shown = TEXT.replace("\t", "⇥").split("\n")
    wanted = [f"{each['bits_per_character']:5.2f}  {line}" for each, line in zip(figures, shown, strict=True)]
    assert [line.rstrip() for line in lines[:4]] == [line.rstrip() for line in wanted]
    assert "worst 1: line" in plain
    assert "perplexity_per_character" in plain
    assert "48;" in on_a_terminal("score", tiny_run, text)
    uncoloured = on_a_terminal("score", tiny_run, text, NO_COLOR="1")
    assert "\x1b[1;7m" in uncoloured
    assert "38;" not in uncoloured
    assert "48;" not in uncoloured


def test_a_terminal_never_gets_what_it_would_obey(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "hostile.txt").write_text(HOSTILE * 2, "utf-8")
    shown = on_a_terminal("score", tiny_run, tmp_path / "hostile.txt", TERM="dumb")
    assert shown.count("a\\x1b[31m\\u202eb\\x9b") == 4
    (tmp_path / "hostile.txt").write_text(f"g\x1b\t{HOSTILE}", "utf-8")
    shown += on_a_terminal("rescore", tiny_run, tmp_path / "hostile.txt", TERM="dumb")
    assert "g\\x1b\t" in shown
    assert not {"\x1b", "\u202e", "\x9b"} & set(shown)


# charrnn rescore

RIVALS = ("the old lamb", "the old lamp", "the oak lamp")


def rows(*arguments: object, stdin: str) -> Iterator[list[str]]:
    return (line.split("\t") for line in done("rescore", *arguments, stdin=stdin).stdout.splitlines())


def test_lines_are_ranked_by_their_log_probabilities(tiny_run: Path, tmp_path: Path) -> None:
    lines = "\n".join(RIVALS)
    found = [*rows(tiny_run, stdin=lines)]
    plain = {text: log_probability(tiny_run, text + "\n") for text in RIVALS}
    assert [row[3] for row in found] == sorted(RIVALS, key=lambda text: -plain[text])
    assert found[0][3] == "the old lamp"
    assert [row[0] for row in found] == ["1", "2", "3"]
    assert [float(row[2]) for row in found] == pytest.approx([plain[row[3]] for row in found], abs=1e-3)
    assert [row[1] for row in found] == [row[2] for row in found]
    (tmp_path / "rivals.txt").write_text(lines + "\n\n", "utf-8")
    assert [*rows(tiny_run, tmp_path / "rivals.txt", stdin="")] == found
    assert [*rows(tiny_run, "-", "--top", 2, stdin=lines)] == found[:2]


def test_groups_are_ranked_apart(tiny_run: Path) -> None:
    lines = "b\tquqy\na\tthe old\nb\tquay\na\t\n"
    found = [*rows(tiny_run, stdin=lines)]
    assert [row[:2] for row in found] == [["1", "b"], ["2", "b"], ["1", "a"], ["2", "a"]]
    assert [row[4] for row in found[:2]] == ["quay", "quqy"]
    first, second = objects("rescore", tiny_run, "--top", 1, stdin=lines)
    assert first["group"] == "b"
    assert second["group"] == "a"
    ((best,),) = [first["candidates"]]
    assert set(best) == {"text", "score", "log_probability", "outside"}
    assert (best["text"], best["outside"]) == ("quay", None)
    (alone,) = objects("rescore", tiny_run, stdin="quay")
    assert alone == {"group": None, "candidates": [best]}


def test_scores_from_outside_are_blended_half_and_half_unless_told(tiny_run: Path) -> None:
    lines = "".join(f"g\t{text}\t{-100.0 * n}\n" for n, text in enumerate(RIVALS))
    for weight in (None, 0.0, 0.3, 1.0):
        options = () if weight is None else ("--weight", weight)
        (group,) = objects("rescore", tiny_run, *options, stdin=lines)
        share = 0.5 if weight is None else weight
        for each in group["candidates"]:
            assert each["score"] == pytest.approx(share * each["log_probability"] + (1 - share) * each["outside"])
        best = group["candidates"][0]["text"]
        assert best == ("the old lamp" if weight == 1.0 else "the old lamb")


def test_length_power_divides_by_the_characters_and_the_end(tiny_run: Path) -> None:
    (group,) = objects("rescore", tiny_run, "--length-power", 1, stdin="the\nthe old lamp")
    for each in group["candidates"]:
        assert each["score"] == pytest.approx(each["log_probability"] / (len(each["text"]) + 1))


def test_unknown_characters_of_candidates_are_a_message(tiny_run: Path) -> None:
    assert "2 of the candidates' characters are unknown" in done("rescore", tiny_run, stdin="λamp\nΛamp").stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "error", "words"),
    [
        ((), "", TextError, "no candidates"),
        ((), "\n\n", TextError, "no candidates"),
        ((), "a\tb\na\tb\t1\n", TextError, "line 2 has 3 columns"),
        ((), "a\tb\n\nb\n", TextError, "line 3 has 1 column between tabs; it must have 2"),
        ((), "a\tb\tc\t1\n", TextError, "line 1 has 4 columns"),
        ((), "a\tb\t1\na\tb\tc\t1\n", TextError, "line 2 has 4 columns"),
        ((), "a\tb\t1\na\tb\tone\x1b\n", TextError, "line 2: the score"),
        ((), "a\tb\tnan\n", TextError, "must be a number"),
        ((), "a\tb\tinf\n", TextError, "must be a number"),
        (("--weight", "0.5"), "a\n", UsageError, "--weight"),
        (("--weight", "1"), "a\tb\n", UsageError, "--weight"),
        (("--weight", "1.5"), "a\tb\t1\n", UsageError, "--weight is 1.5"),
        (("--weight", "nan"), "a\tb\t1\n", UsageError, "--weight is nan"),
        (("--length-power", "2.5"), "a\n", UsageError, "--length-power is 2.5"),
        (("--top", "-1"), "a\n", UsageError, "--top is -1"),
        (("absent.txt",), "", TextError, "absent.txt"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    tiny_run: Path, arguments: tuple[str, ...], stdin: str, error: type[CharrnnError], words: str
) -> None:
    fault = refused("rescore", tiny_run, *arguments, stdin=stdin)
    assert type(fault) is error
    assert words in str(fault)


def test_too_many_lines_and_too_long_ones_are_refused(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescore, "MOST_LINES", 3)
    assert len([*rows(tiny_run, stdin="a\nb\nc\n")]) == 3
    assert "more than 3 lines" in str(refused("rescore", tiny_run, stdin="a\nb\nc\nd\n"))
    monkeypatch.setattr(rescore, "LONGEST_CANDIDATE", 9000)
    assert len([*rows(tiny_run, stdin="a" * 8999)]) == 1
    assert "line 2 has more" in str(refused("rescore", tiny_run, stdin="a\n" + "a" * 9001))


@pytest.mark.parametrize("encoding", ["UTF-16", "utf_16", "utf16"])
def test_an_encoding_has_many_names(tiny_run: Path, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "text.txt").write_text("the old lamp\n", "utf-16")
    assert done("score", tiny_run, tmp_path / "text.txt", "--encoding", encoding, "--json").stdout


def test_lines_of_standard_input_end_at_line_ends_alone(tiny_run: Path) -> None:
    lines = "the old\x0clamp\u2028the\r\nthe quay\n"
    result = CliRunner().invoke(main_app, ["complete", str(tiny_run), "-", "--json"], input=lines)
    assert result.stdout.count("\n") == 2
    assert [json.loads(line)["text"] for line in result.stdout.split("\n")[:2]] == [
        "the old\x0clamp\u2028the",
        "the quay",
    ]


def test_lines_in_another_encoding_are_refused_with_a_remedy_that_there_is(tiny_run: Path) -> None:
    result = CliRunner().invoke(main_app, ["complete", str(tiny_run), "-"], input=b"the old\n\xff\xfe lamp\n")
    assert isinstance(result.exception, CharrnnError)
    assert "convert it first" in str(result.exception)
    assert "--encoding" not in str(result.exception)
