"""Batches: token ids (N,) → windows of inputs and targets (T, B), in B streams of consecutive text.

The text is treated as a ring and cut into B segments of equal length. Stream b reads segment b window by window, so
that the state at the end of a window is the initial state of the next one. Each epoch starts at another position of
the ring, so that the windows differ from epoch to epoch. A window depends on its number and `seed` alone; nothing is
stored between calls.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.text.ids import Ids

RARE_SHARE = 1e-4
"""Largest share of the text that all rare tokens together make up."""
RARE_RATE = 0.5
"""Probability with which an occurrence of a rare token is replaced by <unk> in training."""


@dataclass(frozen=True)
class Windows:
    """The windows of a training text.

    `ids` (N,) may be memory-mapped. `rare` (V,) marks the tokens that are sometimes replaced by `unk_id`, so that
    <unk> is trained; None replaces nothing.
    """

    ids: Ids
    T: int
    B: int
    seed: int = 0
    unk_id: int | None = None
    rare: NDArray[np.bool_] | None = field(default=None, repr=False)

    @property
    def per_epoch(self) -> int:
        """Number of windows in one pass over the text."""
        return max(1, (len(self.ids) // self.B) // self.T)

    def starts_epoch(self, number: int) -> bool:
        """Return True if the state must be reset before this window, because it is the first of an epoch."""
        return number % self.per_epoch == 0

    def window(self, number: int, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """Return inputs and targets (T, B) of a window, counted from 0 over all epochs."""
        N = len(self.ids)
        epoch, index = divmod(number, self.per_epoch)
        offset = int(np.random.default_rng((self.seed, epoch)).integers(N)) if epoch else 0
        starts = offset + np.arange(self.B) * (N // self.B) + index * self.T  # (B,)
        positions = (starts + np.arange(self.T + 1)[:, None]) % N  # (T + 1, B)
        tokens = self.ids[positions]
        if self.rare is not None and self.unk_id is not None:
            is_rare = self.rare[tokens]
            if is_rare.any():
                tokens[is_rare & (rng.random(tokens.shape) < RARE_RATE)] = self.unk_id
        return tokens[:-1], tokens[1:]


def rare_tokens(counts: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Return a mask (V,) of the rarest tokens that occur, from their counts (V,).

    Together they are at most RARE_SHARE of the text, or one occurrence.
    """
    order = np.argsort(np.where(counts > 0, counts, np.iinfo(np.int64).max), kind="stable")
    within_share = np.cumsum(counts[order]) <= max(1.0, RARE_SHARE * counts.sum())
    rare = np.zeros(len(counts), np.bool_)
    rare[order[within_share]] = True
    return rare & (counts > 0)


def fit_to_text(N: int, T: int, B: int) -> tuple[int, int]:
    """Return the largest window and batch, at most T and B, that a text of N ≥ 2 tokens can fill."""
    T = min(T, N - 1)
    return T, max(1, min(B, (N - 1) // T))
