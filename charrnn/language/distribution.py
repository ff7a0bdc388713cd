"""The distribution of the next token: the model's own, and the one after temperature, top-k and top-p."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer, never_sampled

_WHITE_SPACE = {" ": "·", "\\n": "⏎", "\\t": "⇥"}


@dataclass(frozen=True)
class TopToken:
    """A token with its displayed name, its probability when sampling, and its probability in the model."""

    token: int
    name: str
    probability: float
    model_probability: float


@dataclass(frozen=True, eq=False)
class Distribution:
    """Logits (V,) of the next token, the sampling settings to apply, and the tokenizer that names the tokens."""

    logits: Array
    sampling: Sampling
    tokenizer: Tokenizer

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """p (V,) for sampling: after temperature, top-k and top-p, without the tokens that are never sampled."""
        return self.sampling.probabilities(without_tokens(self.logits, never_sampled(self.tokenizer)))

    @cached_property
    def model_probabilities(self) -> NDArray[np.float64]:
        """p (V,) of the model itself."""
        return np.asarray(softmax(self.logits.astype(np.float64)), np.float64)

    @property
    def entropy(self) -> float:
        """Entropy of the distribution that is sampled from, in bits."""
        return entropy(self.probabilities)

    def sample(self, rng: np.random.Generator) -> int:
        """Draw a token."""
        return self.sampling.choose(without_tokens(self.logits, never_sampled(self.tokenizer)), rng)

    def top_tokens(self, n: int = 20) -> list[TopToken]:
        """Return the n most probable tokens of the model; the sampling settings do not change their order."""
        p, model_p = self.probabilities, self.model_probabilities
        order = np.argsort(-model_p, kind="stable")[:n].tolist()
        return [
            TopToken(token, token_name(self.tokenizer, token), float(p[token]), float(model_p[token]))
            for token in order
        ]


def without_tokens(logits: Array, tokens: Sequence[int]) -> Array:
    """Return the logits (V,) with -inf for some tokens."""
    logits = logits.copy()
    logits[list(tokens)] = -np.inf
    return logits


def token_name(tokenizer: Tokenizer, token: int) -> str:
    """Return the text of a token for display, with visible white space at its ends."""
    if token == tokenizer.unk_id:
        return "<unk>"
    name = tokenizer.token_text(token)
    return _WHITE_SPACE.get(name, name.replace(" ", "·") if name.startswith(" ") or name.endswith(" ") else name)


def entropy(p: NDArray[np.float64]) -> float:
    """Return Σ -p log2 p of a distribution (V,), in bits."""
    positive = p[p > 0.0]
    return float(-(positive * np.log2(positive)).sum()) + 0.0
