"""Pieces: tokens that are runs of UTF-8 bytes, so that a table of them is all that decoding needs.

`ByteTokenizer` has one id a byte, and knows every text; words and subwords have longer pieces beside the bytes.
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
from charrnn.text.tokenizers.base import Decoder, Plain

BYTES = tuple(bytes([byte]) for byte in range(256))


def utf8(text: str) -> bytes:
    """The bytes of any string, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


class Pieces(Plain):
    """What all tokenizers of pieces share; they know every text, and so there is no unknown token."""

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
    def _begun(self) -> npt.NDArray[np.int64]:
        """(V,) how many characters begin in each token."""
        return np.array([sum((byte & 0xC0) != 0x80 for byte in piece) for piece in self.pieces])

    def decode(self, ids: npt.ArrayLike) -> str:
        array, pieces = check_ids(ids, self.vocabulary_size), self.pieces
        return b"".join([pieces[token] for token in array.tolist()]).decode("utf-8", "replace")

    def decoder(self) -> Decoder:
        return _PieceDecoder(self.pieces)

    def piece(self, token: int) -> bytes:
        return self.pieces[token]

    def token_text(self, token: int) -> str:
        piece = self.pieces[token]
        try:
            return visible_line(piece.decode("utf-8"))
        except UnicodeDecodeError:
            return "".join(f"<0x{byte:02X}>" for byte in piece)

    def characters(self, ids: npt.ArrayLike) -> int:
        return int(self._begun[np.asarray(ids, np.int64)].sum())

    def prepare(self, text: str) -> tuple[str, Replacements]:
        return normalize(text, self.normal_form), Replacements()


@dataclass(frozen=True)
class ByteTokenizer(Pieces):
    """UTF-8 bytes: 256 ids. Ids that are no UTF-8 decode to U+FFFD."""

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
