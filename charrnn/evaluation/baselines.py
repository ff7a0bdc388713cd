"""Baselines: n-gram models of the same training text, and a compressor.

Losses are per character of the original text, so that models with any tokens and a compressor are comparable.
"""

import lzma
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Array
from charrnn.text.encoded import EncodedText
from charrnn.text.progress import OnShare
from charrnn.text.tokenizers import Tokenizer

XZ_BLOCK = 1 << 16
"""Bytes that are compressed at a time."""
SAMPLE_SEGMENTS = 64
"""Number of segments of a sample of a text."""


@dataclass(frozen=True)
class Loss:
    """Loss of a named model on a text, per character.

    >>> Loss.of("uniform", nats=2 * math.log(2), characters=2).bits_per_character
    1.0
    """

    name: str
    nats_per_character: float
    bits_per_character: float

    @classmethod
    def of(cls, name: str, nats: float, characters: int) -> "Loss":
        """Return the loss from the total surprise of a text in nats and the length of the text."""
        per_character = nats / characters
        return cls(name, per_character, per_character / math.log(2.0))

    @classmethod
    def of_text(cls, name: str, log_p: Array, text: EncodedText) -> "Loss":
        """Return the loss of a text from log p (N,) of its tokens."""
        return cls.of(name, -float(log_p.sum(dtype=np.float64)), text.characters)


@dataclass(frozen=True)
class Baseline:
    """The n-gram model with the lowest loss on a validation text, or on a sample of it.

    It was counted on the first `counted_tokens` of the training part, and measured on `measured_tokens` of the
    validation part.
    """

    order: int
    loss: Loss
    counted_tokens: int
    training_tokens: int
    measured_tokens: int
    validation_tokens: int

    def __str__(self) -> str:
        """Return a summary in one line."""
        clauses = [f"{self.order}-gram: {self.loss.nats_per_character:.4f} nats per character on the validation text"]
        if self.counted_tokens < self.training_tokens:
            clauses.append(f"counted on the first {self.counted_tokens:,} of {self.training_tokens:,} tokens")
        if self.measured_tokens < self.validation_tokens:
            clauses.append(f"measured on a sample of {self.measured_tokens:,} of {self.validation_tokens:,} tokens")
        return ", ".join(clauses)

    @classmethod
    def measure(
        cls,
        ngrams: Ngrams,
        training_tokens: int,
        text: EncodedText,
        tokenizer: Tokenizer,
        most_tokens: int,
        on_share: OnShare | None = None,
    ) -> "Baseline":
        """Measure n-gram models on a text, or on a sample of about `most_tokens` tokens that is spread over it."""
        nats, characters, tokens, N = np.zeros(ngrams.order), 0, 0, len(text.ids)
        segments = [(0, N)] if most_tokens >= N else list(_segments(N, most_tokens))
        for begin, end in segments:
            for places, log_p in ngrams.blocks(text, begin, end):
                nats -= log_p.sum(axis=1)
                tokens += log_p.shape[1]
                characters += 0 if tokens == N else tokenizer.count_characters(text.ids[places])
                if on_share is not None:
                    on_share(min(1.0, tokens / min(N, most_tokens)))
        characters = text.characters if tokens == N else max(1, characters)
        order = 1 + int(nats.argmin())
        loss = Loss.of(f"{order}-gram", float(nats[order - 1]), characters)
        return cls(order, loss, ngrams.tokens, training_tokens, tokens, N)


def _segments(N: int, tokens: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of segments of so many tokens in total, at equal distances in a text of N tokens."""
    length = max(1, tokens // SAMPLE_SEGMENTS)
    for begin in np.linspace(0, N - length, tokens // length).astype(int).tolist():
        yield begin, begin + length


def xz_loss(training: str, text: str, characters: int, on_share: OnShare | None = None) -> Loss:
    """Return the growth of the compressed training text when a text is appended to it."""
    prefix, whole = (string.encode("utf-8", "surrogatepass") for string in (training, training + text))
    total, sizes = len(prefix) + len(whole), [0, 0]
    for number, data in enumerate((prefix, whole)):
        for size, read in _compressed_sizes(data):
            sizes[number] += size
            if on_share is not None:
                on_share((number * len(prefix) + read) / total)
    return Loss.of("xz", 8 * (sizes[1] - sizes[0]) * math.log(2.0), characters)


def _compressed_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Compress data in blocks, so that Ctrl-C is heard; yield the bytes that each block adds, and the bytes read."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]  # no container, whose size is rounded up
    compressor = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=filters)
    for begin in range(0, len(data), XZ_BLOCK):
        yield len(compressor.compress(data[begin : begin + XZ_BLOCK])), begin
    yield len(compressor.flush()), len(data)
