"""Document tokenizer: another tokenizer, with <s> before each document and </s> after it.

If files are documents, <s> and </s> are ids of their own after those of the inner tokenizer. If lines are documents,
the newline itself is </s>, and an <s> is inserted after each, so that decoding still gives the same text.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.config import DOCUMENT_KINDS
from charrnn.errors import ModelError
from charrnn.text.folding import Replacements
from charrnn.text.ids import Ids, check_ids, id_dtype
from charrnn.text.tokenizers.base import Decoder, Tokenizer


@dataclass(frozen=True)
class DocumentTokenizer:
    """The tokenizer `inner`, with ids for the boundaries of documents, which are "files" or "lines"."""

    inner: Tokenizer
    documents: str

    def __post_init__(self) -> None:
        if self.documents not in DOCUMENT_KINDS[1:]:
            raise ModelError(f"documents in tokenizer.json is {self.documents!s:.40}; it must be files or lines")
        if self.documents == "lines" and (self._newline.size != 1 or self._newline[0] == self.inner.unk_id):
            raise ModelError("tokenizer.json separates lines but has no token for the newline; this file is damaged")

    @property
    def kind(self) -> str:
        return self.inner.kind

    @property
    def vocabulary_size(self) -> int:
        return self.bos_id + 1

    @property
    def unk_id(self) -> int | None:
        return self.inner.unk_id

    @property
    def normal_form(self) -> str | None:
        return self.inner.normal_form

    @property
    def model(self) -> bytes | None:
        return self.inner.model

    @cached_property
    def _newline(self) -> Ids:
        return self.inner.encode("\n")

    @property
    def eos_id(self) -> int:
        return int(self._newline[0]) if self.documents == "lines" else self.inner.vocabulary_size

    @property
    def bos_id(self) -> int:
        """V - 1."""
        return self.inner.vocabulary_size + (self.documents == "files")

    def encode(self, text: str) -> Ids:
        ids = self.inner.encode(text).astype(id_dtype(self.vocabulary_size))
        if self.documents == "files":
            return ids
        return np.insert(ids, np.flatnonzero(ids == self.eos_id) + 1, self.bos_id)

    def boundary(self) -> Ids:
        return np.array([self.eos_id, self.bos_id], id_dtype(self.vocabulary_size))

    def decode(self, ids: npt.ArrayLike) -> str:
        return self.inner.decode(self._inner_ids(check_ids(ids, self.vocabulary_size)))

    def _inner_ids(self, ids: Ids) -> Ids:
        """Return the ids without those that the inner tokenizer does not have."""
        return ids[ids < self.inner.vocabulary_size]

    def decoder(self) -> Decoder:
        return _DocumentDecoder(self.inner.decoder(), self.inner.vocabulary_size)

    def token_bytes(self, token: int) -> bytes:
        return self.inner.token_bytes(token) if token < self.inner.vocabulary_size else b""

    def token_text(self, token: int) -> str:
        if token == self.bos_id:
            return "<s>"
        return "</s>" if token == self.eos_id else self.inner.token_text(token)

    def count_characters(self, ids: npt.ArrayLike) -> int:
        return self.inner.count_characters(self._inner_ids(np.asarray(ids)))

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return self.inner.prepare(text)

    def to_json(self) -> dict[str, Any]:
        return self.inner.to_json() | {"documents": self.documents}


@dataclass(frozen=True)
class _DocumentDecoder:
    inner: Decoder
    inner_size: int

    def feed(self, token: int) -> str:
        return self.inner.feed(token) if token < self.inner_size else ""

    def flush(self) -> str:
        return self.inner.flush()
