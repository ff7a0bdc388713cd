"""Baselines: what a model has to beat, on the same text and from the same training text, and what both give together.

Losses are per character of the original text, so that tokens of any kind, and a compressor, stand in one table.
"""

import lzma
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.ngrams import Ngrams
from charrnn.network.arrays import Array, Ids

HIGHEST_ORDER = 8
BLOCK = 256
"""Tokens after which the weight of a mixture is found anew."""


@dataclass(frozen=True)
class Loss:
    """How well something predicts a text."""

    name: str
    nats_per_character: float
    bits_per_character: float

    @classmethod
    def of(cls, name: str, nats: float, characters: int) -> "Loss":
        """From the summed surprise in nats."""
        per_character = nats / characters
        return cls(name, per_character, per_character / math.log(2.0))


def ngram_losses(ngrams: Ngrams, ids: Ids, before: int, characters: int) -> list[Loss]:
    """The loss of the model of each order, from 1, over a text of ids (N,) and so many characters."""
    nats = -ngrams.log_probabilities(ids, before).sum(axis=1)
    return [Loss.of(f"{order}-gram", float(each), characters) for order, each in enumerate(nats, 1)]


def best_order(losses: list[Loss]) -> int:
    """The order, from 1, of the least loss."""
    return 1 + min(range(len(losses)), key=lambda index: losses[index].nats_per_character)


def xz_loss(training: str, text: str, characters: int) -> Loss:
    """What a text adds to the compressed training text when it follows it: xz has learned from the same."""
    before, both = (each.encode("utf-8", "surrogatepass") for each in (training, training + text))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]  # without a container, which rounds up
    learned, whole = (len(lzma.compress(each, lzma.FORMAT_RAW, filters=filters)) for each in (before, both))
    return Loss.of("xz", 8 * (whole - learned) * math.log(2.0), characters)


def mixed(first: Array, second: Array) -> tuple[NDArray[np.float64], float]:
    """log p (N,) of two models interpolated, from their own log p (N,), and the weight of the first at the end.

    >>> logp, weight = mixed(np.log([0.5, 0.9]), np.log([0.1, 0.9]))
    >>> np.exp(logp).round(3)
    array([0.3, 0.9])

    The weight of a block of tokens is the first model's mean share in what was read before it, by on-line expectation
    maximisation (Cappé and Moulines 2009), so that nothing is known before it is read.
    """
    a, b = np.exp(np.asarray(first, np.float64)), np.exp(np.asarray(second, np.float64))
    logp, weight, share = np.zeros(len(a)), 0.5, 1.0
    for begin in range(0, len(a), BLOCK):
        block = slice(begin, begin + BLOCK)
        p = weight * a[block] + (1.0 - weight) * b[block]
        logp[block] = np.log(p)
        share += float((weight * a[block] / p).sum())
        weight = share / (begin + len(p) + 2.0)
    return logp, weight
