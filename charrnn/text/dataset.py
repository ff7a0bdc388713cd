"""A corpus → the ids to train on and the ids held out, in memory or, if there are many, mapped from a file.

The text is read chunk by chunk and never held as a whole. Its last `val_fraction`, counted in characters, is
held out; the vocabulary comes from the rest alone. The same text gives the same arrays.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from charrnn.errors import TextError, UsageError
from charrnn.text.corpus import Corpus
from charrnn.text.parts import characters_of, normalised, parted, training_length
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer, Ids, Tokenizer, alphabet_of, code_points

MEMORY_THRESHOLD = 64 << 20
_CODE_SPACE = 0x110000


@dataclass(frozen=True, eq=False)
class Dataset:
    """(N,) ids to train on and (M,) ids held out, of the smallest unsigned type; M may be 0.

    `counts` (V,) says how often each id occurs in the training part; `validation_unknown` is how many
    characters of the validation part the tokenizer does not know. Characters are those of the normal form.
    """

    tokenizer: Tokenizer
    training: Ids
    validation: Ids
    training_characters: int
    validation_characters: int
    counts: npt.NDArray[np.int64]
    validation_unknown: int


@dataclass(frozen=True, eq=False)
class EncodedText:
    """(N,) ids of a text, the characters it had as it was read, and how many ids are unknown."""

    ids: Ids
    characters: int
    unknown: int


def build_dataset(
    corpus: Corpus,
    *,
    kind: str = "character",
    normal_form: str | None = None,
    val_fraction: float = 0.1,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
) -> Dataset:
    """Make a tokenizer of `kind` from the training part, and encode both parts with it.

    More than `memory_threshold` bytes of ids go to an unnamed file in `scratch`, by default the system's
    temporary folder, which vanishes with the arrays. TextError if fewer than 2 tokens are left to train on.
    """
    if kind == "byte":
        tokenizer: Tokenizer = ByteTokenizer(normal_form)
    elif kind == "character":
        tokenizer = CharacterTokenizer(_alphabet(corpus, normal_form, val_fraction), normal_form)
    else:
        raise UsageError(f"--tokenizer {kind} is not known; choose one of character, byte")
    return dataset_from(
        corpus, tokenizer, val_fraction=val_fraction, scratch=scratch, memory_threshold=memory_threshold
    )


def dataset_from(
    corpus: Corpus,
    tokenizer: Tokenizer,
    *,
    val_fraction: float = 0.1,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
) -> Dataset:
    """Split a text and encode it with a tokenizer that exists already, as a resumed run does."""
    characters = characters_of(corpus, tokenizer.normal_form)
    cut = training_length(characters, val_fraction)
    counts = np.zeros(tokenizer.vocabulary_size, np.int64)
    unknown = 0
    with _IdWriter(_id_type(tokenizer), scratch, memory_threshold) as writer:
        for piece, is_training in parted(normalised(corpus, tokenizer.normal_form), cut):
            ids = tokenizer.encode(piece)
            writer.write(ids)
            if is_training:
                counts += np.bincount(ids, minlength=counts.size)
            else:
                unknown += _unknown_in(ids, tokenizer)
        tokens = int(counts.sum())
        if tokens < 2:
            raise _too_short(characters, cut)
        array = writer.array()
    return Dataset(tokenizer, array[:tokens], array[tokens:], cut, characters - cut, counts, unknown)


def encode_corpus(
    corpus: Corpus,
    tokenizer: Tokenizer,
    *,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
) -> EncodedText:
    """Encode a whole text, as an evaluation does."""
    unknown = 0
    with _IdWriter(_id_type(tokenizer), scratch, memory_threshold) as writer:
        for chunk in normalised(corpus, tokenizer.normal_form):
            ids = tokenizer.encode(chunk)
            writer.write(ids)
            unknown += _unknown_in(ids, tokenizer)
        return EncodedText(writer.array(), corpus.report.characters, unknown)


class _IdWriter:
    """Ids one chunk after another → one array, in memory up to `threshold` bytes and mapped from a file beyond."""

    def __init__(self, dtype: np.dtype[np.unsignedinteger], scratch: Path | None, threshold: int) -> None:
        self._scratch = scratch
        self._memory = np.empty(threshold // dtype.itemsize, dtype)  # costs only the pages that are written
        self._length = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> "_IdWriter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, ids: Ids) -> None:
        ids = ids.astype(self._memory.dtype, copy=False)
        end = self._length + ids.size
        if self._file is None and end > self._memory.size:
            self._file = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115  (closed on exit)
            self._file.write(self._memory[: self._length].data)
            self._memory = self._memory[:0].copy()
        if self._file is None:
            self._memory[self._length : end] = ids
        else:
            self._file.write(ids.data)
        self._length = end

    def array(self) -> Ids:
        """(N,) everything written, read-only; call it once, at the end."""
        if self._file is not None:
            self._file.flush()
            return np.memmap(self._file, self._memory.dtype, mode="r")
        self._memory.flags.writeable = False
        return self._memory[: self._length]


def _alphabet(corpus: Corpus, normal_form: str | None, val_fraction: float) -> str:
    """The characters of the training part, sorted."""
    characters = characters_of(corpus, normal_form)
    cut = training_length(characters, val_fraction)
    if cut < 1:
        raise _too_short(characters, cut)
    seen = np.zeros(_CODE_SPACE, np.bool_)
    for piece, is_training in parted(normalised(corpus, normal_form), cut):
        if not is_training:
            break
        seen[code_points(piece)] = True
    return alphabet_of(np.flatnonzero(seen).astype(np.uint32))


def _unknown_in(ids: Ids, tokenizer: Tokenizer) -> int:
    return 0 if tokenizer.unknown is None else int(np.count_nonzero(ids == tokenizer.unknown))


def _id_type(tokenizer: Tokenizer) -> np.dtype[np.unsignedinteger]:
    return np.min_scalar_type(tokenizer.vocabulary_size - 1)


def _too_short(characters: int, training: int) -> TextError:
    return TextError(
        f"at least 2 characters are needed to train on, and this text leaves {training} of {characters}; "
        "give a longer text or a smaller --val-fraction"
    )
