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
from charrnn.network.losses import softmax

HIGHEST_ORDER = 8
BLOCK = 64
"""Tokens after which the weight of a mixture is found anew."""
WEIGHTS = 65
"""The weights of a mixture that are weighed against each other."""


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

    The weight of a block of tokens is its mean under what was read before it, of WEIGHTS that were equally likely at
    first: a Bayesian mixture, which is never worse than the best of them by more than log(WEIGHTS) nats in all.
    """
    a, b = np.exp(np.asarray(first, np.float64)), np.exp(np.asarray(second, np.float64))
    weights = 1.0 / (1.0 + np.exp(-np.linspace(-8.0, 8.0, WEIGHTS)))  # even in their log odds
    logp, evidence, weight = np.zeros(len(a)), np.zeros(WEIGHTS), 0.5
    for begin in range(0, len(a), BLOCK):
        block = slice(begin, begin + BLOCK)
        logp[block] = np.log(weight * a[block] + (1.0 - weight) * b[block])
        evidence += np.log(np.outer(weights, a[block]) + np.outer(1.0 - weights, b[block])).sum(axis=1)
        weight = float(softmax(evidence) @ weights)
    return logp, weight
