"""`charrnn rescore`: ranks by log probability, groups, scores from a recognizer, and refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.testing import Result

from charrnn import LanguageModel
from charrnn.cli import rescore
from charrnn.errors import CharrnnError, TextError, UsageError

CANDIDATES = ("the old lamb", "the old lamp", "the oak lamp")
Invoke: TypeAlias = Callable[..., Result]
Rescore: TypeAlias = Callable[..., str]


@pytest.fixture
def run(invoke: Invoke, tiny_run: Path) -> Rescore:
    """A function that returns what `charrnn rescore` writes."""

    def call(*arguments: object, stdin: str) -> str:
        result = invoke("rescore", tiny_run, *arguments, stdin=stdin)
        assert result.exit_code == 0, result.output + repr(result.exception)
        return result.stdout

    return call


def rows(output: str) -> list[list[str]]:
    return [line.split("\t") for line in output.splitlines()]


def groups(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_candidates_are_ranked_by_log_probability(run: Rescore, tiny_run: Path, tmp_path: Path) -> None:
    model, stdin = LanguageModel.load(tiny_run), "\n".join(CANDIDATES)
    log_p = {text: float(model.log_probabilities(text + "\n").sum()) for text in CANDIDATES}
    ranked = rows(run(stdin=stdin))
    assert [row[3] for row in ranked] == sorted(CANDIDATES, key=lambda text: -log_p[text])
    assert ranked[0][3] == "the old lamp"
    assert [row[0] for row in ranked] == ["1", "2", "3"]
    assert [float(row[2]) for row in ranked] == pytest.approx([log_p[row[3]] for row in ranked], abs=1e-3)
    assert [row[1] for row in ranked] == [row[2] for row in ranked]
    (tmp_path / "candidates.txt").write_text(stdin + "\n\n", "utf-8")
    assert rows(run(tmp_path / "candidates.txt", stdin="")) == ranked
    assert rows(run("-", "--top", 2, stdin=stdin)) == ranked[:2]


def test_groups_are_ranked_separately(run: Rescore) -> None:
    stdin = "b\tquqy\na\tthe old\nb\tquay\na\t\n"
    ranked = rows(run(stdin=stdin))
    assert [row[:2] for row in ranked] == [["1", "b"], ["2", "b"], ["1", "a"], ["2", "a"]]
    assert [row[4] for row in ranked[:2]] == ["quay", "quqy"]


def test_json_has_one_object_per_group(run: Rescore) -> None:
    stdin = "b\tquqy\na\tthe old\nb\tquay\na\t\n"
    first, second = groups(run("--top", 1, "--json", stdin=stdin))
    assert (first["group"], second["group"]) == ("b", "a")
    (best,) = first["candidates"]
    assert set(best) == {"text", "score", "log_probability", "outside"}
    assert (best["text"], best["outside"]) == ("quay", None)
    assert groups(run("--json", stdin="quay")) == [{"group": None, "candidates": [best]}]


@pytest.mark.parametrize("weight", [None, 0.0, 0.3, 1.0])
def test_the_scores_of_model_and_recognizer_are_averaged_by_weight(run: Rescore, weight: float | None) -> None:
    stdin = "".join(f"g\t{text}\t{-100.0 * n}\n" for n, text in enumerate(CANDIDATES))
    options = () if weight is None else ("--weight", weight)
    (group,) = groups(run(*options, "--json", stdin=stdin))
    share = 0.5 if weight is None else weight
    for candidate in group["candidates"]:
        average = share * candidate["log_probability"] + (1 - share) * candidate["outside"]
        assert candidate["score"] == pytest.approx(average)
    assert group["candidates"][0]["text"] == ("the old lamp" if weight == 1.0 else "the old lamb")


def test_length_power_divides_by_the_number_of_characters_with_the_end(run: Rescore) -> None:
    (group,) = groups(run("--length-power", 1, "--json", stdin="the\nthe old lamp"))
    for candidate in group["candidates"]:
        characters = len(candidate["text"]) + 1
        assert candidate["score"] == pytest.approx(candidate["log_probability"] / characters)


def test_unknown_characters_are_a_message(invoke: Invoke, tiny_run: Path) -> None:
    result = invoke("rescore", tiny_run, stdin="λamp\nΛamp")
    assert "2 of the candidates' characters are unknown" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "error", "message"),
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
        (("--weight", "1.5"), "a\tb\t1\n", UsageError, "--weight must be from 0 to 1, got 1.5"),
        (("--weight", "nan"), "a\tb\t1\n", UsageError, "--weight must be from 0 to 1, got nan"),
        (("--length-power", "2.5"), "a\n", UsageError, "--length-power must be from 0 to 2, got 2.5"),
        (("--top", "-1"), "a\n", UsageError, "--top must be 0 or more, got -1"),
        (("absent.txt",), "", UsageError, "absent.txt"),
    ],
)
def test_invalid_input_is_refused(
    invoke: Invoke, tiny_run: Path, arguments: tuple[str, ...], stdin: str, error: type[CharrnnError], message: str
) -> None:
    exception = invoke("rescore", tiny_run, *arguments, stdin=stdin).exception
    assert type(exception) is error
    assert message in str(exception)
    assert "\n" not in str(exception)


def test_too_many_lines_and_too_long_lines_are_refused(
    invoke: Invoke, run: Rescore, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescore, "MAX_LINES", 3)
    assert len(rows(run(stdin="a\nb\nc\n"))) == 3
    assert "more than 3 lines" in str(invoke("rescore", tiny_run, stdin="a\nb\nc\nd\n").exception)
    monkeypatch.setattr(rescore, "LONGEST_CANDIDATE", 9000)
    assert len(rows(run(stdin="a" * 8999))) == 1
    assert "line 2 has more" in str(invoke("rescore", tiny_run, stdin="a\n" + "a" * 9001).exception)


def test_a_terminal_gets_no_control_characters(
    on_terminal: Callable[..., str], tiny_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "hostile.txt").write_text("g\x1b\ta\x1b[31m\u202eb\x9b\n", "utf-8")
    output = on_terminal("rescore", tiny_run, "hostile.txt", cwd=tmp_path, TERM="dumb")
    assert "g\\x1b\t" in output
    assert not {"\x1b", "\u202e", "\x9b"} & set(output)
