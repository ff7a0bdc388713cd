"""The lab: its experiments can be listed, done and told apart from failures; the gradient check in particular."""

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner, Result

from charrnn.cli import lab as cli
from charrnn.cli import lab_tables
from charrnn.errors import CharrnnError, UsageError
from charrnn.lab import protocol as lab
from charrnn.lab.experiments import gradcheck
from charrnn.lab.planted_bugs import PLANTED_BUGS
from charrnn.lab.protocol import EXPERIMENTS, Curves, Experiment, Finding, claim
from charrnn.network import Network


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(cli.lab)
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_of_the_list_is_whole(name: str) -> None:
    experiment, module = EXPERIMENTS[name], EXPERIMENTS[name].load()
    assert experiment.summary
    assert experiment.duration
    assert module.TITLE
    assert max(len(line) for line in module.EXPLANATION.splitlines()) <= 120
    assert iter(module.run(0, 1))


def test_without_a_name_the_experiments_are_listed() -> None:
    result = run()
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == list(EXPERIMENTS)
    rows = json.loads(run("--json").stdout)["experiments"]
    assert [row["name"] for row in rows] == list(EXPERIMENTS)
    assert rows[0]["asks"] == EXPERIMENTS["gradcheck"].summary


@pytest.mark.parametrize(
    ("name", "near"), [("gradchek", "gradcheck"), ("GRADCHECK", "gradcheck"), ("?", "charrnn lab lists them")]
)
def test_an_unknown_name_is_wrong_usage_and_near_ones_are_told(name: str, near: str) -> None:
    error = run(name).exception
    assert isinstance(error, UsageError)
    assert error.exit_code == 2
    assert near in str(error)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:2])
    monkeypatch.setattr(gradcheck, "SEQUENCES", gradcheck.SEQUENCES[:1])


@pytest.mark.usefixtures("small")
def test_the_gradient_check_reports_its_figures_as_json() -> None:
    result = run("gradcheck", "--json", "--seed", "1")
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    assert (report["experiment"], report["seed"], report["passed"]) == ("gradcheck", 1, True)
    networks = [row for row in report["findings"] if row["table"] == "gradients"]
    bugs = [row for row in report["findings"] if row["table"] == "planted bugs"]
    assert [row["panels"] for row in networks] == [False, True]
    assert all(0.0 < row["relative_error"] < 1e-8 for row in networks)
    assert [row["bug"] for row in bugs] == list(PLANTED_BUGS)
    assert all(row["noticed"] and row["relative_error"] > 6e-3 for row in bugs)
    assert {row["by_a_careless_check"] for row in bugs} == {True, False}
    assert json.loads(run("gradcheck", "--json", "--seed", "1").stdout) == report


@pytest.mark.usefixtures("small")
def test_in_a_pipe_there_are_lines_under_names_and_the_explanation_is_a_message() -> None:
    result = run("gradcheck")
    assert gradcheck.EXPLANATION in result.stderr
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    headings = [line for line in lines if line[0] == "#table"]
    assert [len(heading) for heading in headings] == [12 + 1, 8 + 1, 6 + 1, 4 + 1]
    assert {len(line) for line in lines} == {13, 9, 7, 5}
    assert all(line[-1] == "yes" for line in lines if line not in headings)


@pytest.mark.usefixtures("small")
def test_a_bug_that_goes_unnoticed_fails_the_gradient_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLANTED_BUGS, "none at all", Network)
    result = run("gradcheck", "--json")
    assert isinstance(result.exception, CharrnnError)
    assert result.exception.exit_code == 1
    assert "2 of 13" in str(result.exception)
    report = json.loads(result.stdout)
    assert report["passed"] is False
    wrong = [row for row in report["findings"] if not row["passed"]]
    assert [row.get("bug") for row in wrong] == ["none at all", None]
    assert wrong[1]["reached"].startswith("7 of 8")


def test_a_wrong_gradient_fails_the_gradient_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:1])
    monkeypatch.setattr(gradcheck, "Network", PLANTED_BUGS["Wh not transposed"])
    first = next(gradcheck.run(0, 0))
    assert not first.passed


@pytest.mark.slow
def test_the_whole_gradient_check_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "SEQUENCES", ())  # test_gradient_check has them all, and every group
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[::4])
    findings = list(gradcheck.run(0, 0))
    assert len(findings) == len(gradcheck.GROUPS) + len(PLANTED_BUGS) + 2
    assert all(finding.passed for finding in findings)


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only experiment: its second result is wrong, and its words a terminal would take for markup."""

    def run(seed: int, steps: int) -> Iterator[lab.Result]:
        yield Finding("first", {"word": "[red]x", "share": 0.5, "right": True})
        yield Finding("second", {"number": seed}, passed=False)
        yield Curves(
            "Rise | fall", "step", {"up": ([0, 1, 2], [1.0, 2.0, 3.0]), "gap": ([0, 1], [1.0, float("nan")])}
        )
        yield claim("as many updates as told", "7", str(steps), passed=steps == 7)

    module = ModuleType("charrnn.lab.experiments.invented")
    module.__dict__.update(TITLE="Invented", EXPLANATION="For this test.", run=run)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(lab, "EXPERIMENTS", {"invented": Experiment("Is it?", "no time", "invented", 7)})


@pytest.mark.usefixtures("invented")
def test_an_experiment_is_added_by_one_file_and_one_line() -> None:
    assert run().stdout.splitlines() == ["invented\tno time\tIs it?"]
    result = run("invented", "--seed", "3")
    assert result.stdout.splitlines() == [
        "#table\tword\tshare\tright\tpassed",
        "first\t[red]x\t0.5\tyes\tyes",
        "#table\tnumber\tpassed",
        "second\t3\tno",
        "#curves\tline\tstep\ty",
        "Rise | fall\tup\t0\t1",
        "Rise | fall\tup\t1\t2",
        "Rise | fall\tup\t2\t3",
        "Rise | fall\tgap\t0\t1",
        "Rise | fall\tgap\t1\tnan",
        "#table\tclaim\treference\treached\tpassed",
        "claims\tas many updates as told\t7\t7\tyes",
    ]
    assert isinstance(result.exception, CharrnnError)
    assert "1 of 3" in str(result.exception)


@pytest.mark.usefixtures("invented")
def test_the_number_of_updates_can_be_told_and_a_short_training_is_named_as_one() -> None:
    result = run("invented", "--steps", "5", "--json")
    report = json.loads(result.stdout)
    assert report["findings"][-1]["reached"] == "5"
    assert report["curves"][0]["lines"]["gap"] == {"x": [0, 1], "y": [1.0, None]}
    assert "2 of 3" in str(result.exception)
    assert "after 5 updates instead of 7" in str(result.exception)


def test_what_does_not_train_has_no_steps() -> None:
    error = run("softmax", "--steps", "3").exception
    assert isinstance(error, UsageError)
    assert "leave --steps out" in str(error)


@pytest.mark.usefixtures("invented")
def test_a_terminal_gets_tables_and_charts_and_no_word_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    lab_tables.write_tables(lab.EXPERIMENTS["invented"].load().run(3, 7))
    shown = capsys.readouterr().out
    order = [shown.index(word) for word in ("first", "[red]x", "second", "Rise | fall", "a up", "b gap", "as many")]
    assert order == sorted(order)


@pytest.mark.parametrize("plain", [False, True])
def test_a_chart_is_as_wide_as_it_may_be_and_each_line_has_a_letter(plain: bool) -> None:
    xs = list(range(50))
    lines = {f"line {k}": (xs, [2.0**k + x / 100 for x in xs]) for k in range(9)}
    curves = Curves("t", "steps", lines, logarithmic=True)
    rows = ["".join(text for text, _ in runs) for runs in lab_tables.chart(curves, 60, ascii_only=plain)]
    assert max(map(len, rows)) <= 60
    assert rows[0] == "t"
    assert rows[-1].endswith("steps")
    for letter in "abcdefghi":
        assert sum(row.count(letter) for row in rows[3:-1]) >= 1
    assert all(row.isascii() for row in rows) == plain


@pytest.mark.usefixtures("invented")
def test_all_of_them_make_one_report() -> None:
    result = run("all")
    assert "invented: Is it? (no time)" in result.stderr
    report = result.stdout
    assert "| invented | as many updates as told | 7 | 7 | yes |" in report
    assert "## invented: Invented" in report
    assert "| number | passed |" in report
    assert "```\nRise | fall\n" in report
    assert "invented" in str(result.exception)
    assert json.loads(run("all", "--json").stdout)["experiments"][0]["findings"][1]["number"] == 0


def test_an_explanation_fits_a_narrow_terminal_and_keeps_its_paragraphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    for name in EXPERIMENTS:
        text = EXPERIMENTS[name].load().EXPLANATION
        shown = lab_tables.rewrap(text)
        assert shown.split() == text.split()
        assert max(map(len, shown.splitlines())) < 60
    monkeypatch.setenv("COLUMNS", "200")
    assert lab_tables.rewrap(text) == text
