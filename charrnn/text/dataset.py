"""A corpus → the ids to train on and the ids held out, in memory or, if there are many, mapped from a file.

The text is read chunk by chunk and never held as a whole. Its last `val_fraction`, counted in characters, is
held out; the vocabulary comes from the rest alone. The same text gives the same arrays.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from charrnn.config import TextConfig
from charrnn.errors import TextError
from charrnn.text.batches import rare_tokens
from charrnn.text.corpus import Corpus
from charrnn.text.split import count_characters, normalised, reopen_corpus, split_at, training_length
from charrnn.text.tokenizers import Ids, Tokenizer, make_tokenizer

MEMORY_THRESHOLD = 64 << 20


MakeTokenizer: TypeAlias = Callable[[Callable[[], Iterable[str]], int], Tokenizer]


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

    def rare(self) -> npt.NDArray[np.bool_]:
        """(V,) which tokens are rare; the marks of documents are not, however few there are."""
        counts = self.counts.copy()
        counts[[mark for mark in (self.tokenizer.bos_id, self.tokenizer.eos_id) if mark is not None]] = 0
        return rare_tokens(counts)


@dataclass(frozen=True, eq=False)
class EncodedText:
    """(N,) ids of a text, the characters it had as it was read, and how many ids are unknown."""

    ids: Ids
    characters: int
    unknown: int


def build_dataset(
    corpus: Corpus,
    config: TextConfig,
    make: MakeTokenizer | None = None,
    *,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
) -> Dataset:
    """Make the tokenizer that `config` asks for from the training part, and encode both parts with it.

    `make` makes another one, from what gives the training part and from its length in characters. More than
    `memory_threshold` bytes of ids go to an unnamed file in `scratch`, by default the system's temporary folder,
    which vanishes with the arrays. TextError if fewer than 2 tokens are left to train on.
    """
    characters = count_characters(corpus, config.normal_form)
    cut = training_length(characters, config.val_fraction)
    if cut < 1:
        raise _too_short(characters, cut)

    def training() -> Iterator[str]:
        parts = split_at(normalised(corpus, config.normal_form), cut)
        return (piece for piece, _ in itertools.takewhile(lambda part: part[1], parts))

    tokenizer = make(training, cut) if make else make_tokenizer(config, training, cut)
    return dataset_from(
        corpus, tokenizer, val_fraction=config.val_fraction, scratch=scratch, memory_threshold=memory_threshold
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
    characters = count_characters(corpus, tokenizer.normal_form)
    cut = training_length(characters, val_fraction)
    counts = np.zeros(tokenizer.vocabulary_size, np.int64)
    unknown = 0
    with _IdWriter(_id_type(tokenizer), scratch, memory_threshold) as writer:
        for piece, is_training in split_at(normalised(corpus, tokenizer.normal_form), cut):
            ids = _encode(tokenizer, piece, writer.last)
            writer.write(ids)
            if is_training:
                counts += np.bincount(ids, minlength=counts.size)
            else:
                unknown += _unknown_in(ids, tokenizer)
        tokens = int(counts.sum())
        if tokens < 2:
            raise TextError(
                f"at least 2 tokens are needed to train on, and this text leaves {tokens}; give a longer text, or a "
                "smaller --val-fraction"
            )
        array = writer.array()
    return Dataset(tokenizer, array[:tokens], array[tokens:], cut, characters - cut, counts, unknown)


def dataset_of(config: TextConfig, tokenizer: Tokenizer) -> Dataset:
    """The dataset of a run, from its own text; TextError if that has moved or changed."""
    return dataset_from(reopen_corpus(config), tokenizer, val_fraction=config.val_fraction)


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
            ids = _encode(tokenizer, chunk, writer.last)
            writer.write(ids)
            unknown += _unknown_in(ids, tokenizer)
        return EncodedText(writer.array(), corpus.report.characters, unknown)


class _IdWriter:
    """Ids one chunk after another → one array, in memory up to `threshold` bytes and mapped from a file beyond."""

    def __init__(self, dtype: np.dtype[np.unsignedinteger], scratch: Path | None, threshold: int) -> None:
        self._scratch = scratch
        self._memory = np.empty(threshold // dtype.itemsize, dtype)  # costs only the pages that are written
        self._length = 0
        self.last: int | None = None
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
        if ids.size:
            self.last = int(ids[-1])

    def array(self) -> Ids:
        """(N,) everything written, read-only; call it once, at the end."""
        if self._file is not None:
            self._file.flush()
            return np.memmap(self._file, self._memory.dtype, mode="r")
        self._memory.flags.writeable = False
        return self._memory[: self._length]


def _encode(tokenizer: Tokenizer, piece: str, last: int | None) -> Ids:
    """A piece of text or, where it is empty, the marks behind a document, unless they stand there already."""
    return tokenizer.encode(piece) if piece or last == tokenizer.bos_id else tokenizer.boundary()


def _unknown_in(ids: Ids, tokenizer: Tokenizer) -> int:
    return 0 if tokenizer.unk_id is None else int(np.count_nonzero(ids == tokenizer.unk_id))


def _id_type(tokenizer: Tokenizer) -> np.dtype[np.unsignedinteger]:
    return np.min_scalar_type(tokenizer.vocabulary_size - 1)


def _too_short(characters: int, training: int) -> TextError:
    return TextError(
        f"at least 2 characters are needed to train on, and this text leaves {training} of {characters}; "
        "give a longer text or a smaller --val-fraction"
    )
