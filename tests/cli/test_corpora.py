"""`charrnn corpora`: the list of texts, their paths and their download."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from charrnn.errors import CharrnnError, TextError, UsageError
from charrnn.text import catalogue, download
from charrnn.text.builtin import builtin_names
from charrnn.text.catalogue import Entry, entry_names

TEXT = b"To be, or not to be\n"
Invoke = Callable[..., Result]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for downloads."""
    monkeypatch.setenv("CHARRNN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def downloadable(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the only entry of the catalogue, which a download finds."""
    sha256 = hashlib.sha256(TEXT).hexdigest()
    entry = Entry("tiny", "A text.", "http://somewhere/tiny", len(TEXT), sha256, "none")
    monkeypatch.setattr(catalogue, "CATALOGUE", (entry,))
    monkeypatch.setattr(download, "open_url", lambda _: io.BytesIO(TEXT))
    return entry.name


def test_a_pipe_gets_tab_separated_lines(invoke: Invoke, data_folder: Path) -> None:
    (data_folder / "text8.txt").write_text("here")
    result = invoke("corpora")
    rows = {line.split("\t")[0]: line.split("\t") for line in result.stdout.splitlines()}
    assert set(rows) == {"#name", *entry_names(), *builtin_names()}
    assert {len(row) for row in rows.values()} == {5}
    assert rows["english"][1] == "built in"
    assert rows["text8"][1] == "downloaded"
    assert rows["enwik8"][1:3] == ["to download", "36445475"]
    assert result.stderr == ""


def test_json_has_the_path_of_each_text_that_is_here(invoke: Invoke, data_folder: Path) -> None:
    (data_folder / "text8.txt").write_text("here")
    rows = json.loads(invoke("corpora", "--json").stdout)["corpora"]
    paths = {row["name"]: row["path"] for row in rows}
    assert paths["text8"] == str(data_folder / "text8.txt")
    assert paths["enwik8"] is None
    assert Path(paths["english"]).exists()


def test_get_prints_the_path_on_stdout_and_messages_on_stderr(
    invoke: Invoke, downloadable: str, data_folder: Path
) -> None:
    path = data_folder / "tiny.txt"
    result = invoke("corpora", "get", downloadable)
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert "downloading tiny" in result.stderr
    assert path.read_bytes() == TEXT
    path.write_text("touched")
    assert "--force" in invoke("corpora", "get", downloadable).stderr
    assert path.read_text() == "touched"
    assert invoke("corpora", "get", downloadable, "--force").exit_code == 0
    assert path.read_bytes() == TEXT
    assert invoke("corpora", "show", downloadable).stdout == f"{path}\n"


def test_a_built_in_text_is_not_downloaded(invoke: Invoke, data_folder: Path) -> None:
    result = invoke("corpora", "get", "english")
    assert result.exit_code == 0
    assert Path(result.stdout.strip()).exists()
    assert "built in" in result.stderr
    assert list(data_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["show", "enwik"], UsageError, "enwik8"),
        (["get", "English"], UsageError, "did you mean english"),
        (["get", "?"], UsageError, "tiny-shakespeare"),
        (["show", "enwik8"], TextError, "charrnn corpora get enwik8"),
    ],
)
def test_an_unknown_name_and_a_text_that_is_not_downloaded_are_refused(
    invoke: Invoke, data_folder: Path, arguments: list[str], error: type[CharrnnError], message: str
) -> None:
    result = invoke("corpora", *arguments)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert result.stdout == ""
