"""Subwords: pieces that SentencePiece finds in a text, frequent words whole and rare ones in parts.

Byte-pair encoding (Sennrich et al. 2016) or a unigram model (Kudo 2018), set up to lose nothing: no normalisation,
no dummy prefix, all white space kept, and bytes for every character that was not in the training text.
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
from charrnn.text.tokenizers.pieces import BYTES, Pieces, utf8

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

MOST_CHARACTERS = 10_000_000
"""How much of a text the pieces are looked for in; of a longer one, evenly spread lines."""
LONGEST_LINE = 1000
"""Characters of a line that SentencePiece is given at a time; it passes over lines of more than 4,192 bytes."""
_SPACE = "\u2581"
_BY_BYTES = re.compile(f"[{_SPACE}\x00\ud800-\udfff]+")
"""What SentencePiece would not give back: its own sign for a space, and what it cannot read."""


@dataclass(frozen=True)
class SubwordTokenizer(Pieces):
    """The pieces of a SentencePiece model, which is kept as its bytes. ModelError if it is none of ours."""

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
            raise ModelError("the SentencePiece model has marks of its own; it was not made by charrnn")
        return tuple(_bytes_of(processor, token) for token in range(1, processor.get_piece_size()))

    @cached_property
    def _byte_ids(self) -> dict[bytes, int]:
        places = {piece: token for token, piece in reversed(list(enumerate(self.pieces))) if len(piece) == 1}
        return {byte: places[byte] for byte in BYTES}

    @cached_property
    def _by_bytes(self) -> re.Pattern[str]:
        """What goes by bytes: also spaces, if the training text had none, and so there is no piece for them."""
        known = self._processor.piece_to_id(_SPACE) != self._processor.unk_id()
        return _BY_BYTES if known else re.compile(_BY_BYTES.pattern.replace("[", "[ ", 1))

    def encode(self, text: str) -> Ids:
        text, ids, place = normalize(text, self.normal_form), list[int](), 0
        for odd in self._by_bytes.finditer(text):
            ids += self._encode(text[place : odd.start()])
            ids += [self._byte_ids[bytes([byte])] for byte in utf8(odd.group())]
            place = odd.end()
        return np.array(ids + self._encode(text[place:]), id_dtype(self.vocabulary_size))

    def _encode(self, text: str) -> list[int]:
        """Ids of what SentencePiece can read: its own without <unk>, which is 0 there and never comes."""
        return [token - 1 for token in self._processor.encode(text)]

    def to_json(self) -> dict[str, Any]:
        digest = hashlib.sha256(self.model).hexdigest()
        return {"kind": self.kind, "normal_form": self.normal_form, "model_sha256": digest}


def _bytes_of(processor: "SentencePieceProcessor", token: int) -> bytes:
    piece: str = processor.id_to_piece(token)
    if processor.is_byte(token):
        return bytes([int(piece[1:-1], 16)])
    return piece.replace(_SPACE, " ").encode("utf-8")


def learn_pieces(chunks: Callable[[], Iterable[str]], size: int, model_type: str, characters: int) -> bytes:
    """A SentencePiece model of about `size` pieces (fewer if the text has no more) of a text of so many characters.

    `model_type` is bpe or unigram. TextError if there is nothing to learn from, or `size` is too small for the
    characters of the text.
    """
    from sentencepiece import SentencePieceTrainer

    if not any(_lines(chunks())):
        raise TextError("there is nothing in this text to find subwords in; give another, or --tokenizer byte")
    model, stride = io.BytesIO(), -(-characters // MOST_CHARACTERS)
    lines = (line for number, line in enumerate(_lines(chunks())) if number % stride == 0)
    try:
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
    except RuntimeError as error:
        raise TextError(
            f"SentencePiece found no {size:,} pieces in this text; choose another --vocab-size: 256 bytes, every "
            "character and some pieces must find room in it, and the text must have as many"
        ) from error
    return model.getvalue()


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    """Lines without their ends and without what goes by bytes, none of them longer than LONGEST_LINE."""
    for chunk in chunks:
        for line in _BY_BYTES.sub("\n", chunk).split("\n"):
            for place in range(0, len(line), LONGEST_LINE):
                yield line[place : place + LONGEST_LINE]
