"""The interface of all tokenizers, with the id that precedes a text and the ids that are never sampled."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from charrnn.text.folding import Replacements
from charrnn.text.ids import Ids

UNKNOWN_TEXT = "\N{REPLACEMENT CHARACTER}"
"""The text of <unk>, and of bytes that are not UTF-8."""


class Decoder(Protocol):
    """Ids → text, one id at a time."""

    def feed(self, token: int) -> str:
        """Return the text that `token` completes; it is empty inside a UTF-8 sequence."""

    def flush(self) -> str:
        """Return the end of the text: U+FFFD after an incomplete UTF-8 sequence, else nothing."""


class Tokenizer(Protocol):
    """Text ↔ ids; V is `vocabulary_size`."""

    @property
    def kind(self) -> str:
        """Value of `--tokenizer`, also in tokenizer.json."""

    @property
    def vocabulary_size(self) -> int:
        """V: ids run from 0 to V - 1."""

    @property
    def unk_id(self) -> int | None:
        """Id of <unk>, which replaces every character outside the vocabulary; None if every character has ids."""

    @property
    def bos_id(self) -> int | None:
        """Id of <s>, which precedes every document; None if documents are not separated."""

    @property
    def eos_id(self) -> int | None:
        """Id of </s>, which ends every document; None if documents are not separated."""

    @property
    def normal_form(self) -> str | None:
        """ "NFC" if text is normalized before it is encoded, else None."""

    def encode(self, text: str) -> Ids:
        """Return the ids (N,) of a text, of the smallest unsigned type. Every string can be encoded."""

    def boundary(self) -> Ids:
        """Return the ids between two documents: </s> and <s>, or none if documents are not separated."""

    def decode(self, ids: npt.ArrayLike) -> str:
        """Return the text of ids (N,). Raises ValueError for an id outside 0 … V - 1."""

    def decoder(self) -> Decoder:
        """Return a new decoder for a stream of ids; its strings, joined, equal `decode` of all ids."""

    def token_bytes(self, token: int) -> bytes:
        """Return the UTF-8 bytes of a token, which may be part of a character; none for <unk>, <s> and </s>."""

    def token_text(self, token: int) -> str:
        """Return a token as text that is safe to print."""

    def count_characters(self, ids: npt.ArrayLike) -> int:
        """Return the number of characters in the text of ids; each counts at the id in which it begins."""

    def prepare(self, text: str) -> tuple[str, Replacements]:
        """Return a prompt with unknown characters replaced by similar known ones, and the replacements."""

    @property
    def model(self) -> bytes | None:
        """The contents of tokenizer.model, or None if tokenizer.json holds everything."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, from which `tokenizer_from_json` makes an equal tokenizer, together with `model`."""


class TokenizerDefaults:
    """Attributes of a tokenizer that does not separate documents and needs no tokenizer.model."""

    bos_id: int | None = None
    eos_id: int | None = None
    model: bytes | None = None

    def boundary(self) -> Ids:
        return np.zeros(0, np.uint8)


def initial_id(tokenizer: Tokenizer) -> int:
    """Return the id that precedes every text: <s>, else the newline, else <unk>."""
    return int(tokenizer.encode("\n")[0]) if tokenizer.bos_id is None else tokenizer.bos_id


def never_sampled(tokenizer: Tokenizer) -> list[int]:
    """Return the ids that are excluded from sampling: <unk> and <s>."""
    return [token for token in (tokenizer.unk_id, tokenizer.bos_id) if token is not None]
