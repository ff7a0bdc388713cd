"""The catalogue of public texts, and the command that lists, shows and gets texts."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from charrnn.cli.corpora import app
from charrnn.errors import CharrnnError, TextError, UsageError
from charrnn.text import catalogue, download
from charrnn.text.builtin import builtin_names
from charrnn.text.catalogue import CATALOGUE, Entry, catalogue_folder, entry_names, find_entry

TEXT = b"To be, or not to be\n"


def test_every_entry_is_whole_and_no_name_is_taken_twice() -> None:
    names = [*entry_names(), *builtin_names()]
    assert len(set(names)) == len(names)
    for entry in CATALOGUE:
        assert len(bytes.fromhex(entry.sha256)) == 32
        assert entry.url.startswith(("https://", "http://"))
        assert entry.size > 0
        assert entry.title
        assert entry.license
        assert (entry.member is not None) == entry.url.endswith(".zip")
        assert find_entry(entry.name) is entry
    assert len({entry.sha256 for entry in CATALOGUE}) == len(CATALOGUE)


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARRNN_DATA", str(tmp_path))
    assert catalogue_folder() == tmp_path
    monkeypatch.delenv("CHARRNN_DATA")
    assert catalogue_folder().parts[-2:] == ("charrnn", "corpora")


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARRNN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def served(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The catalogue with one entry, and a network that has it."""
    sha256 = hashlib.sha256(TEXT).hexdigest()
    entry = Entry("tiny", "A text.", "http://somewhere/tiny", len(TEXT), sha256, "none")
    monkeypatch.setattr(catalogue, "CATALOGUE", (entry,))
    monkeypatch.setattr(download, "open_url", lambda _: io.BytesIO(TEXT))
    return entry.name


def test_the_list_is_tab_separated_in_a_pipe(data_folder: Path) -> None:
    (data_folder / "text8.txt").write_text("here")
    result = CliRunner().invoke(app, [])
    rows = {line.split("\t")[0]: line.split("\t") for line in result.stdout.splitlines()}
    assert set(rows) == {*entry_names(), *builtin_names()}
    assert {len(row) for row in rows.values()} == {5}
    assert rows["english"][1] == "built in"
    assert rows["text8"][1] == "downloaded"
    assert rows["enwik8"][1:3] == ["to download", "36445475"]
    assert result.stderr == ""


def test_the_list_as_json(data_folder: Path) -> None:
    (data_folder / "text8.txt").write_text("here")
    rows = json.loads(CliRunner().invoke(app, ["--json"]).stdout)["corpora"]
    paths = {row["name"]: row["path"] for row in rows}
    assert paths["text8"] == str(data_folder / "text8.txt")
    assert paths["enwik8"] is None
    assert Path(paths["english"]).exists()


def test_get_puts_the_path_on_stdout_and_the_rest_on_stderr(served: str, data_folder: Path) -> None:
    path = data_folder / "tiny.txt"
    result = CliRunner().invoke(app, ["get", served])
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert "getting tiny" in result.stderr
    assert path.read_bytes() == TEXT
    path.write_text("touched")
    assert "--force" in CliRunner().invoke(app, ["get", served]).stderr
    assert path.read_text() == "touched"
    assert CliRunner().invoke(app, ["get", served, "--force"]).exit_code == 0
    assert path.read_bytes() == TEXT
    assert CliRunner().invoke(app, ["show", served]).stdout == f"{path}\n"


def test_getting_a_built_in_text_says_that_it_is_here(data_folder: Path) -> None:
    result = CliRunner().invoke(app, ["get", "english"])
    assert result.exit_code == 0
    assert Path(result.stdout.strip()).exists()
    assert "built in" in result.stderr
    assert list(data_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (["show", "enwik"], UsageError, "enwik8"),
        (["get", "English"], UsageError, "did you mean english"),
        (["get", "?"], UsageError, "tiny-shakespeare"),
        (["show", "enwik8"], TextError, "charrnn corpora get enwik8"),
    ],
)
def test_a_name_that_cannot_be_served_is_told(
    data_folder: Path, arguments: list[str], error: type[CharrnnError], says: str
) -> None:
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, error)
    assert says in str(result.exception)
    assert result.stdout == ""
