"""Sampling: logits → a token, drawn from the distribution after temperature, top-k and top-p, in this order.

Temperature T divides the logits; top-k keeps the k most probable tokens; top-p keeps the fewest most probable tokens
whose probabilities sum to at least p (Holtzman et al. 2020).
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
    """Sampling settings. Temperature 0 takes the most probable token; top_k 0 and top_p 1 keep all tokens."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not (self.temperature == 0.0 or 0.01 <= self.temperature <= 100.0):
            raise UsageError(f"`temperature` must be 0, or from 0.01 to 100, got {self.temperature:g}")
        if self.top_k < 0:
            raise UsageError(f"`top_k` must be 0 (all) or above, got {self.top_k}")
        if not 0.0 < self.top_p <= 1.0:
            raise UsageError(f"`top_p` must be above 0 and at most 1, got {self.top_p:g}")

    def probabilities(self, logits: Array) -> NDArray[np.float64]:
        """Return the distribution (V,) that is sampled from; a token with logit -inf is never sampled."""
        p = self._weights(logits)
        p /= p.sum()
        return p

    def choose(self, logits: Array, rng: np.random.Generator) -> int:
        """Draw a token."""
        cumulative = self._weights(logits).cumsum()
        return int(cumulative.searchsorted(rng.random() * cumulative[-1], side="right"))

    def _weights(self, logits: Array) -> NDArray[np.float64]:
        """Return the probabilities (V,), up to a common factor."""
        l: NDArray[np.float64] = np.subtract(logits, logits.max(), dtype=np.float64)
        if self.temperature == 0.0:
            weights = np.zeros_like(l)
            weights[l.argmax()] = 1.0
            return weights
        if self.temperature != 1.0:
            l /= self.temperature
        if 0 < self.top_k < l.size:
            l[l < np.partition(l, -self.top_k)[-self.top_k]] = -np.inf
        weights = np.exp(l)
        if self.top_p < 1.0:
            order = np.argsort(-weights, kind="stable")
            preceding = np.cumsum(weights[order]) - weights[order]  # weight of the more probable tokens
            weights[order[preceding >= self.top_p * weights.sum()]] = 0.0
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
    """Yield tokens without end that continue a prompt (n,), n ≥ 1; tokens in `never` are not sampled.

    The prompt is read from `state`, by default the state before any text.
    """
    logits, state = predictor.advance(prompt, predictor.start() if state is None else state)
    while True:
        for token in never:
            logits[token] = -np.inf
        token = sampling.choose(logits, rng)
        yield token
        logits, state = predictor.advance((token,), state)
