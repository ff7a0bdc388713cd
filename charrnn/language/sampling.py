"""Sampling: a distribution → a choice, again and again: the model speaks.

Temperature T divides the logits; top-k keeps the k likeliest tokens; top-p keeps the fewest likeliest that hold a
share p of the probability (Holtzman et al. 2020). They act in this order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import UsageError
from charrnn.language.predictor import Predictor, State
from charrnn.network.arrays import Array, Ids


@dataclass(frozen=True)
class Sampling:
    """How to choose. Temperature 0 takes the likeliest token; top_k 0 and top_p 1 keep all."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not (self.temperature == 0.0 or 0.01 <= self.temperature <= 100.0):
            raise UsageError(f"--temperature is {self.temperature:g}; it must be 0, or from 0.01 to 100")
        if self.top_k < 0:
            raise UsageError(f"--top-k is {self.top_k}; it must be 0 (all) or above")
        if not 0.0 < self.top_p <= 1.0:
            raise UsageError(f"--top-p is {self.top_p:g}; it must be above 0 and at most 1")

    def probabilities(self, logits: Array) -> NDArray[np.float64]:
        """The distribution (V,) that is drawn from; an entry of -inf in the logits is never drawn."""
        p = self._weights(logits)
        p /= p.sum()
        return p

    def choose(self, logits: Array, rng: np.random.Generator) -> int:
        """Draw a token."""
        cumulative = self._weights(logits).cumsum()
        return int(cumulative.searchsorted(rng.random() * cumulative[-1], side="right"))

    def _weights(self, logits: Array) -> NDArray[np.float64]:
        """The probabilities (V,), up to a common factor."""
        l: NDArray[np.float64] = np.subtract(logits, logits.max(), dtype=np.float64)
        if self.temperature == 0.0:
            likeliest = np.zeros_like(l)
            likeliest[l.argmax()] = 1.0
            return likeliest
        if self.temperature != 1.0:
            l /= self.temperature
        if 0 < self.top_k < l.size:
            l[l < np.partition(l, -self.top_k)[-self.top_k]] = -np.inf
        weights = np.exp(l)
        if self.top_p < 1.0:
            order = np.argsort(-weights, kind="stable")
            likelier = np.cumsum(weights[order]) - weights[order]  # what the likelier ones hold already
            weights[order[likelier >= self.top_p * weights.sum()]] = 0.0
        return weights


def sample_tokens(
    predictor: Predictor,
    prompt: Sequence[int] | Ids,
    sampling: Sampling,
    rng: np.random.Generator,
    *,
    never: Sequence[int] = (),
    state: State | None = None,
) -> Iterator[int]:
    """Tokens without end, from what follows the prompt (n,), n ≥ 1; those of `never` are not chosen.

    The prompt is read from `state`, by default that before any text.
    """
    logits, state = predictor.advance(prompt, predictor.start() if state is None else state)
    while True:
        for token in never:
            logits[token] = -np.inf
        token = sampling.choose(logits, rng)
        yield token
        logits, state = predictor.advance((token,), state)
