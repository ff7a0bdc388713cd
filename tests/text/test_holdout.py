"""Held-out documents: a fixed draw by the seed, of whole lines or files in the order of the text."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.config import END, RANDOM, TextConfig
from charrnn.errors import TextError, UsageError
from charrnn.text import documents, split
from charrnn.text.chunks import DOCUMENT_END, Chunk, strings
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.dataset import build_dataset, dataset_from
from charrnn.text.holdout import document_lengths, draw_documents, split_documents
from charrnn.text.split import Split, choose_split, training_text, validation_text


def corpus_of(text: str) -> Corpus:
    return read_corpus(["-"], stdin=io.BytesIO(text.encode()))


def lines_config(**values: object) -> TextConfig:
    return TextConfig(("-",), documents="lines", **values)  # type: ignore[arg-type]


def parts_of(divided: Split) -> tuple[str, str]:
    return "".join(divided.training()), "".join(divided.validation())


NUMBERS = "".join(f"{number}\n" for number in range(200))


def test_the_draw_is_the_same_on_every_computer() -> None:
    assert np.flatnonzero(draw_documents(30, 0.1, 0)).tolist() == [2, 4, 6]
    assert np.flatnonzero(draw_documents(30, 0.1, 7)).tolist() == [1, 10, 26]


@pytest.mark.parametrize(
    ("n", "fraction", "count"),
    [(200, 0.1, 20), (11, 0.1, 2), (2, 0.1, 1), (2, 0.9, 1), (10, 0.999, 9), (10, 1e-9, 1)],
)
def test_at_least_one_document_is_held_out_and_never_all(n: int, fraction: float, count: int) -> None:
    assert draw_documents(n, fraction, 3).sum() == count


def test_the_draw_is_spread_over_the_text() -> None:
    places = np.flatnonzero(draw_documents(100_000, 0.1, 1)) / 100_000
    np.testing.assert_allclose(np.histogram(places, 10, (0, 1))[0], 1000, rtol=0.12)


def test_lines_are_drawn_at_random_by_default() -> None:
    divided = choose_split(corpus_of(NUMBERS), lines_config())
    training, validation = (part.splitlines() for part in parts_of(divided))
    assert (len(training), len(validation)) == (180, 20)
    assert sorted(training + validation) == sorted(NUMBERS.splitlines())
    assert [int(line) for line in training] == sorted(map(int, training))
    assert min(map(int, validation)) < 100
    assert (divided.config.holdout, divided.config.held_out_documents) == (RANDOM, 20)
    assert divided.config.held_out == ()
    assert divided.characters == len(NUMBERS)
    assert divided.training_characters == sum(len(line) + 1 for line in training)
    assert divided.config.split_description == "10 % of the lines, drawn at random"


def test_another_seed_draws_other_lines_and_the_same_seed_the_same() -> None:
    first, again, other = (
        parts_of(choose_split(corpus_of(NUMBERS), lines_config(holdout_seed=seed))) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("one\ntwo\nthree\n", {}),
        (NUMBERS, {"holdout": END}),
        (NUMBERS, {"val_fraction": 0.001}),
        (NUMBERS, {"val_fraction": 0.0}),
        (NUMBERS, {"documents": "none"}),
        (NUMBERS, {"documents": "files"}),
    ],
    ids=["few lines", "end", "less than a line", "nothing", "no documents", "one file"],
)
def test_otherwise_the_end_is_held_out(text: str, values: dict[str, object]) -> None:
    divided = choose_split(corpus_of(text), replace(lines_config(), **values))  # type: ignore[arg-type]
    training, validation = parts_of(divided)
    assert training + validation == text
    assert divided.config.holdout == END
    assert divided.config.split_description == ""


def test_a_random_part_of_a_text_without_documents_is_refused() -> None:
    for config in (TextConfig(("-",), holdout=RANDOM), TextConfig(("-",), documents="none", holdout=RANDOM)):
        with pytest.raises(UsageError, match="needs `documents` files or lines"):
            choose_split(corpus_of(NUMBERS), config)
    with pytest.raises(UsageError, match="2 documents or more"):
        choose_split(corpus_of("one line\n"), lines_config(holdout=RANDOM))


def test_few_lines_are_drawn_if_that_is_asked_for() -> None:
    training, validation = parts_of(choose_split(corpus_of("one\ntwo"), lines_config(holdout=RANDOM)))
    assert sorted([training, validation]) == ["one\n", "two"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of 20 files, of which some do not end in a newline."""
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text(f"file {number}" + "\n" * (number % 2))
    return tmp_path


def test_many_files_are_drawn_at_random_and_named(folder: Path) -> None:
    config = TextConfig((str(folder),), documents="files")
    divided = choose_split(read_corpus([folder]), config)
    training, validation = (part.splitlines() for part in parts_of(divided))
    assert (len(training), len(validation)) == (18, 2)
    names = [Path(name).name for name in divided.config.held_out]
    assert validation == [f"file {int(name[:2])}" for name in names]
    assert divided.config.held_out_documents == 2


def test_too_many_held_out_files_are_not_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "MOST_NAMED", 19)
    divided = choose_split(read_corpus([folder]), TextConfig((str(folder),), documents="files"))
    assert (divided.config.held_out, divided.config.held_out_documents) == ((), 2)


def test_a_run_finds_its_parts_again(folder: Path) -> None:
    corpus = read_corpus([folder])
    for kind in ("files", "lines"):
        config = TextConfig((str(folder),), documents=kind, holdout_seed=5, sha256=corpus.report.sha256)
        dataset = build_dataset(corpus, config)
        chosen = dataset.split.config
        again = dataset_from(read_corpus([folder]), dataset.tokenizer, chosen)
        np.testing.assert_array_equal(again.training, dataset.training)
        np.testing.assert_array_equal(again.validation, dataset.validation)
        assert again.validation_characters == dataset.validation_characters
        assert (training_text(chosen, 10**6), validation_text(chosen, 10**6)) == parts_of(dataset.split)
        assert training_text(chosen, 8) == parts_of(dataset.split)[0][:8]


def test_a_run_without_the_choice_keeps_the_end() -> None:
    dataset = build_dataset(corpus_of(NUMBERS), lines_config(holdout=END))
    old = dataset_from(corpus_of(NUMBERS), dataset.tokenizer, lines_config())
    np.testing.assert_array_equal(old.validation, dataset.validation)


def test_two_runs_share_a_validation_text_if_they_draw_the_same_documents() -> None:
    first, other = lines_config(holdout=RANDOM, holdout_seed=1), lines_config(holdout=RANDOM, holdout_seed=2)
    assert first.split != other.split
    assert (
        replace(first, holdout=END).split == replace(other, holdout=END).split == replace(other, holdout=None).split
    )


def test_every_document_of_both_parts_is_delimited(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text("ab\nba")
    for kind, per_file in (("lines", 2), ("files", 1)):
        dataset = build_dataset(read_corpus([tmp_path]), TextConfig(("x",), documents=kind))
        bos_id, eos_id = dataset.tokenizer.bos_id, dataset.tokenizer.eos_id
        for ids, documents_in_part in ((dataset.training, 9 * per_file), (dataset.validation, per_file)):
            assert np.count_nonzero(ids == bos_id) == np.count_nonzero(ids == eos_id) == documents_in_part
            assert ids[-2:].tolist() == [eos_id, bos_id]
            np.testing.assert_array_equal(np.flatnonzero(ids == bos_id) - 1, np.flatnonzero(ids == eos_id))
        assert dataset.validation_text().previous_id == bos_id


texts = st.lists(st.text(st.sampled_from("ab\n水"), max_size=12), min_size=1, max_size=6)


@given(texts, st.integers(1, 5), st.integers(0, 3), st.sampled_from(["lines", "files"]))
def test_any_text_is_divided_between_its_documents(files: Sequence[str], size: int, seed: int, kind: str) -> None:
    """The chunks may end anywhere; the documents are those of the whole text."""
    chunks: list[Chunk] = []
    for text in files:
        chunks += [*(text[at : at + size] for at in range(0, len(text), size)), DOCUMENT_END]
    whole = [line for text in files for line in (text.splitlines(keepends=True) if kind == "lines" else [text])]
    lengths = document_lengths(chunks, kind)
    assert lengths.tolist() == list(map(len, whole))
    if len(whole) < 2:
        return
    held_out = draw_documents(len(whole), 0.4, seed)
    divided = list(split_documents(chunks, held_out, kind))
    for in_training in (True, False):
        text = "".join(strings(chunk for chunk, part in divided if part == in_training))
        assert text == "".join(line for line, out in zip(whole, held_out, strict=True) if out != in_training)
    ends = sum(chunk is DOCUMENT_END for chunk, _ in divided)
    assert ends <= len(files)


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_the_draw_does_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    expected = parts_of(choose_split(corpus_of(NUMBERS), lines_config()))
    monkeypatch.setattr(documents, "CHUNK_BYTES", size)
    assert parts_of(choose_split(corpus_of(NUMBERS), lines_config())) == expected


@pytest.mark.parametrize("kind", ["lines", "files"])
def test_documents_that_were_added_meanwhile_are_an_error(kind: str) -> None:
    chunks: list[Chunk] = ["a\n", DOCUMENT_END, "b\n", DOCUMENT_END, "c\n", "d", DOCUMENT_END]
    with pytest.raises(TextError, match="changed while it was being read"):
        list(split_documents(chunks, np.array([True, False]), kind))
