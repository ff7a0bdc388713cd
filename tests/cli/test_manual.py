"""`charrnn manual`: the pages as Markdown, rendered on a terminal, and their list."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.cli.manual import with_commands
from charrnn.errors import UsageError
from charrnn.manual import page, topics

Charrnn = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("topic", topics())
def test_a_pipe_gets_the_markdown_of_a_page(topic: str) -> None:
    result = CliRunner().invoke(app, ["manual", topic])
    assert (result.exit_code, result.stdout) == (0, page(topic))


def test_the_pages_are_listed_with_their_titles() -> None:
    lines = CliRunner().invoke(app, ["manual"]).stdout.splitlines()
    assert [tuple(line.split("\t")) for line in lines] == [("#topic", "title"), *topics().items()]
    listed = json.loads(CliRunner().invoke(app, ["manual", "--json"]).stdout)["topics"]
    assert listed == [{"topic": topic, "title": title} for topic, title in topics().items()]


def test_a_page_as_json_holds_its_markdown() -> None:
    values = json.loads(CliRunner().invoke(app, ["manual", "start", "--json"]).stdout)
    assert values == {"topic": "start", "markdown": page("start")}


def test_an_unknown_topic_is_wrong_usage_with_similar_topics() -> None:
    error = CliRunner().invoke(app, ["manual", "samplin"]).exception
    assert isinstance(error, UsageError)
    assert "sampling" in str(error)


def without_styles(output: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


@pytest.mark.parametrize("columns", ["40", "80", "300"])
def test_a_terminal_gets_a_rendered_page_that_fits(
    on_terminal: Callable[..., str], tmp_path: Path, columns: str
) -> None:
    output = without_styles(on_terminal("manual", "start", cwd=tmp_path, COLUMNS=columns))
    assert max(map(len, output.splitlines())) <= min(100, int(columns))
    assert "```" not in output
    assert topics()["start"] in " ".join(output.split())


def test_links_to_pages_become_commands() -> None:
    assert with_commands("See [the files](files.md#run).") == "See the files (`charrnn manual files`)."
    assert with_commands("[site](https://example.org/a.md)") == "[site](https://example.org/a.md)"


def test_the_list_of_pages_fits_a_narrow_terminal(on_terminal: Callable[..., str], tmp_path: Path) -> None:
    output = without_styles(on_terminal("manual", cwd=tmp_path, COLUMNS="50"))
    assert max(map(len, output.splitlines())) <= 50
    assert all(topic in output for topic in topics())
