"""Choices: logits of the next token → the likeliest tokens by name, as they are and as they are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer, never_sampled

_NAMES = {" ": "·", "\\n": "⏎", "\\t": "⇥"}


@dataclass(frozen=True)
class Choice:
    """A token that may come next. `probability` is what is drawn from, `before` what the model says by itself."""

    token: int
    name: str
    probability: float
    before: float


def token_name(tokenizer: Tokenizer, token: int) -> str:
    """A token's text, with signs for white space at its ends."""
    if token == tokenizer.unk_id:
        return "<unk>"
    name = tokenizer.token_text(token)
    return _NAMES.get(name, name.replace(" ", "·") if name.startswith(" ") or name.endswith(" ") else name)


def without(never: Sequence[int], logits: Array) -> Array:
    """The logits (V,) of a model that never chooses some tokens."""
    logits = logits.copy()
    logits[list(never)] = -np.inf
    return logits


def likeliest(logits: Array, sampling: Sampling, tokenizer: Tokenizer, n: int = 20) -> list[Choice]:
    """The n likeliest tokens, by what the model says: temperature and cuts never change their order."""
    before = softmax(logits.astype(np.float64))
    p = sampling.probabilities(without(never_sampled(tokenizer), logits))
    order = np.argsort(-before, kind="stable")[:n]
    return [Choice(int(t), token_name(tokenizer, int(t)), float(p[t]), float(before[t])) for t in order]


def entropy(p: NDArray[np.float64]) -> float:
    """Σ -p log2 p of a distribution (V,), in bits."""
    positive = p[p > 0.0]
    return float(-(positive * np.log2(positive)).sum()) + 0.0
