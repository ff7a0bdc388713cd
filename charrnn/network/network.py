"""The network: ids (T, B) → vectorizer → stack → head → logits (T, B, V), and the whole way back.

A `Network` is frozen data: sizes and parts. Its weights are a flat dict under the names that the files use:
`vectorizer.weight`, `layers.{l}.Wx`, `layers.{l}.Wh`, `layers.{l}.b`, `head.W`, `head.b`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from charrnn.config import NetworkConfig
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Flags, Ids, Parameters, Workspace, within
from charrnn.network.cells import CELLS, Cell
from charrnn.network.initializers import RECURRENT, glorot
from charrnn.network.losses import cross_entropy
from charrnn.network.stack import run_stack
from charrnn.network.vectorizers import Embedding, OneHot, Vectorizer

Back: TypeAlias = Callable[[Array], tuple[Parameters, Array]]

RECURRENT_GAIN = 0.9
"""Wh starts at this times its initializer: an orthogonal one has a spectral radius just below one."""


@dataclass(frozen=True)
class Network:
    """The stacked RNN language model of the given sizes."""

    config: NetworkConfig

    @property
    def cell(self) -> Cell:
        return CELLS[self.config.cell]

    @property
    def vectorizer(self) -> Vectorizer:
        V, E = self.config.vocabulary, self.config.embedding
        return Embedding(V, E) if E else OneHot(V)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, by name, bottom to top."""
        V, H, N = self.config.vocabulary, self.config.hidden, self.cell.gates * self.config.hidden
        shapes = {f"vectorizer.{name}": shape for name, shape in self.vectorizer.shapes().items()}
        for l in range(self.config.layers):
            D = self.vectorizer.width() if l == 0 else H
            shapes |= {f"layers.{l}.Wx": (D, N), f"layers.{l}.Wh": (H, N), f"layers.{l}.b": (N,)}
        return shapes | {"head.W": (H, V), "head.b": (V,)}

    def parameter_count(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes().values())

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
        """Fresh weights: Wh by the configured initializer × 0.9, biases zero, embeddings N(0, 1), the rest Glorot."""
        bias = self.cell.bias(self.config.hidden)
        return fresh_weights(self.shapes(), self.config.initializer, bias, rng, dtype)

    def start(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """The state before the first character: zeros (L, S, B, H)."""
        return np.zeros((self.config.layers, self.cell.states, B, self.config.hidden), dtype)

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        """Masks (L, B, H) of zeros and 1 / (1 - p), for one window; None if there is no dropout."""
        p = self.config.dropout
        if p == 0.0:
            return None
        masks: Array = np.zeros((self.config.layers, B, self.config.hidden), dtype)
        masks[rng.random(masks.shape, dtype=np.float32) >= p] = 1.0 / (1.0 - p)
        return masks

    def forward(
        self, parameters: Parameters, ids: Ids, state: Array, masks: Array | None, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        """Logits (T, B, V), the new state, and `back(dlogits) → gradients, dstate`.

        Everything returned but the state lives in the workspace: it is valid until the next call.
        """
        y, new_state, to_ids = self.read(parameters, ids, state, masks, workspace)
        logits, from_head = affine(y, parameters["head.W"], parameters["head.b"], "head", workspace)

        def back(dlogits: Array) -> tuple[Parameters, Array]:
            dy, dW, db = from_head(dlogits)
            gradients, dstate = to_ids(dy)
            return gradients | {"head.W": dW, "head.b": db}, dstate

        return logits, new_state, back

    def read(
        self, parameters: Parameters, ids: Ids, state: Array, masks: Array | None, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        """What is below the head: y (T, B, H), the new state, and `back(dy) → gradients, dstate`."""
        Wx, b = parameters["layers.0.Wx"], parameters["layers.0.b"]
        z, to_ids = self.vectorizer.project(within("vectorizer", parameters), Wx, b, ids, workspace)
        y, new_state, down_stack = run_stack(self.cell, parameters, z, state, masks, workspace, self.fresh(ids))

        def back(dy: Array) -> tuple[Parameters, Array]:
            dz, gradients, dstate = down_stack(dy)
            first = to_ids(dz)
            gradients["layers.0.Wx"], gradients["layers.0.b"] = first.pop("Wx"), first.pop("b")
            return gradients | {f"vectorizer.{name}": gradient for name, gradient in first.items()}, dstate

        return y, new_state, back

    def fresh(self, ids: Ids) -> Flags | None:
        """Where a document begins in ids (T, B), so that the state is cleared; None if nowhere."""
        if self.config.bos_id is None:
            return None
        fresh: Flags = ids == self.config.bos_id
        return fresh if fresh.any() else None

    def counted(self, targets: Ids) -> Flags | None:
        """Which targets (T, B) are predicted: all (None) but the beginnings of documents."""
        begins = self.fresh(targets)
        return None if begins is None else ~begins

    def loss_and_gradients(
        self,
        parameters: Parameters,
        inputs: Ids,
        targets: Ids,
        state: Array,
        masks: Array | None,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]:
        """One window forward and back: summed nats, gradients of (sum / count), and the state to carry on."""
        logits, new_state, back = self.forward(parameters, inputs, state, masks, workspace)
        nats, dlogits = cross_entropy(logits, targets, count, workspace, self.counted(targets))
        gradients, _ = back(dlogits)
        return nats, gradients, new_state


def fresh_weights(
    shapes: dict[str, tuple[int, ...]],
    initializer: str,
    bias: Array,
    rng: np.random.Generator,
    dtype: DTypeLike,
    gain: float = RECURRENT_GAIN,
) -> Parameters:
    """Weights before the first step, by what their names say that they are; `bias` (G·H,) is that of every layer.

    Wh is `gain` times what the initializer gives.
    """
    parameters: Parameters = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            values: Array = np.zeros(shape) if name.endswith("head.b") else bias
        elif name.endswith(".Wh"):
            values = gain * RECURRENT[initializer]((shape[0], shape[1]), rng)
        elif name == "vectorizer.weight":
            values = rng.standard_normal(shape)
        else:
            values = glorot((shape[0], shape[1]), rng)
        parameters[name] = values.astype(dtype)
    return parameters
