"""`charrnn lab`: the list of experiments, the output of one, the report on all, and exit codes."""

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner, Result

from charrnn.cli.lab import lab
from charrnn.errors import CharrnnError, UsageError
from charrnn.lab import protocol
from charrnn.lab.experiments import gradcheck
from charrnn.lab.planted_bugs import PLANTED_BUGS
from charrnn.lab.protocol import EXPERIMENTS, Curves, Experiment, Finding, claim


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(lab)
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace all experiments by one whose second result is wrong, with text that looks like markup."""

    def run(seed: int, steps: int) -> Iterator[protocol.Result]:
        yield Finding("first", {"word": "[red]x", "share": 0.5, "right": True})
        yield Finding("second", {"number": seed}, passed=False)
        yield Curves(
            "Rise | fall", "step", {"up": ([0, 1, 2], [1.0, 2.0, 3.0]), "gap": ([0, 1], [1.0, float("nan")])}
        )
        yield claim("number of updates", "7", str(steps), passed=steps == 7)

    module = ModuleType("charrnn.lab.experiments.invented")
    module.__dict__.update(TITLE="Invented", EXPLANATION="For this test.", run=run)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(protocol, "EXPERIMENTS", {"invented": Experiment("Is it?", "a second", "invented", 7)})


@pytest.fixture
def small_gradcheck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reduce the gradient check to two groups of networks and one form of use."""
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:2])
    monkeypatch.setattr(gradcheck, "SEQUENCES", gradcheck.SEQUENCES[:1])


def test_without_a_name_the_experiments_are_listed() -> None:
    assert [line.split("\t")[0] for line in run().stdout.splitlines()] == ["#name", *EXPERIMENTS]
    rows = json.loads(run("--json").stdout)["experiments"]
    assert [row["name"] for row in rows] == list(EXPERIMENTS)
    assert rows[0]["asks"] == EXPERIMENTS["gradcheck"].summary


@pytest.mark.parametrize(
    ("name", "remedy"), [("gradchek", "gradcheck"), ("GRADCHECK", "gradcheck"), ("?", "charrnn lab lists them")]
)
def test_unknown_name_is_a_usage_error_with_a_remedy(name: str, remedy: str) -> None:
    error = run(name).exception
    assert isinstance(error, UsageError)
    assert error.exit_code == 2
    assert remedy in str(error)


def test_steps_are_refused_where_nothing_is_trained() -> None:
    error = run("softmax", "--steps", "3").exception
    assert isinstance(error, UsageError)
    assert "--steps" in str(error)


@pytest.mark.usefixtures("invented")
def test_one_file_and_one_line_add_an_experiment() -> None:
    assert run().stdout.splitlines() == ["#name\ttakes\tasks", "invented\ta second\tIs it?"]
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
        "claims\tnumber of updates\t7\t7\tyes",
    ]
    assert "For this test." in result.stderr


@pytest.mark.usefixtures("invented")
def test_failed_finding_exits_with_1_and_is_counted() -> None:
    error = run("invented").exception
    assert isinstance(error, CharrnnError)
    assert error.exit_code == 1
    assert "1 of 3" in str(error)


@pytest.mark.usefixtures("invented")
def test_steps_shorten_the_training_and_the_message_says_so() -> None:
    result = run("invented", "--steps", "5", "--json")
    report = json.loads(result.stdout)
    assert report["passed"] is False
    assert report["findings"][-1]["reached"] == "5"
    assert report["curves"][0]["lines"]["gap"] == {"x": [0, 1], "y": [1.0, None]}
    assert "2 of 3" in str(result.exception)
    assert "after 5 updates instead of 7" in str(result.exception)


@pytest.mark.usefixtures("invented")
def test_all_writes_one_report_in_markdown_or_json() -> None:
    result = run("all")
    assert "invented: Is it? (a second)" in result.stderr
    assert "| invented | number of updates | 7 | 7 | yes |" in result.stdout
    assert "## invented: Invented" in result.stdout
    assert "| number | passed |" in result.stdout
    assert "```\nRise | fall\n" in result.stdout
    assert "invented" in str(result.exception)
    assert json.loads(run("all", "--json").stdout)["experiments"][0]["findings"][1]["number"] == 0


@pytest.mark.usefixtures("small_gradcheck")
def test_gradient_check_reports_its_figures_as_json() -> None:
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
    assert json.loads(run("gradcheck", "--json", "--seed", "1").stdout) == report


@pytest.mark.usefixtures("small_gradcheck")
def test_lines_in_a_pipe_have_as_many_cells_as_their_heading() -> None:
    rows = [line.split("\t") for line in run("gradcheck").stdout.splitlines()]
    width = 0
    for row in rows:
        width = len(row) if row[0].startswith("#") else width
        assert len(row) == width
    assert [len(row) for row in rows if row[0] == "#table"] == [13, 9, 7, 5]
