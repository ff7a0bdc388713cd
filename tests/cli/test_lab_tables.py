"""Results of an experiment on a terminal: tables, charts and explanations that fit its width."""

import sys

import pytest

from charrnn.cli import lab_tables
from charrnn.lab.protocol import EXPERIMENTS, Curves, Finding, Result


def test_tables_and_charts_are_printed_in_order_without_markup(capsys: pytest.CaptureFixture[str]) -> None:
    curves = Curves("Rise | fall", "step", {"up": ([0, 1, 2], [1.0, 2.0, 3.0]), "gap": ([0, 1], [1.0, float("nan")])})
    results: list[Result] = [
        Finding("first", {"word": "[red]x"}),
        Finding("second", {"number": 3}, passed=False),
        curves,
    ]
    lab_tables.write_tables(results)
    output = capsys.readouterr().out
    order = [output.index(text) for text in ("first", "[red]x", "second", "Rise | fall", "a up", "b gap")]
    assert order == sorted(order)


def test_a_pipe_gets_digits_that_tell_neighbors_apart_in_rows_of_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    x = [106.8, 106.8125, 106.825]
    lab_tables.write_lines([Curves("a\tb", "x", {"c\nd": (x, [1 / 3, 2 / 3, 1e-20])}), Finding("t", {"e": 1 / 3})])
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[2] for row in lines[1:4]] == ["106.8", "106.8125", "106.825"]
    assert [row[3] for row in lines[1:4]] == ["0.333333333", "0.666666667", "1e-20"]
    assert (lines[1][:2], lines[5]) == (["a\\tb", "c\\nd"], ["t", "0.333333333", "yes"])


@pytest.mark.parametrize("ascii_only", [False, True])
def test_chart_fits_its_width_and_marks_each_line_with_a_letter(ascii_only: bool) -> None:
    x = list(range(50))
    lines = {f"line {k}": (x, [2.0**k + value / 100 for value in x]) for k in range(9)}
    curves = Curves("t", "steps", lines, logarithmic=True)
    rows = ["".join(text for text, _ in spans) for spans in lab_tables.chart(curves, 60, ascii_only=ascii_only)]
    assert max(map(len, rows)) <= 60
    assert rows[0] == "t"
    assert rows[-1].endswith("steps")
    assert all(any(letter in row for row in rows[3:-1]) for letter in "abcdefghi")
    assert all(row.isascii() for row in rows) == ascii_only


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_explanation_fits_a_narrow_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    text = EXPERIMENTS[name].load().EXPLANATION
    wrapped = lab_tables.rewrap(text)
    assert wrapped.split() == text.split()
    assert max(map(len, wrapped.splitlines())) < 60
    monkeypatch.setenv("COLUMNS", "200")
    assert lab_tables.rewrap(text) == text


def test_rewrapped_text_keeps_its_paragraphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    long_line = "word " * 22 + "end."  # leaves no room for the word that begins the next line
    rewrapped = lab_tables.rewrap(f"{long_line}\nlast.\nNext paragraph.").splitlines()
    assert rewrapped == ["word " * 11 + "word", "word " * 10 + "end.", "last.", "Next paragraph."]
