"""Subword tokenizer: pieces that SentencePiece learns from a text; frequent words are one piece, rare ones several.

Byte-pair encoding (Sennrich et al. 2016) or a unigram model (Kudo 2018). Encoding is lossless: no normalization, no
dummy prefix, all white space kept, and bytes for every character that is not in the training text.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.errors import ModelError, TextError
from charrnn.text.ids import Ids, id_dtype
from charrnn.text.normal_form import check_normal_form, normalize
from charrnn.text.progress import call_interruptibly
from charrnn.text.tokenizers.pieces import BYTES, PieceTokenizer, utf8

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

MAX_CHARACTERS = 10_000_000
"""Largest number of characters from which pieces are learned; of a longer text, every n-th line is used."""
MAX_LINE = 1000
"""Characters after which a line is cut for SentencePiece, which ignores lines of more than 4,192 bytes."""
_SPACE = "\u2581"
"""SentencePiece's sign for a space."""
_UNENCODABLE = f"{_SPACE}\x00\ud800-\udfff"
"""Characters that SentencePiece does not decode unchanged, for a regular expression."""


@dataclass(frozen=True)
class SubwordTokenizer(PieceTokenizer):
    """The pieces of a SentencePiece model, given as the bytes of its file.

    Raises ModelError for a model that is damaged or was not made by charrnn.
    """

    model: bytes = field(repr=False)
    normal_form: str | None = None
    kind = "subword"

    def __post_init__(self) -> None:
        check_normal_form(self.normal_form)
        if set(BYTES) - set(self.pieces):
            raise ModelError("the SentencePiece model has no pieces for single bytes; it was not made by charrnn")

    @cached_property
    def _processor(self) -> "SentencePieceProcessor":
        from sentencepiece import SentencePieceProcessor, set_min_log_level

        set_min_log_level(2)
        try:
            return SentencePieceProcessor(model_proto=self.model)
        except (RuntimeError, TypeError, ValueError) as error:
            raise ModelError("the SentencePiece model of the tokenizer is damaged; restore it") from error

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        processor = self._processor
        if processor.unk_id() != 0 or processor.bos_id() >= 0 or processor.eos_id() >= 0 or processor.pad_id() >= 0:
            raise ModelError("the SentencePiece model has control tokens of its own; it was not made by charrnn")
        return tuple(_piece_bytes(processor, token) for token in range(1, processor.get_piece_size()))

    @cached_property
    def _byte_ids(self) -> dict[int, int]:
        """The id of each byte: the first of the pieces that are this byte alone."""
        ids = {piece: token for token, piece in reversed(list(enumerate(self.pieces))) if len(piece) == 1}
        return {byte: ids[piece] for byte, piece in enumerate(BYTES)}

    @cached_property
    def _bytewise(self) -> re.Pattern[str]:
        """Characters that are encoded as bytes; spaces are among them if the training text had none."""
        has_space = self._processor.piece_to_id(_SPACE) != self._processor.unk_id()
        return re.compile(f"[{_UNENCODABLE}]+" if has_space else f"[ {_UNENCODABLE}]+")

    def encode(self, text: str) -> Ids:
        text, ids, position = normalize(text, self.normal_form), list[int](), 0
        for match in self._bytewise.finditer(text):
            ids += self._encode_pieces(text[position : match.start()])
            ids += [self._byte_ids[byte] for byte in utf8(match.group())]
            position = match.end()
        return np.array(ids + self._encode_pieces(text[position:]), id_dtype(self.vocabulary_size))

    def _encode_pieces(self, text: str) -> list[int]:
        """Return SentencePiece's ids minus 1: its id 0, <unk>, never occurs and is left out of the vocabulary."""
        return [token - 1 for token in self._processor.encode(text)]

    def to_json(self) -> dict[str, Any]:
        digest = hashlib.sha256(self.model).hexdigest()
        return {"kind": self.kind, "normal_form": self.normal_form, "model_sha256": digest}


def _piece_bytes(processor: "SentencePieceProcessor", token: int) -> bytes:
    piece: str = processor.id_to_piece(token)
    if processor.is_byte(token):
        return bytes([int(piece[1:-1], 16)])
    return piece.replace(_SPACE, " ").encode("utf-8")


def learn_pieces(chunks: Callable[[], Iterable[str]], size: int, model_type: str, characters: int) -> bytes:
    """Return a SentencePiece model of about `size` pieces, learned from a text with this number of characters.

    `model_type` is bpe or unigram. A short text may give fewer pieces. Raises TextError if the text is empty, or if
    `size` is too small for its characters.
    """
    from sentencepiece import SentencePieceTrainer

    if not any(_lines(chunks())):
        raise TextError("there is nothing in this text to learn subwords from; give another, or `tokenizer` byte")
    model, stride = io.BytesIO(), -(-characters // MAX_CHARACTERS)
    lines = (line for number, line in enumerate(_lines(chunks())) if number % stride == 0)

    def train() -> None:
        SentencePieceTrainer.train(
            sentence_iterator=lines,
            model_writer=model,
            model_type=model_type,
            vocab_size=size + 1,  # and <unk>
            hard_vocab_limit=False,
            character_coverage=1.0,
            byte_fallback=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            user_defined_symbols=["\n"],
            bos_id=-1,
            eos_id=-1,
            num_threads=1,
            minloglevel=2,
        )

    try:
        call_interruptibly(train)
    except RuntimeError as error:
        raise TextError(
            f"SentencePiece cannot make {size:,} pieces from this text; choose another `vocab_size`: it must "
            "have room for 256 bytes, every character and some pieces, and the text must have that many"
        ) from error
    return model.getvalue()


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the text between newlines and unencodable characters, at most MAX_LINE characters at a time."""
    separator = re.compile(f"[{_UNENCODABLE}\n]")
    for chunk in chunks:
        for line in separator.split(chunk):
            for start in range(0, len(line), MAX_LINE):
                yield line[start : start + MAX_LINE]
