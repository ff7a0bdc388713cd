"""The predictor: what a language model is to everything that uses one.

`start()` gives the state before a text, `advance(ids, state)` reads ids and gives the logits of the next token and
the state behind them. States are values: they can be kept, compared and gone back to.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace, within
from charrnn.network.network import Network

State: TypeAlias = Any
"""What a predictor knows of the text so far: a value that is never changed, and that only its own kind looks into."""


class Predictor(Protocol):
    """Predicts the next token from a state that it never changes."""

    def start(self) -> State:
        """The state before any token."""

    def advance(self, ids: Sequence[int] | Ids, state: State) -> tuple[Array, State]:
        """Read ids (n,), n ≥ 1, from `state`: logits (V,) of the token after them, and the new state."""


@runtime_checkable
class SideBySide(Protocol):
    """A predictor that goes on from many states at once, for little more than from one."""

    def advance_each(self, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
        """Read a token from each of n states: logits (V,) and the new state of each."""


def advance_each(predictor: Predictor, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
    """What `SideBySide` does, with any predictor."""
    if isinstance(predictor, SideBySide) and len(tokens) > 1:
        return predictor.advance_each(tokens, states)
    return [predictor.advance((token,), state) for token, state in zip(tokens, states, strict=True)]


class RnnPredictor:
    """A network as a predictor: one step of the same cells, with everything prepared once. Not for two threads."""

    def __init__(self, network: Network, parameters: Parameters) -> None:
        self._network, self._parameters, self._workspace = network, parameters, Workspace(parameters["head.b"].dtype)
        self._start = network.config.bos_id
        L, S, H = network.config.layers, network.cell.states, network.config.hidden
        Wx, b = parameters["layers.0.Wx"], parameters["layers.0.b"]
        self._table = network.vectorizer.table(within("vectorizer", parameters), Wx, b)  # (V, N)
        s, z = np.zeros((L, S, 2, 1, H), b.dtype), np.zeros((L, 1, 1, b.size), b.dtype)
        self._before, self._after = s[:, :, 0], s[:, :, 1]  # the states around the one step of each cell
        self._z = [z[l, 0, 0] for l in range(L)]
        self._h = [s[l, 0, 1, 0] for l in range(L)]
        self._steps = [
            network.cell.forward(parameters[f"layers.{l}.Wh"], z[l], s[l], Workspace(b.dtype)) for l in range(L)
        ]
        self._affine = [(parameters[f"layers.{l}.Wx"], parameters[f"layers.{l}.b"]) for l in range(1, L)]
        self._head = parameters["head.W"], parameters["head.b"]

    def start(self) -> Array:
        return np.zeros_like(self._before)

    def advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        np.copyto(self._before, state)
        for n, token in enumerate(ids):
            if n > 0:
                np.copyto(self._before, self._after)
            if token == self._start:
                self._before[...] = 0.0
            np.copyto(self._z[0], self._table[token])
            self._steps[0](0)
            for h, (Wx, b), z, step in zip(self._h, self._affine, self._z[1:], self._steps[1:], strict=False):
                np.dot(h, Wx, out=z)
                np.add(z, b, out=z)
                step(0)
        W, b = self._head
        logits: Array = np.dot(self._h[-1], W)
        logits += b
        return logits, self._after.copy()

    def advance_each(self, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
        """The same for n states in products of n rows."""
        ids = np.array(tokens, np.int64)[None]  # (1, n)
        logits, after, _ = self._network.forward(
            self._parameters, ids, np.concatenate(states, axis=2), None, self._workspace
        )
        return [(logits[0, n].copy(), after[:, :, n : n + 1].copy()) for n in range(len(tokens))]
