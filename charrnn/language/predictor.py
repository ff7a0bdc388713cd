"""The predictor: what a language model is to everything that uses one.

`start()` gives the state before a text, `advance(ids, state)` reads ids and gives the logits of the next token and
the state behind them. States are values: they can be kept, compared and gone back to.
"""

from typing import Protocol

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace, within
from charrnn.network.model import Network


class Predictor(Protocol):
    """Predicts the next token from a state that it never changes."""

    def start(self) -> Array:
        """The state before any token."""

    def advance(self, ids: Ids, state: Array) -> tuple[Array, Array]:
        """Read ids (n,), n ≥ 1, from `state`: logits (V,) of the token after them, and the new state."""


class RnnPredictor:
    """A network as a predictor: one step of the same cells, with everything prepared once. Not for two threads."""

    def __init__(self, network: Network, parameters: Parameters) -> None:
        L, S, H = network.config.layers, network.cell.states, network.config.hidden
        Wx, b = parameters["layers.0.Wx"], parameters["layers.0.b"]
        self._table = network.vectorizer.table(within("vectorizer", parameters), Wx, b)  # (V, N)
        self._z = np.zeros((L, 1, 1, b.size), b.dtype)
        self._s = np.zeros((L, S, 2, 1, H), b.dtype)  # [:, :, 0] before the step, [:, :, 1] after it
        self._steps = [
            network.cell.forward(parameters[f"layers.{l}.Wh"], self._z[l], self._s[l], Workspace(b.dtype))
            for l in range(L)
        ]
        self._affine = [(parameters[f"layers.{l}.Wx"], parameters[f"layers.{l}.b"]) for l in range(1, L)]
        self._head = parameters["head.W"], parameters["head.b"]

    def start(self) -> Array:
        return np.zeros_like(self._s[:, :, 0])

    def advance(self, ids: Ids, state: Array) -> tuple[Array, Array]:
        z, s = self._z, self._s
        s[:, :, 0] = state
        for n, token in enumerate(ids):
            if n > 0:
                s[:, :, 0] = s[:, :, 1]
            z[0, 0, 0] = self._table[token]
            self._steps[0](0)
            for l, (Wx, b) in enumerate(self._affine, start=1):
                np.dot(s[l - 1, 0, 1, 0], Wx, out=z[l, 0, 0])
                z[l, 0, 0] += b
                self._steps[l](0)
        W, b = self._head
        return np.dot(s[-1, 0, 1, 0], W) + b, s[:, :, 1].copy()
