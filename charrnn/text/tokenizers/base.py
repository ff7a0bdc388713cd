"""What the rest of the program asks of a tokenizer, and what tokenizers share."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from charrnn.text.folding import Replacements
from charrnn.text.ids import Ids

UNKNOWN_TEXT = "\N{REPLACEMENT CHARACTER}"


class Decoder(Protocol):
    """Ids → text, one id at a time."""

    def feed(self, token: int) -> str:
        """The text that `token` completes; empty while a UTF-8 sequence is unfinished."""

    def flush(self) -> str:
        """The end of the text: U+FFFD if a UTF-8 sequence was left unfinished."""


class Tokenizer(Protocol):
    """Text ↔ ids; V is `vocabulary_size`."""

    @property
    def kind(self) -> str:
        """The name by which `--tokenizer` and tokenizer.json know it."""

    @property
    def vocabulary_size(self) -> int:
        """V: ids run from 0 to V - 1."""

    @property
    def unk_id(self) -> int | None:
        """The id of every text that is not in the vocabulary, or None where there is none."""

    @property
    def bos_id(self) -> int | None:
        """The id of <s>, which stands before every document; None where documents are not told apart."""

    @property
    def eos_id(self) -> int | None:
        """The id of </s>, which closes a document; None where documents are not told apart."""

    @property
    def normal_form(self) -> str | None:
        """ "NFC" where text is normalised before it is read, else None."""

    def encode(self, text: str) -> Ids:
        """(N,) ids of a text, of the smallest unsigned type that holds V - 1; never fails."""

    def boundary(self) -> Ids:
        """</s> and <s>, which stand between two documents; none where documents are not told apart."""

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of (N,) ids; ValueError for an id outside 0 … V - 1."""

    def decoder(self) -> Decoder:
        """A fresh decoder for a stream of ids; what it yields, joined, is `decode` of them all."""

    def piece(self, token: int) -> bytes:
        """The UTF-8 bytes of one token, maybe not whole characters; none for a mark or what is unknown."""

    def token_text(self, token: int) -> str:
        """One token in a form that is safe to show."""

    def characters(self, ids: npt.ArrayLike) -> int:
        """How many characters of text the ids stand for: each character counts where it begins."""

    def prepare(self, text: str) -> tuple[str, Replacements]:
        """A prompt in characters that the model knows as far as they can be had, and what was replaced."""

    @property
    def model(self) -> bytes | None:
        """What tokenizer.model holds beside tokenizer.json; None where there is no such file."""

    def to_json(self) -> dict[str, Any]:
        """Plain values from which, and from `model`, `tokenizer_from_json` makes an equal tokenizer."""


class Plain:
    """What most tokenizers are: documents are not told apart, and tokenizer.json is all that a file need hold."""

    bos_id: int | None = None
    eos_id: int | None = None
    model: bytes | None = None

    def boundary(self) -> Ids:
        return np.zeros(0, np.uint8)


def initial_id(tokenizer: Tokenizer) -> int:
    """Return the id that precedes every text: <s>, else the newline, else the unknown token."""
    return int(tokenizer.encode("\n")[0]) if tokenizer.bos_id is None else tokenizer.bos_id


def never_sampled(tokenizer: Tokenizer) -> list[int]:
    """Return the ids that a model never emits: the unknown token and <s>."""
    return [token for token in (tokenizer.unk_id, tokenizer.bos_id) if token is not None]
