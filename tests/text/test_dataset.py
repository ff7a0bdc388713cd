"""Datasets: the split, the vocabulary of the training part alone, and the same ids in memory and from a file."""

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
from charrnn.errors import TextError, UsageError
from charrnn.text import documents
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.dataset import build_dataset, dataset_from
from charrnn.text.encoded import encode_corpus
from charrnn.text.split import training_length
from charrnn.text.tokenizers import CharacterTokenizer


def reopen_corpus(text: str) -> Corpus:
    return read_corpus(["-"], stdin=io.BytesIO(text.encode()))


def settings(kind: str = "character", normal_form: str | None = None, val_fraction: float = 0.1) -> TextConfig:
    return TextConfig(("-",), tokenizer=kind, normal_form=normal_form, val_fraction=val_fraction)


def test_the_last_tenth_is_held_out() -> None:
    dataset = build_dataset(reopen_corpus("abcdefghij" * 10), settings())
    assert dataset.tokenizer.decode(dataset.training) == "abcdefghij" * 9
    assert dataset.tokenizer.decode(dataset.validation) == "abcdefghij"
    assert (dataset.training_characters, dataset.validation_characters) == (90, 10)


@pytest.mark.parametrize(
    ("characters", "fraction", "training"),
    [(1_115_394, 0.1, 1_003_854), (10, 0.3, 7), (10, 0.9, 1), (10, 0.0, 10), (11, 0.1, 9), (3, 1e-9, 2)],
)
def test_the_split_is_that_of_decimal_arithmetic(characters: int, fraction: float, training: int) -> None:
    assert training_length(characters, fraction) == training


def test_characters_of_the_validation_part_alone_are_unknown() -> None:
    dataset = build_dataset(reopen_corpus("ab" * 9 + "az"), settings())
    assert dataset.tokenizer.vocabulary_size == 3
    assert dataset.validation.tolist() == [1, 0]
    assert dataset.validation_unknown == 1
    assert dataset.counts.tolist() == [0, 9, 9]


def test_without_validation_everything_is_trained_on() -> None:
    dataset = build_dataset(reopen_corpus("abc"), settings(val_fraction=0.0))
    assert dataset.training.tolist() == [1, 2, 3]
    assert dataset.validation.size == 0


def test_bytes_are_split_between_characters() -> None:
    dataset = build_dataset(reopen_corpus("水" * 10), settings(kind="byte"))
    assert (dataset.training.size, dataset.validation.size) == (27, 3)
    assert (dataset.training_characters, dataset.validation_characters) == (9, 1)
    assert dataset.counts.sum() == 27
    assert dataset.counts.shape == (256,)


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\ufeff"), min_size=4)


@given(text, st.sampled_from([None, "NFC"]), st.sampled_from(["character", "byte"]), st.integers(1, 7))
def test_any_text_comes_back_from_its_parts(text: str, normal_form: str | None, kind: str, chunk: int) -> None:
    expected = unicodedata.normalize("NFC", text) if normal_form else text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "CHUNK_BYTES", chunk)
        try:
            whole = build_dataset(reopen_corpus(text), settings(kind=kind, normal_form=normal_form, val_fraction=0.0))
        except TextError:
            assert len(expected) < 2
            return
        parts = build_dataset(reopen_corpus(text), settings(kind=kind, normal_form=normal_form, val_fraction=0.4))
    assert whole.tokenizer.decode(whole.training) == expected
    cut = training_length(len(expected), 0.4)
    assert parts.tokenizer.decode(parts.training) == expected[:cut]
    assert parts.training_characters + parts.validation_characters == len(expected)
    assert np.array_equal(parts.counts, np.bincount(parts.training, minlength=parts.tokenizer.vocabulary_size))


@pytest.mark.parametrize("chunk", range(1, 8))
def test_the_normal_form_is_right_where_chunks_meet(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    decomposed = unicodedata.normalize("NFD", "é한국어ậ" * 5) + "e" + "\u0301" * 9
    monkeypatch.setattr(documents, "CHUNK_BYTES", chunk)
    dataset = build_dataset(reopen_corpus(decomposed), settings(normal_form="NFC", val_fraction=0.0))
    assert dataset.tokenizer.decode(dataset.training) == unicodedata.normalize("NFC", decomposed)


def test_many_ids_are_mapped_from_a_file_and_are_the_same(tmp_path: Path) -> None:
    corpus = reopen_corpus("the quick brown fox\n" * 200)
    here = build_dataset(corpus, settings())
    there = build_dataset(corpus, settings(), scratch=tmp_path, memory_threshold=100)
    assert isinstance(there.training, np.memmap)
    assert not isinstance(here.training, np.memmap)
    assert np.array_equal(here.training, there.training)
    assert np.array_equal(here.validation, there.validation)
    assert not here.training.flags.writeable
    assert not there.training.flags.writeable


def test_the_file_of_ids_leaves_nothing_behind(tmp_path: Path) -> None:
    dataset = build_dataset(reopen_corpus("abc" * 100), settings(), scratch=tmp_path, memory_threshold=10)
    assert dataset.training[:3].tolist() == [1, 2, 3]
    del dataset
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_run_gets_the_same_arrays() -> None:
    corpus = reopen_corpus("some text, read once and again" * 9)
    first = build_dataset(corpus, settings(val_fraction=0.2))
    again = dataset_from(corpus, first.tokenizer, val_fraction=0.2)
    assert np.array_equal(first.training, again.training)
    assert np.array_equal(first.validation, again.validation)
    assert np.array_equal(first.counts, again.counts)


def test_a_strange_text_is_encoded_with_its_unknowns_counted() -> None:
    encoded = encode_corpus(reopen_corpus("abxé"), CharacterTokenizer("ab"))
    assert encoded.ids.tolist() == [1, 2, 0, 0]
    assert (encoded.characters, encoded.unknown) == (4, 2)


def test_characters_of_an_encoded_text_are_those_before_the_normal_form() -> None:
    encoded = encode_corpus(reopen_corpus("e\u0301e\u0301"), CharacterTokenizer("é", "NFC"))
    assert encoded.ids.tolist() == [1, 1]
    assert encoded.characters == 4


@pytest.mark.parametrize(("text", "fraction"), [("a", 0.1), ("a", 0.0), ("ab", 0.1), ("abcdef", 0.9)])
@pytest.mark.parametrize("kind", ["character", "byte"])
def test_a_text_too_short_to_train_on_is_refused(text: str, fraction: float, kind: str) -> None:
    with pytest.raises(TextError, match="longer text"):
        build_dataset(reopen_corpus(text), settings(kind=kind, val_fraction=fraction))


def test_an_unknown_tokenizer_is_refused() -> None:
    with pytest.raises(UsageError, match="subword"):
        settings(kind="syllable")


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
