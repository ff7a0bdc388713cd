"""Splits: the parts of a text, with the cut between two characters, and the text of a run found again."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.config import TextConfig
from charrnn.errors import TextError, UsageError
from charrnn.text.chunks import DOCUMENT_END, Chunk
from charrnn.text.corpus import read_corpus
from charrnn.text.split import (
    reopen_corpus,
    split_at,
    split_corpus,
    training_length,
    training_text,
    validation_text,
)


@pytest.mark.parametrize(
    ("characters", "fraction", "training"),
    [(1_115_394, 0.1, 1_003_854), (10, 0.3, 7), (10, 0.9, 1), (10, 0.0, 10), (11, 0.1, 9), (3, 1e-9, 2)],
)
def test_the_training_length_is_that_of_decimal_arithmetic(characters: int, fraction: float, training: int) -> None:
    assert training_length(characters, fraction) == training


@given(st.lists(st.text(min_size=1)), st.integers(0, 40))
def test_parts_join_to_the_text_and_the_training_part_has_the_length_of_the_cut(texts: list[str], cut: int) -> None:
    parts = list(split_at(texts, cut))
    text = "".join(texts)
    assert "".join(str(chunk) for chunk, in_training in parts if in_training) == text[:cut]
    assert "".join(str(chunk) for chunk, in_training in parts if not in_training) == text[cut:]
    assert [in_training for _, in_training in parts] == sorted((part[1] for part in parts), reverse=True)


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (1, [("a", True), ("b", False), (DOCUMENT_END, False), ("cd", False), (DOCUMENT_END, False)]),
        (2, [("ab", True), (DOCUMENT_END, True), ("cd", False), (DOCUMENT_END, False)]),
        (3, [("ab", True), (DOCUMENT_END, True), ("c", True), ("d", False), (DOCUMENT_END, False)]),
        (4, [("ab", True), (DOCUMENT_END, True), ("cd", True), (DOCUMENT_END, True)]),
    ],
)
def test_a_document_end_at_the_cut_belongs_to_the_training_part(
    cut: int, expected: Sequence[tuple[Chunk, bool]]
) -> None:
    assert list(split_at(["ab", DOCUMENT_END, "cd", DOCUMENT_END], cut)) == expected


def test_a_split_counts_characters_of_the_normal_form() -> None:
    corpus = read_corpus(["-"], stdin=io.BytesIO("e\u0301".encode() * 10))
    configs = (TextConfig(("-",), normal_form=form, val_fraction=0.3) for form in ("NFC", None))
    composed, raw = (split_corpus(corpus, config) for config in configs)
    assert (composed.characters, composed.training_characters) == (10, 7)
    assert (raw.characters, raw.training_characters) == (20, 14)
    assert "".join(composed.training()) == "é" * 7
    assert "".join(composed.validation()) == "é" * 3


@pytest.fixture
def config(tmp_path: Path) -> TextConfig:
    """The config of a run whose text is abcdefghij."""
    path = tmp_path / "text.txt"
    path.write_text("abcdefghij")
    return TextConfig((str(path),), val_fraction=0.3, sha256=read_corpus([path]).report.sha256)


def test_the_parts_of_a_run_are_read_again_from_its_text(config: TextConfig) -> None:
    assert (training_text(config, 100), validation_text(config, 100)) == ("abcdefg", "hij")
    assert (training_text(config, 2), validation_text(config, 2)) == ("ab", "hi")


def test_a_text_that_moved_is_found_by_a_new_name(config: TextConfig, tmp_path: Path) -> None:
    Path(config.sources[0]).rename(tmp_path / "moved.txt")
    with pytest.raises(TextError, match=r"the text of this run is not here: .* put the text there"):
        reopen_corpus(config)
    with pytest.raises(TextError, match="name it"):
        reopen_corpus(config, remedy="name it")
    with pytest.raises(UsageError, match=r"moved\.txt"):
        reopen_corpus(config, (str(tmp_path / "moved.tx"),))
    assert reopen_corpus(config, (str(tmp_path / "moved.txt"),)).report.characters == 10


def test_a_built_in_text_is_found_where_its_name_is_that_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TextConfig(("minerals",), sha256=read_corpus(["minerals"]).report.sha256)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "minerals").mkdir()
    assert reopen_corpus(config).report.sha256 == config.sha256
    (tmp_path / "minerals" / "own.txt").write_text("my own text")
    assert reopen_corpus(config).report.sha256 == config.sha256
    own = replace(config, sha256=read_corpus(["minerals"]).report.sha256)
    assert reopen_corpus(own).report.characters == 11


def test_another_text_is_refused(config: TextConfig) -> None:
    Path(config.sources[0]).write_text("other text")
    with pytest.raises(TextError, match="not the text that this run was trained on"):
        reopen_corpus(config)


def test_standard_input_cannot_be_read_again_but_may_be_given_again(config: TextConfig) -> None:
    piped = replace(config, sources=("-",))
    with pytest.raises(TextError, match="standard input"):
        reopen_corpus(piped)
    assert reopen_corpus(piped, ("-",), io.BytesIO(b"abcdefghij")).report.characters == 10
