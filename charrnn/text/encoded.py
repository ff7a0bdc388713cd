"""Encoded texts: a corpus or a string → one array of token ids, memory-mapped from a temporary file if large."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from charrnn.text.chunks import Chunk
from charrnn.text.corpus import Corpus
from charrnn.text.ids import Ids, id_dtype
from charrnn.text.normal_form import normalized_chunks
from charrnn.text.progress import ENCODING, OnProgress, report_chunks
from charrnn.text.tokenizers.base import Tokenizer, initial_id

MEMORY_THRESHOLD = 64 << 20
"""Bytes of ids that are kept in memory; more go to a temporary file."""


@dataclass(frozen=True, eq=False)
class EncodedText:
    """Token ids of a text, the token that precedes it, and the counts that an evaluation needs.

    `ids` has shape (N,); `previous_id` is the token that precedes the text; `characters` is the length of the text
    that the ids encode, and `unknown` the number of ids that are <unk>.
    """

    ids: Ids
    previous_id: int
    characters: int
    unknown: int


def encode_text(text: str, tokenizer: Tokenizer) -> EncodedText:
    """Return the ids of a string, with its length before normalization as `characters`."""
    ids = tokenizer.encode(text)
    return EncodedText(ids, initial_id(tokenizer), len(text), count_unknown(ids, tokenizer))


def encode_corpus(
    corpus: Corpus,
    tokenizer: Tokenizer,
    *,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
    on_progress: OnProgress | None = None,
) -> EncodedText:
    """Return the ids of a whole corpus, with its length before normalization as `characters`.

    More than `memory_threshold` bytes of ids go to an unnamed file in the folder `scratch`.
    """
    unknown = 0
    with IdWriter(id_dtype(tokenizer.vocabulary_size), scratch, memory_threshold) as writer:
        chunks = report_chunks(corpus.chunks(), ENCODING, corpus.report.characters, on_progress)
        for chunk in normalized_chunks(chunks, tokenizer.normal_form):
            ids = encode_chunk(tokenizer, chunk, writer.last_id)
            writer.write(ids)
            unknown += count_unknown(ids, tokenizer)
        return EncodedText(writer.array(), initial_id(tokenizer), corpus.report.characters, unknown)


def encode_chunk(tokenizer: Tokenizer, chunk: Chunk, previous_id: int | None) -> Ids:
    """Return the ids of a chunk that follows the token `previous_id`.

    A document end becomes </s> and <s>, or nothing if <s> precedes it already, as after the last line of a file.
    """
    if isinstance(chunk, str):
        return tokenizer.encode(chunk)
    return tokenizer.encode("") if previous_id == tokenizer.bos_id else tokenizer.boundary()


def count_unknown(ids: Ids, tokenizer: Tokenizer) -> int:
    """Return the number of <unk> among the ids."""
    return 0 if tokenizer.unk_id is None else int(np.count_nonzero(ids == tokenizer.unk_id))


class IdWriter:
    """Collector of ids, in memory up to `threshold` bytes, otherwise in an unnamed file in the folder `scratch`.

    The file is deleted with the array.
    """

    def __init__(self, dtype: np.dtype[np.unsignedinteger], scratch: Path | None, threshold: int) -> None:
        self._scratch = scratch
        self._memory = np.empty(threshold // dtype.itemsize, dtype)  # only pages that are written take memory
        self._length = 0
        self._file: BinaryIO | None = None
        self.last_id: int | None = None

    def __enter__(self) -> "IdWriter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, ids: Ids) -> None:
        """Append ids (n,)."""
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
            self.last_id = int(ids[-1])

    def array(self) -> Ids:
        """Return all ids (N,), read-only. Call it once, at the end."""
        if self._file is not None:
            self._file.flush()
            return np.memmap(self._file, self._memory.dtype, mode="r")
        self._memory.flags.writeable = False
        return self._memory[: self._length]
