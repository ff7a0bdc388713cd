"""Text ↔ ids: a string of N characters ↔ a 1-D array of token ids below V, of the smallest unsigned type.

`CharacterTokenizer` has one id a Unicode character, and id 0 for every character it never saw;
`ByteTokenizer` has one id a UTF-8 byte, and knows every text.
"""

import codecs
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from charrnn.errors import ModelError
from charrnn.text.folding import Replacements, prepare
from charrnn.text.shown import visible_line

Ids = npt.NDArray[np.unsignedinteger[Any]]
UNKNOWN_TEXT = "\N{REPLACEMENT CHARACTER}"
_KINDS = ("character", "byte")
_SURROGATES = range(0xD800, 0xE000)


class Decoder(Protocol):
    """Ids → text, one id at a time."""

    def feed(self, token: int) -> str:
        """The text that `token` completes; empty while a UTF-8 sequence is unfinished."""

    def flush(self) -> str:
        """The end of the text: U+FFFD if a UTF-8 sequence was left unfinished."""


class Tokenizer(Protocol):
    """What the rest of the program asks of a tokenizer; V is `vocabulary_size`."""

    @property
    def kind(self) -> str:
        """The name by which `--tokenizer` and tokenizer.json know it."""

    @property
    def vocabulary_size(self) -> int:
        """V: ids run from 0 to V - 1."""

    @property
    def unknown(self) -> int | None:
        """The id of every text that is not in the vocabulary, or None where there is none."""

    @property
    def normal_form(self) -> str | None:
        """ "NFC" where text is normalised before it is read, else None."""

    def encode(self, text: str) -> Ids:
        """(N,) ids of a text, of the smallest unsigned type that holds V - 1; never fails."""

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of (N,) ids; ValueError for an id outside 0 … V - 1."""

    def decoder(self) -> Decoder:
        """A fresh decoder for a stream of ids; what it yields, joined, is `decode` of them all."""

    def token_text(self, token: int) -> str:
        """One token in a form that is safe to show."""

    def characters(self, ids: npt.ArrayLike) -> int:
        """How many characters of text the ids stand for: each character counts where it begins."""

    def prepare(self, text: str) -> tuple[str, Replacements]:
        """A prompt in characters that the model knows as far as they can be had, and what was replaced."""

    def to_json(self) -> dict[str, Any]:
        """Plain values from which `tokenizer_from_json` makes an equal tokenizer."""


@dataclass(frozen=True)
class CharacterTokenizer:
    """Unicode code points: id 0 is <unk>, then `characters` in sorted order, each once.

    Surrogates are no characters and are always unknown. ModelError if `characters` is not such a string.
    """

    alphabet: str
    normal_form: str | None = None
    kind = "character"
    unknown = 0

    def __post_init__(self) -> None:
        codes = code_points(self.alphabet)
        sound = bool(codes.size) and bool(np.all(np.diff(codes.astype(np.int64)) > 0))
        if not sound or _has_surrogates(codes):
            raise ModelError(
                "a character vocabulary must be one or more characters in sorted order, each once and none a "
                "surrogate; this tokenizer.json is damaged"
            )
        _check_normal_form(self.normal_form)

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
        dtype = np.min_scalar_type(self.vocabulary_size - 1)
        table = np.zeros(int(self._codes[1:].max()) + 2, dtype)
        table[self._codes[1:]] = np.arange(1, self.vocabulary_size)
        return table

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.alphabet)

    def encode(self, text: str) -> Ids:
        return self._lookup.take(code_points(_normalise(text, self.normal_form)), mode="clip")

    def decode(self, ids: npt.ArrayLike) -> str:
        codes: Ids = self._codes[_checked(ids, self.vocabulary_size)]
        return codes.astype("<u4").tobytes().decode("utf-32-le")

    def decoder(self) -> Decoder:
        return _CharacterDecoder(self)

    def token_text(self, token: int) -> str:
        return "<unk>" if token == self.unknown else visible_line(self.decode([token]))

    def characters(self, ids: npt.ArrayLike) -> int:
        return np.asarray(ids).size

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return prepare(text, self._known, self.normal_form)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form, "characters": self.alphabet}


@dataclass(frozen=True)
class ByteTokenizer:
    """UTF-8 bytes: 256 ids, no unknown. Ids that are no UTF-8 decode to U+FFFD."""

    normal_form: str | None = None
    kind = "byte"
    vocabulary_size = 256
    unknown = None

    def __post_init__(self) -> None:
        _check_normal_form(self.normal_form)

    def encode(self, text: str) -> Ids:
        data = _normalise(text, self.normal_form).encode("utf-8", "surrogatepass")
        return np.frombuffer(data, np.uint8).copy()

    def decode(self, ids: npt.ArrayLike) -> str:
        return _checked(ids, self.vocabulary_size).astype(np.uint8).tobytes().decode("utf-8", "replace")

    def decoder(self) -> Decoder:
        return _ByteDecoder()

    def token_text(self, token: int) -> str:
        return visible_line(chr(token)) if token < 0x80 else f"<0x{token:02X}>"

    def characters(self, ids: npt.ArrayLike) -> int:
        return int(np.count_nonzero((np.asarray(ids, np.uint8) & 0xC0) != 0x80))

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return _normalise(text, self.normal_form), Replacements()

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form}


@dataclass(frozen=True)
class _CharacterDecoder:
    tokenizer: CharacterTokenizer

    def feed(self, token: int) -> str:
        return UNKNOWN_TEXT if token == self.tokenizer.unknown else self.tokenizer.alphabet[token - 1]

    def flush(self) -> str:
        return ""


class _ByteDecoder:
    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        return self._utf8.decode(bytes([token]))

    def flush(self) -> str:
        return self._utf8.decode(b"", final=True)


def tokenizer_from_json(values: object) -> Tokenizer:
    """Rebuild from `to_json()`; ModelError for anything that no tokenizer of ours would have written."""
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(values, dict) or kind not in _KINDS:
        raise ModelError(f"tokenizer.json does not describe one of the tokenizers {', '.join(_KINDS)}")
    expected = {"kind", "normal_form"} | ({"characters"} if kind == "character" else set())
    if set(values) != expected:
        odd = ", ".join(sorted(map(str, set(values) ^ expected)))
        raise ModelError(f"tokenizer.json has missing or unknown keys: {odd}; was it made by a newer charrnn?")
    if kind == "byte":
        return ByteTokenizer(values["normal_form"])
    if not isinstance(values["characters"], str):
        raise ModelError("the characters in tokenizer.json must be one string; this file is damaged")
    return CharacterTokenizer(values["characters"], values["normal_form"])


def alphabet_of(codes: npt.NDArray[np.unsignedinteger[Any]]) -> str:
    """The characters of sorted code points as a string, without surrogates."""
    plain = codes[(codes < _SURROGATES.start) | (codes >= _SURROGATES.stop)]
    return plain.astype("<u4").tobytes().decode("utf-32-le")


def code_points(text: str) -> npt.NDArray[np.unsignedinteger[Any]]:
    """(N,) code points; one byte each where the text is ASCII."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _has_surrogates(codes: npt.NDArray[np.unsignedinteger[Any]]) -> bool:
    return bool(np.any((codes >= _SURROGATES.start) & (codes < _SURROGATES.stop)))


def _normalise(text: str, normal_form: str | None) -> str:
    return text if normal_form is None or text.isascii() else unicodedata.normalize("NFC", text)


def _check_normal_form(normal_form: object) -> None:
    if normal_form not in (None, "NFC"):
        raise ModelError(f"the normal form {normal_form!r} is not known; it must be NFC or none")


def _checked(ids: npt.ArrayLike, size: int) -> npt.NDArray[np.integer[Any]]:
    array = np.asarray(ids)
    if array.size == 0:
        return array.astype(np.uint8)
    if array.min() < 0 or array.max() >= size:
        raise ValueError(f"a token id lies outside 0 … {size - 1}")
    return array
