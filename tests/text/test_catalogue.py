"""The catalogue: a downloaded text is read by its name."""

from pathlib import Path

import pytest

from charrnn.errors import TextError
from charrnn.text.catalogue import CATALOGUE, downloaded_path, find_entry
from charrnn.text.chunks import strings
from charrnn.text.corpus import read_corpus


def test_a_text_of_the_catalogue_is_read_after_its_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARRNN_DATA", str(tmp_path))
    with pytest.raises(TextError, match="charrnn corpora get text8"):
        read_corpus(["text8"])
    (tmp_path / "text8.txt").write_text("anarchism")
    assert "".join(strings(read_corpus(["text8"]).chunks())) == "anarchism"
    assert downloaded_path("text8") == tmp_path / "text8.txt"


def test_entries_are_found_by_name_and_archives_name_their_member() -> None:
    assert find_entry("no-such-text") is None
    for entry in CATALOGUE:
        assert find_entry(entry.name) is entry
        assert (entry.member is not None) == entry.url.endswith(".zip")
        assert len(bytes.fromhex(entry.sha256)) == 32
