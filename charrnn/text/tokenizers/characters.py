"""Characters: one id a Unicode code point, and id 0 for every character that was never seen."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.errors import ModelError
from charrnn.text.escape import visible_line
from charrnn.text.folding import Replacements, prepare
from charrnn.text.ids import Ids, check_ids, id_dtype
from charrnn.text.normal_form import check_normal_form, normalize
from charrnn.text.tokenizers.base import UNKNOWN_TEXT, Decoder, Plain

_CODE_SPACE = 0x110000
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True)
class CharacterTokenizer(Plain):
    """Unicode code points: id 0 is <unk>, then `characters` in sorted order, each once.

    Surrogates are no characters and are always unknown. ModelError if `characters` is not such a string.
    """

    alphabet: str
    normal_form: str | None = None
    kind = "character"
    unk_id = 0

    def __post_init__(self) -> None:
        codes = code_points(self.alphabet)
        sound = bool(codes.size) and bool(np.all(np.diff(codes.astype(np.int64)) > 0))
        if not sound or _has_surrogates(codes):
            raise ModelError(
                "a character vocabulary must be one or more characters in sorted order, each once and none a "
                "surrogate; this tokenizer.json is damaged"
            )
        check_normal_form(self.normal_form)

    @property
    def vocabulary_size(self) -> int:
        return len(self.alphabet) + 1

    @cached_property
    def _codes(self) -> npt.NDArray[np.uint32]:
        """(V,) code point of each id."""
        return code_points(UNKNOWN_TEXT + self.alphabet)

    @cached_property
    def _lookup(self) -> Ids:
        """Id of each code point up to the largest known; the last entry, 0, is for all that lie beyond."""
        dtype = id_dtype(self.vocabulary_size)
        table = np.zeros(int(self._codes[1:].max()) + 2, dtype)
        table[self._codes[1:]] = np.arange(1, self.vocabulary_size)
        return table

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.alphabet)

    def encode(self, text: str) -> Ids:
        return self._lookup.take(code_points(normalize(text, self.normal_form)), mode="clip")

    def decode(self, ids: npt.ArrayLike) -> str:
        codes: Ids = self._codes[check_ids(ids, self.vocabulary_size)]
        return codes.astype("<u4").tobytes().decode("utf-32-le")

    def decoder(self) -> Decoder:
        return _CharacterDecoder(self)

    def piece(self, token: int) -> bytes:
        return b"" if token == self.unk_id else self.alphabet[token - 1].encode()

    def token_text(self, token: int) -> str:
        return "<unk>" if token == self.unk_id else visible_line(self.decode([token]))

    def characters(self, ids: npt.ArrayLike) -> int:
        return np.asarray(ids).size

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return prepare(text, self._known, self.normal_form)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form, "characters": self.alphabet}


@dataclass(frozen=True)
class _CharacterDecoder:
    tokenizer: CharacterTokenizer

    def feed(self, token: int) -> str:
        return UNKNOWN_TEXT if token == self.tokenizer.unk_id else self.tokenizer.alphabet[token - 1]

    def flush(self) -> str:
        return ""


def alphabet_in(chunks: Iterable[str], always: str = "") -> str:
    """The characters of a text, and those that are `always` there, sorted and without surrogates."""
    seen = np.zeros(_CODE_SPACE, np.bool_)
    for chunk in itertools.chain([always], chunks):
        seen[code_points(chunk)] = True
    seen[_SURROGATES.start : _SURROGATES.stop] = False
    return np.flatnonzero(seen).astype("<u4").tobytes().decode("utf-32-le")


def code_points(text: str) -> npt.NDArray[np.unsignedinteger[Any]]:
    """(N,) code points; one byte each where the text is ASCII."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _has_surrogates(codes: npt.NDArray[np.unsignedinteger[Any]]) -> bool:
    return bool(np.any((codes >= _SURROGATES.start) & (codes < _SURROGATES.stop)))
