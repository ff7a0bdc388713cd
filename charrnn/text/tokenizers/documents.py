"""Documents: a tokenizer that marks where one ends and the next begins, <s> before it and </s> behind it.

Where files are documents, both marks are ids of their own after those of the tokenizer within. Where lines are, the
line break itself is the </s>, and an <s> stands behind each, so that text and ids still say the same.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.config import DOCUMENTS
from charrnn.errors import ModelError
from charrnn.text.folding import Replacements
from charrnn.text.ids import Ids, check_ids, id_dtype
from charrnn.text.tokenizers.base import Decoder, Tokenizer


@dataclass(frozen=True)
class DocumentTokenizer:
    """`within`, whose text is cut into documents: `documents` is files or lines."""

    within: Tokenizer
    documents: str

    def __post_init__(self) -> None:
        if self.documents not in DOCUMENTS[1:]:
            raise ModelError(f"tokenizer.json cuts its text into {self.documents!s:.40}, not into files or lines")
        if self.documents == "lines" and (self._break.size != 1 or self._break[0] == self.within.unk_id):
            raise ModelError("a tokenizer of lines must have a token for the line break; this one is damaged")

    @property
    def kind(self) -> str:
        return self.within.kind

    @property
    def vocabulary_size(self) -> int:
        return self.bos_id + 1

    @property
    def unk_id(self) -> int | None:
        return self.within.unk_id

    @property
    def normal_form(self) -> str | None:
        return self.within.normal_form

    @property
    def model(self) -> bytes | None:
        return self.within.model

    @cached_property
    def _break(self) -> Ids:
        return self.within.encode("\n")

    @property
    def eos_id(self) -> int:
        return int(self._break[0]) if self.documents == "lines" else self.within.vocabulary_size

    @property
    def bos_id(self) -> int:
        """The last of all ids."""
        return self.within.vocabulary_size + (self.documents == "files")

    def encode(self, text: str) -> Ids:
        ids = self.within.encode(text).astype(id_dtype(self.vocabulary_size))
        if self.documents == "files":
            return ids
        return np.insert(ids, np.flatnonzero(ids == self.eos_id) + 1, self.bos_id)

    def boundary(self) -> Ids:
        return np.array([self.eos_id, self.bos_id], id_dtype(self.vocabulary_size))

    def decode(self, ids: npt.ArrayLike) -> str:
        return self.within.decode(self._unmarked(check_ids(ids, self.vocabulary_size)))

    def _unmarked(self, ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return ids[ids < self.within.vocabulary_size]

    def decoder(self) -> Decoder:
        return _DocumentDecoder(self.within.decoder(), self.within.vocabulary_size)

    def piece(self, token: int) -> bytes:
        return self.within.piece(token) if token < self.within.vocabulary_size else b""

    def token_text(self, token: int) -> str:
        if token == self.bos_id:
            return "<s>"
        return "</s>" if token == self.eos_id else self.within.token_text(token)

    def characters(self, ids: npt.ArrayLike) -> int:
        return self.within.characters(self._unmarked(np.asarray(ids)))

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return self.within.prepare(text)

    def to_json(self) -> dict[str, Any]:
        return self.within.to_json() | {"documents": self.documents}


@dataclass(frozen=True)
class _DocumentDecoder:
    within: Decoder
    marks: int

    def feed(self, token: int) -> str:
        return self.within.feed(token) if token < self.marks else ""

    def flush(self) -> str:
        return self.within.flush()
