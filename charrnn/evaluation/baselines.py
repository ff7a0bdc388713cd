"""Baselines: n-gram models of the same training text, and a compressor.

Losses are per character of the original text, so that models with any tokens and a compressor are comparable.
"""

import lzma
import math
from dataclasses import dataclass

import numpy as np

from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Array
from charrnn.text.encoded import EncodedText


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


def ngram_losses(ngrams: Ngrams, text: EncodedText) -> list[Loss]:
    """Return the loss of the n-gram model of each order, from 1, on a text."""
    log_p_by_order = ngrams.log_probabilities(text)
    return [Loss.of_text(f"{order}-gram", log_p, text) for order, log_p in enumerate(log_p_by_order, 1)]


def xz_loss(training: str, text: str, characters: int) -> Loss:
    """Return the growth of the compressed training text when a text is appended to it."""
    prefix, whole = (string.encode("utf-8", "surrogatepass") for string in (training, training + text))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]  # no container, whose size is rounded up
    prefix_size, whole_size = (len(lzma.compress(data, lzma.FORMAT_RAW, filters=filters)) for data in (prefix, whole))
    return Loss.of("xz", 8 * (whole_size - prefix_size) * math.log(2.0), characters)
