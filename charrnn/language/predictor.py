"""The predictor: the interface of a language model to sampling, completion, scoring and ranking.

`start()` returns the state before a text; `advance(ids, state)` reads ids and returns the logits of the next token
and the state after them. States are immutable values: a caller can store one and continue from it any number of
times.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from charrnn.errors import ModelError
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.cells.elman import Identity, ReLU
from charrnn.network.network import Network
from charrnn.network.vectorizers import projected_table

State: TypeAlias = Any
"""The text read so far, as a predictor represents it: an immutable value of any type."""


class Predictor(Protocol):
    """Predicts the next token. States that are passed in are never changed."""

    def start(self) -> State:
        """Return the state before any token."""

    def advance(self, ids: Sequence[int] | Ids, state: State) -> tuple[Array, State]:
        """Read ids (n,), n ≥ 1, from `state`: logits (V,) of the next token, and the new state."""


@runtime_checkable
class BatchPredictor(Protocol):
    """A predictor that advances many states together at little more than the cost of one."""

    def advance_each(self, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
        """Read one token from each of n states: logits (V,) and the new state of each."""


def advance_each(predictor: Predictor, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
    """Read one token from each of n states, together if the predictor can."""
    if isinstance(predictor, BatchPredictor) and len(tokens) > 1:
        return predictor.advance_each(tokens, states)
    return [predictor.advance((token,), state) for token, state in zip(tokens, states, strict=True)]


LARGEST_WEIGHT = 1e15
"""Size of weights up to which a network whose h is bounded computes finite logits in float32."""


def not_finite(name: str) -> ModelError:
    """Return the error about a model whose predictions are not finite numbers."""
    return ModelError(
        f"the predictions of {name} are not finite numbers, because its weights or its states are too large; restore "
        "its model.safetensors, or train again with a lower `lr`"
    )


def may_overflow(network: Network, parameters: Parameters) -> bool:
    """Return True if logits may not be finite: h is unbounded, or a weight is larger than LARGEST_WEIGHT."""
    if isinstance(network.body.cell, Identity | ReLU):
        return True
    return not all(max(-float(w.min()), float(w.max())) <= LARGEST_WEIGHT for w in parameters.values())


class RnnPredictor:
    """Predictor of a network whose body is a `Stack`; weights and arrays are prepared once for steps of one token.

    Logits that are not finite raise ModelError with the `name` of the model. Each thread needs its own.
    """

    def __init__(self, network: Network, parameters: Parameters, name: str = "the model") -> None:
        self._name, self._may_overflow = name, may_overflow(network, parameters)
        self._network, self._parameters, self._workspace = network, parameters, Workspace.like(parameters)
        self._bos_id = network.vectorizer.bos_id
        body, dtype = network.body, self._workspace.dtype
        with np.errstate(all="ignore"):
            self._table = projected_table(parameters, "layers.0.Wx", "layers.0.b")  # (V, G·H)
        s = np.zeros((body.L, body.cell.states, 2, 1, body.H), dtype)
        z = np.zeros((body.L, 1, 1, body.cell.gates * body.H), dtype)
        self._state, self._new_state = s[:, :, 0], s[:, :, 1]  # before and after the one step of each cell
        self._z = [z[l, 0, 0] for l in range(body.L)]
        self._h = [s[l, 0, 1, 0] for l in range(body.L)]
        self._steps = [
            body.cell.forward(parameters[f"layers.{l}.Wh"], z[l], s[l], Workspace(dtype)) for l in range(body.L)
        ]
        self._affine = [(parameters[f"layers.{l}.Wx"], parameters[f"layers.{l}.b"]) for l in range(1, body.L)]
        self._head = parameters["head.W"], parameters["head.b"]

    def start(self) -> Array:
        return np.zeros_like(self._state)

    def advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        if not self._may_overflow:  # most models; the check would take 3 % of a step
            return self._advance(ids, state)
        with np.errstate(all="ignore"):
            logits, state = self._advance(ids, state)
        return self._check_finite(logits), state

    def _advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        np.copyto(self._state, state)
        for n, token in enumerate(ids):
            if n > 0:
                np.copyto(self._state, self._new_state)
            if token == self._bos_id:
                self._state[...] = 0.0
            np.copyto(self._z[0], self._table[token])
            self._steps[0](0)
            for h, (Wx, b), z, step in zip(self._h, self._affine, self._z[1:], self._steps[1:], strict=False):
                np.dot(h, Wx, out=z)
                np.add(z, b, out=z)
                step(0)
        W, b = self._head
        logits: Array = np.dot(self._h[-1], W)
        logits += b
        return logits, self._new_state.copy()

    def advance_each(self, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
        """Read one token from each of n states, in products of n rows."""
        ids = np.array(tokens, np.int64)[None]  # (1, n)
        state = np.concatenate(states, axis=2)
        with np.errstate(all="ignore"):
            logits, new_state, _ = self._network.forward(self._parameters, ids, state, workspace=self._workspace)
        self._check_finite(logits)
        return [(logits[0, n].copy(), new_state[:, :, n : n + 1].copy()) for n in range(len(tokens))]

    def _check_finite(self, logits: Array) -> Array:
        """Return logits of any shape; ModelError unless they are finite."""
        if not np.isfinite(logits).all():
            raise not_finite(self._name)
        return logits
