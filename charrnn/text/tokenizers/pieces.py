"""Piece tokenizers: each token is a sequence of UTF-8 bytes, and a table of these pieces decodes all ids.

`ByteTokenizer` has one id per byte; word and subword tokenizers have longer pieces as well.
"""

import codecs
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from charrnn.text.escape import visible_line
from charrnn.text.folding import Replacements
from charrnn.text.ids import Ids, check_ids
from charrnn.text.normal_form import check_normal_form, normalize
from charrnn.text.tokenizers.base import Decoder, TokenizerDefaults

BYTES = tuple(bytes([byte]) for byte in range(256))


def utf8(text: str) -> bytes:
    """Return the UTF-8 bytes of any string, which may have lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


class PieceTokenizer(TokenizerDefaults):
    """A tokenizer over a table of pieces. The 256 bytes are among them, so that no text needs <unk>."""

    normal_form: str | None
    unk_id = None

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """The bytes of each of the V tokens."""
        raise NotImplementedError

    @property
    def vocabulary_size(self) -> int:
        return len(self.pieces)

    @cached_property
    def _character_starts(self) -> npt.NDArray[np.int64]:
        """Number of characters that begin in each token, (V,)."""
        return np.array([sum((byte & 0xC0) != 0x80 for byte in piece) for piece in self.pieces])

    def decode(self, ids: npt.ArrayLike) -> str:
        tokens, pieces = check_ids(ids, self.vocabulary_size).tolist(), self.pieces
        return b"".join([pieces[token] for token in tokens]).decode("utf-8", "replace")

    def decoder(self) -> Decoder:
        return _PieceDecoder(self.pieces)

    def token_bytes(self, token: int) -> bytes:
        return self.pieces[token]

    def token_text(self, token: int) -> str:
        piece = self.pieces[token]
        try:
            return visible_line(piece.decode("utf-8"))
        except UnicodeDecodeError:
            return "".join(f"<0x{byte:02X}>" for byte in piece)

    def count_characters(self, ids: npt.ArrayLike) -> int:
        return int(self._character_starts[np.asarray(ids, np.int64)].sum())

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return normalize(text, self.normal_form), Replacements()


@dataclass(frozen=True)
class ByteTokenizer(PieceTokenizer):
    """The 256 bytes as ids. Sequences that are not UTF-8 decode to U+FFFD."""

    normal_form: str | None = None
    kind = "byte"
    pieces = BYTES

    def __post_init__(self) -> None:
        check_normal_form(self.normal_form)

    def encode(self, text: str) -> Ids:
        return np.frombuffer(utf8(normalize(text, self.normal_form)), np.uint8).copy()

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form}


class _PieceDecoder:
    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self._pieces = pieces
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        return self._utf8.decode(self._pieces[token])

    def flush(self) -> str:
        return self._utf8.decode(b"", final=True)
