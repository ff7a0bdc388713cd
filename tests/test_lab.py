"""The lab: its experiments can be listed, done and told apart from failures; the gradient check in particular."""

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner, Result

from charrnn import lab
from charrnn.cli import lab as cli
from charrnn.errors import CharrnnError, UsageError
from charrnn.lab import EXPERIMENTS, Experiment, Finding, gradcheck
from charrnn.lab.planted_bugs import PLANTED_BUGS
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
    assert iter(module.run(0))


def test_without_a_name_the_experiments_are_listed() -> None:
    result = run()
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == list(EXPERIMENTS)
    rows = json.loads(run("--json").stdout)["experiments"]
    assert [row["name"] for row in rows] == list(EXPERIMENTS)
    assert rows[0]["asks"] == EXPERIMENTS["gradcheck"].summary


@pytest.mark.parametrize(
    ("name", "near"), [("gradchek", "gradcheck"), ("GRADCHECK", "gradcheck"), ("?", "gradcheck")]
)
def test_an_unknown_name_is_wrong_usage_and_near_ones_are_told(name: str, near: str) -> None:
    error = run(name).exception
    assert isinstance(error, UsageError)
    assert error.exit_code == 2
    assert near in str(error)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:2])


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
    assert [len(heading) for heading in headings] == [12 + 1, 6 + 1]
    assert {len(line) for line in lines} == {13, 7}
    assert all(line[-1] == "yes" for line in lines if line not in headings)


@pytest.mark.usefixtures("small")
def test_a_bug_that_goes_unnoticed_fails_the_gradient_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLANTED_BUGS, "none at all", Network)
    result = run("gradcheck", "--json")
    assert isinstance(result.exception, CharrnnError)
    assert result.exception.exit_code == 1
    assert "1 of 10" in str(result.exception)
    report = json.loads(result.stdout)
    assert report["passed"] is False
    assert [row["bug"] for row in report["findings"] if not row["passed"]] == ["none at all"]


def test_a_wrong_gradient_fails_the_gradient_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:1])
    monkeypatch.setattr(gradcheck, "Network", PLANTED_BUGS["Wh not transposed"])
    first = next(gradcheck.run(0))
    assert not first.passed


@pytest.mark.slow
def test_the_whole_gradient_check_passes() -> None:
    findings = list(gradcheck.run(0))
    assert len(findings) == len(gradcheck.GROUPS) + len(PLANTED_BUGS)
    assert all(finding.passed for finding in findings)


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more experiment, whose second result is wrong and whose words a terminal would take for markup."""

    def run(seed: int) -> Iterator[Finding]:
        yield Finding("first", {"word": "[red]x", "share": 0.5, "right": True})
        yield Finding("second", {"number": seed}, passed=False)

    module = ModuleType("charrnn.lab.invented")
    module.__dict__.update(TITLE="Invented", EXPLANATION="For this test.", run=run)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(lab.EXPERIMENTS, "invented", Experiment("Is it?", "no time", "invented"))


@pytest.mark.usefixtures("invented")
def test_an_experiment_is_added_by_one_file_and_one_line() -> None:
    assert run().stdout.splitlines()[-1] == "invented\tno time\tIs it?"
    result = run("invented", "--seed", "3")
    assert result.stdout.splitlines() == [
        "#table\tword\tshare\tright\tpassed",
        "first\t[red]x\t0.5\tyes\tyes",
        "#table\tnumber\tpassed",
        "second\t3\tno",
    ]
    assert isinstance(result.exception, CharrnnError)


@pytest.mark.usefixtures("invented")
def test_a_terminal_gets_a_table_for_each_group_and_no_word_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    cli._write_tables("invented", 3, lab.EXPERIMENTS["invented"].load().run(3))
    shown = capsys.readouterr().out
    assert [word in shown for word in ("first", "[red]x", "second", "3")] == [True] * 4
    assert shown.index("[red]x") < shown.index("second")
