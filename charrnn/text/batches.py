"""Batches: token ids (N,) → windows of inputs and targets (T, B), in B streams that each read on.

The text is a ring, cut into B arcs of equal length; stream b reads arc b window by window, so that the state
carried from window to window belongs to what came before. Every pass starts at another place of the ring, so that
the cuts between windows fall elsewhere. A window is found from its number alone: nothing is kept between calls.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.text.ids import Ids

RARE_SHARE = 1e-4
"""The rarest characters, up to this share of the text in all, sometimes stand as unknown in training."""
RARE_RATE = 0.5


@dataclass(frozen=True)
class Windows:
    """The windows of a training text.

    `ids` (N,) may be memory-mapped; `rare` (V,) says which tokens are replaced by `unknown`, each time with
    probability 1/2, so that the unknown token is trained. None replaces nothing.
    """

    ids: Ids
    T: int
    B: int
    seed: int = 0
    unknown: int | None = None
    rare: NDArray[np.bool_] | None = field(default=None, repr=False)

    @property
    def per_epoch(self) -> int:
        """Windows in one pass over the text."""
        return max(1, (len(self.ids) // self.B) // self.T)

    def starts_epoch(self, number: int) -> bool:
        """Whether the state must be cleared before this window: its streams begin anew."""
        return number % self.per_epoch == 0

    def window(self, number: int, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """Inputs and targets (T, B) of the window of this number, counted from 0 over all passes."""
        N = len(self.ids)
        epoch, index = divmod(number, self.per_epoch)
        offset = int(np.random.default_rng((self.seed, epoch)).integers(N)) if epoch else 0
        starts = offset + np.arange(self.B) * (N // self.B) + index * self.T  # (B,)
        places = (starts + np.arange(self.T + 1)[:, None]) % N  # (T + 1, B)
        tokens = self.ids[places]
        if self.rare is not None and self.unknown is not None:
            replaced = self.rare[tokens]
            if replaced.any():
                tokens[replaced & (rng.random(tokens.shape) < RARE_RATE)] = self.unknown
        return tokens[:-1], tokens[1:]


def rare_tokens(counts: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Which tokens of the counts (V,) are the rarest: together at most RARE_SHARE of the text, or one occurrence."""
    order = np.argsort(np.where(counts > 0, counts, np.iinfo(np.int64).max), kind="stable")
    within = np.cumsum(counts[order]) <= max(1.0, RARE_SHARE * counts.sum())
    rare = np.zeros(len(counts), np.bool_)
    rare[order[within]] = True
    return rare & (counts > 0)


def fit_to_text(N: int, T: int, B: int) -> tuple[int, int]:
    """The largest window and batch, at most T and B, that a text of N tokens can fill; N is at least 2."""
    T = min(T, N - 1)
    return T, max(1, min(B, (N - 1) // T))
