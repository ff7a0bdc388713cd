"""Character tokenizer: one id per Unicode code point, and id 0, <unk>, for all characters outside the vocabulary."""

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
from charrnn.text.tokenizers.base import UNKNOWN_TEXT, Decoder, TokenizerDefaults

_CODE_POINTS = 0x110000
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True)
class CharacterTokenizer(TokenizerDefaults):
    """Code points as ids: 0 is <unk>, then come the characters of `alphabet` in sorted order, each once.

    Surrogates are not characters and always become <unk>. Raises ModelError for an alphabet that is empty, not
    sorted, or has repetitions or surrogates.
    """

    alphabet: str
    normal_form: str | None = None
    kind = "character"
    unk_id = 0

    def __post_init__(self) -> None:
        codes = code_points(self.alphabet)
        increasing = bool(codes.size) and bool(np.all(np.diff(codes.astype(np.int64)) > 0))
        if not increasing or _has_surrogates(codes):
            raise ModelError("the characters in tokenizer.json must be sorted and unique; this file is damaged")
        check_normal_form(self.normal_form)

    @property
    def vocabulary_size(self) -> int:
        return len(self.alphabet) + 1

    @cached_property
    def _codes(self) -> npt.NDArray[np.unsignedinteger[Any]]:
        """Code point of each id, (V,)."""
        return code_points(UNKNOWN_TEXT + self.alphabet)

    @cached_property
    def _id_of_code(self) -> Ids:
        """Id of each code point up to the largest in the alphabet, and a last entry, 0, for all larger ones."""
        table = np.zeros(int(self._codes[1:].max()) + 2, id_dtype(self.vocabulary_size))
        table[self._codes[1:]] = np.arange(1, self.vocabulary_size)
        return table

    @cached_property
    def _alphabet_set(self) -> frozenset[str]:
        return frozenset(self.alphabet)

    def encode(self, text: str) -> Ids:
        return self._id_of_code.take(code_points(normalize(text, self.normal_form)), mode="clip")

    def decode(self, ids: npt.ArrayLike) -> str:
        return _text_of(self._codes[check_ids(ids, self.vocabulary_size)])

    def decoder(self) -> Decoder:
        return _CharacterDecoder(self)

    def token_bytes(self, token: int) -> bytes:
        return b"" if token == self.unk_id else self.alphabet[token - 1].encode()

    def token_text(self, token: int) -> str:
        return "<unk>" if token == self.unk_id else visible_line(self.decode([token]))

    def count_characters(self, ids: npt.ArrayLike) -> int:
        return np.asarray(ids).size

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return prepare(text, self._alphabet_set, self.normal_form)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form, "characters": self.alphabet}


@dataclass(frozen=True)
class _CharacterDecoder:
    tokenizer: CharacterTokenizer

    def feed(self, token: int) -> str:
        return UNKNOWN_TEXT if token == self.tokenizer.unk_id else self.tokenizer.alphabet[token - 1]

    def flush(self) -> str:
        return ""


def alphabet_of(chunks: Iterable[str], include: str = "") -> str:
    """Return the characters of a text and of `include`, sorted and without surrogates."""
    occurs = np.zeros(_CODE_POINTS, np.bool_)
    for chunk in itertools.chain([include], chunks):
        occurs[code_points(chunk)] = True
    occurs[_SURROGATES.start : _SURROGATES.stop] = False
    return _text_of(np.flatnonzero(occurs))


def code_points(text: str) -> npt.NDArray[np.unsignedinteger[Any]]:
    """Return the code points (N,) of a text, as uint8 if it is ASCII, else as uint32."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _text_of(codes: npt.NDArray[np.integer[Any]]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _has_surrogates(codes: npt.NDArray[np.unsignedinteger[Any]]) -> bool:
    return bool(np.any((codes >= _SURROGATES.start) & (codes < _SURROGATES.stop)))
