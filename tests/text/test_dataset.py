"""Datasets: ids of both parts, with a vocabulary from the training part alone, in memory and in a file."""

import io
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.config import TextConfig
from charrnn.errors import TextError
from charrnn.text import documents
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.dataset import Dataset, build_dataset, dataset_from, dataset_of_run
from charrnn.text.split import training_length


def corpus_of(text: str) -> Corpus:
    return read_corpus(["-"], stdin=io.BytesIO(text.encode()))


def dataset_of(
    text: str, kind: str = "character", normal_form: str | None = None, val_fraction: float = 0.1
) -> Dataset:
    config = TextConfig(("-",), tokenizer=kind, normal_form=normal_form, val_fraction=val_fraction)
    return build_dataset(corpus_of(text), config)


def test_the_last_tenth_is_the_validation_part() -> None:
    dataset = dataset_of("abcdefghij" * 10)
    assert dataset.tokenizer.decode(dataset.training) == "abcdefghij" * 9
    assert dataset.tokenizer.decode(dataset.validation) == "abcdefghij"
    assert (dataset.training_characters, dataset.validation_characters) == (90, 10)


def test_characters_of_the_validation_part_alone_are_unknown() -> None:
    dataset = dataset_of("ab" * 9 + "az")
    assert dataset.tokenizer.vocabulary_size == 3
    assert dataset.validation.tolist() == [1, 0]
    assert dataset.validation_unknown == 1
    assert dataset.counts.tolist() == [0, 9, 9]


def test_the_validation_text_is_preceded_by_the_last_training_token() -> None:
    text = dataset_of("ab" * 9 + "az").validation_text()
    assert text.ids.tolist() == [1, 0]
    assert (text.previous_id, text.characters, text.unknown) == (2, 2, 1)


def test_without_a_validation_fraction_all_of_the_text_is_for_training() -> None:
    dataset = dataset_of("abc", val_fraction=0.0)
    assert dataset.training.tolist() == [1, 2, 3]
    assert dataset.validation.size == 0
    assert dataset.validation_text().characters == 0


def test_bytes_are_split_between_characters() -> None:
    dataset = dataset_of("水" * 10, "byte")
    assert (dataset.training.size, dataset.validation.size) == (27, 3)
    assert (dataset.training_characters, dataset.validation_characters) == (9, 1)
    assert dataset.counts.sum() == 27
    assert dataset.counts.shape == (256,)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\ufeff"), min_size=4)


@given(texts, st.sampled_from([None, "NFC"]), st.sampled_from(["character", "byte"]), st.integers(1, 7))
def test_any_text_is_decoded_from_its_parts(text: str, normal_form: str | None, kind: str, size: int) -> None:
    expected = unicodedata.normalize("NFC", text) if normal_form else text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "CHUNK_BYTES", size)
        try:
            whole = dataset_of(text, kind, normal_form, val_fraction=0.0)
        except TextError:
            assert len(expected) < 2
            return
        parts = dataset_of(text, kind, normal_form, val_fraction=0.4)
    assert whole.tokenizer.decode(whole.training) == expected
    cut = training_length(len(expected), 0.4)
    assert parts.tokenizer.decode(parts.training) == expected[:cut]
    assert parts.training_characters + parts.validation_characters == len(expected)
    assert np.array_equal(parts.counts, np.bincount(parts.training, minlength=parts.tokenizer.vocabulary_size))


def test_ids_mapped_from_a_file_equal_those_in_memory(tmp_path: Path) -> None:
    corpus, config = corpus_of("the quick brown fox\n" * 200), TextConfig(("-",))
    in_memory = build_dataset(corpus, config)
    mapped = build_dataset(corpus, config, scratch=tmp_path, memory_threshold=100)
    assert isinstance(mapped.training, np.memmap)
    np.testing.assert_array_equal(mapped.training, in_memory.training)
    np.testing.assert_array_equal(mapped.validation, in_memory.validation)


def test_an_existing_tokenizer_gives_the_same_arrays(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("a text that is read once and again" * 9)
    corpus = read_corpus([path])
    config = TextConfig((str(path),), val_fraction=0.2, sha256=corpus.report.sha256)
    first = build_dataset(corpus, config)
    for again in (
        dataset_from(corpus, first.tokenizer, config),
        dataset_of_run(config, first.tokenizer),
    ):
        np.testing.assert_array_equal(again.training, first.training)
        np.testing.assert_array_equal(again.validation, first.validation)
        np.testing.assert_array_equal(again.counts, first.counts)


# --- documents ----------------------------------------------------------------------------------------------


def ids_of(folder: Path, texts: list[str], documents: str, val_fraction: float = 0.0) -> tuple[list[int], list[int]]:
    """Training and validation ids of files with these texts; a is 2, b is 3, the newline 1."""
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
    config = TextConfig(("x",), documents=documents, val_fraction=val_fraction)
    dataset = build_dataset(read_corpus([folder]), config)
    return dataset.training.tolist(), dataset.validation.tolist()


def test_each_file_ends_with_the_boundary(tmp_path: Path) -> None:
    assert ids_of(tmp_path, ["ab", "b\n"], "files") == ([2, 3, 1, 4, 5, 3, 1, 4, 5], [])


def test_each_line_ends_with_the_boundary_and_the_last_one_too(tmp_path: Path) -> None:
    assert ids_of(tmp_path, ["a\nb", "b\n"], "lines") == ([2, 1, 4, 3, 1, 4, 3, 1, 4], [])


def test_a_boundary_belongs_to_the_part_of_the_document_that_it_ends(tmp_path: Path) -> None:
    training, validation = ids_of(tmp_path, ["aaaa\n", "bbbbb"], "files", 0.5)
    assert training == [2, 2, 2, 2, 1, 3, 4]
    assert validation == [0, 0, 0, 0, 0, 3, 4]


def test_without_documents_there_is_no_boundary(tmp_path: Path) -> None:
    assert ids_of(tmp_path, ["ab", "b\n"], "none") == ([2, 3, 1, 3, 1], [])


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_the_boundaries_of_lines_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(documents, "CHUNK_BYTES", size)
    corpus = corpus_of("".join(f"line {number}\n" for number in range(300)))
    dataset = build_dataset(corpus, TextConfig(("x",), documents="lines", val_fraction=0.0))
    assert np.count_nonzero(dataset.training == dataset.tokenizer.bos_id) == 300


def test_document_boundaries_are_never_rare(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ab" * 20_000 + "c")
    dataset = build_dataset(read_corpus([tmp_path]), TextConfig(("x",), documents="files", val_fraction=0.0))
    assert dataset.counts.tolist() == [0, 20_000, 20_000, 1, 1, 1]
    assert dataset.rare().tolist() == [False, False, False, True, False, False]


# --- errors and memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "fraction"), [("a", 0.1), ("a", 0.0), ("ab", 0.1), ("abcdef", 0.9)])
@pytest.mark.parametrize("kind", ["character", "byte"])
def test_a_text_that_is_too_short_to_train_on_is_an_error(text: str, fraction: float, kind: str) -> None:
    with pytest.raises(TextError, match="longer text"):
        dataset_of(text, kind, val_fraction=fraction)


MEASURE = """
import resource, sys
from pathlib import Path
from charrnn.config import TextConfig
from charrnn.text.corpus import read_corpus
from charrnn.text.dataset import build_dataset
dataset = build_dataset(read_corpus([sys.argv[1]]), TextConfig((sys.argv[1],)), scratch=Path(sys.argv[2]))
print(dataset.training.size + dataset.validation.size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measures memory as POSIX does")
def test_a_large_text_is_never_in_memory(tmp_path: Path) -> None:
    peaks = []
    for name, copies in (("small", 1), ("large", 300)):
        with (tmp_path / name).open("w") as file:
            for _ in range(copies):
                file.write("It was the best of times. 水\n" * 37_000)
        command = [sys.executable, "-c", MEASURE, str(tmp_path / name), str(tmp_path)]
        size, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert int(size) == copies * 37_000 * 28
        peaks.append(int(peak) // (1024 if sys.platform == "darwin" else 1))
    assert peaks[1] - peaks[0] < 100 * 1024
