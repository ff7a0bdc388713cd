"""Texts that go by a name: the built-in ones, and those of the catalogue once they are there."""

from pathlib import Path

import pytest

from charrnn.errors import TextError
from charrnn.text import builtin
from charrnn.text.chunks import strings
from charrnn.text.corpus import Corpus, read_corpus


def text_of(corpus: Corpus) -> str:
    return "".join(strings(corpus.chunks()))


@pytest.mark.parametrize("name", builtin.builtin_names())
def test_every_built_in_text_is_there_and_reads(name: str) -> None:
    assert read_corpus([name], encoding="latin-1").report.characters > 1000
    assert builtin.builtin_description(name).endswith(".")


def test_the_python_text_is_the_library_without_its_tests() -> None:
    names = {path.as_posix() for path in builtin.builtin_files("python")}
    assert any(name.endswith("/json/__init__.py") for name in names)
    assert not [name for name in names if "/site-packages/" in name or "/test/" in name]


def test_an_existing_path_comes_before_a_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "english").write_text("mine")
    monkeypatch.chdir(tmp_path)
    corpus = read_corpus(["english", "minerals"])
    assert text_of(corpus).startswith("mine\n")
    assert corpus.report.shadowed == ("english",)


def test_a_text_of_the_catalogue_is_read_once_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARRNN_DATA", str(tmp_path))
    with pytest.raises(TextError, match="charrnn corpora get text8"):
        read_corpus(["text8"])
    (tmp_path / "text8.txt").write_text("anarchism")
    assert text_of(read_corpus(["text8"])) == "anarchism"
