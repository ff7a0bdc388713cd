"""The network: vectorizer → body → head, with the backward pass through all three.

A `Network` is frozen data: sizes and parts. Its weights are a flat dict under the tensor names of the files, for the
stack `vectorizer.weight`, `layers.{l}.Wx`, `layers.{l}.Wh`, `layers.{l}.b`, `head.W`, `head.b`. Language models,
blank fillers, classifiers and taggers are compositions of these parts. The steps that have a target determine the
task:

    one-to-many           inputs at the first step and zeros after it, or inputs at every step
    many-to-one           a target at the last step alone
    many-to-many, equal   a target at every step
    many-to-many, other   `EncoderDecoder`
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike

from charrnn.config import NetworkConfig
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Backward, Gradients, Inputs, Mask, Parameters, Targets, Workspace
from charrnn.network.body import Body
from charrnn.network.cells import CELLS, Cell
from charrnn.network.heads import HEADS, Head
from charrnn.network.initializers import initial_weights
from charrnn.network.stack import Stack
from charrnn.network.two_sided import TwoSided
from charrnn.network.vectorizers import Embedding, OneHot, Vectorizer

LANGUAGE_MODEL_GAIN = 0.9
"""Factor on the initial Wh: an orthogonal one then has a spectral radius just below one."""
BODIES: dict[str, type[Body]] = {"stack": Stack, "two_sided": TwoSided}
"""Bodies of language models, by their name in the configuration."""


class LossAndGradients(NamedTuple):
    """The summed loss of a window, the gradients of loss / n_targets, and the state after the window."""

    loss: float
    gradients: Gradients
    state: Array


@dataclass(frozen=True)
class Network:
    """A network with N scores per step. `gain` times the initializer gives the initial Wh."""

    vectorizer: Vectorizer
    body: Body
    N: int
    head: Head = HEADS["softmax"]
    initializer: str = "orthogonal"
    gain: float = 1.0

    @classmethod
    def from_config(cls, config: NetworkConfig) -> Self:
        """Return the language model or blank filler of the configured sizes."""
        V, E = config.vocabulary, config.embedding
        vectorizer: Vectorizer = Embedding(V, E, config.bos_id) if E else OneHot(V, config.bos_id)
        body = BODIES[config.body](config.hidden, config.layers, CELLS[config.cell], config.dropout)
        return cls(vectorizer, body, V, initializer=config.initializer, gain=LANGUAGE_MODEL_GAIN)

    def with_cell(self, cell: Cell) -> Self:
        """Return the same network with another cell."""
        return replace(self, body=self.body.with_cell(cell))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, by tensor name, bottom to top."""
        head = {"head.W": (self.body.width, self.N), "head.b": (self.N,)}
        return self.vectorizer.shapes() | self.body.shapes(self.vectorizer.width) | head

    def parameter_count(self) -> int:
        """Return the number of weights."""
        return sum(int(np.prod(shape)) for shape in self.shapes().values())

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
        """Draw initial weights: Wh by its initializer × gain, b from the cell, embedding N(0, 1), the rest Glorot."""
        bias = self.body.cell.bias(self.body.H)
        return initial_weights(self.shapes(), self.initializer, self.gain, bias, rng, dtype)

    def initial_state(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """Return the state before the first step: zeros (L, S, B, H)."""
        return self.body.initial_state(B, dtype)

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        """Return dropout masks for one window; None without dropout."""
        return self.body.dropout_masks(B, rng, dtype)

    def loss_mask(self, targets: Targets) -> Mask | None:
        """Return the mask (T, B) of the targets that are predicted; None if all are.

        Targets are ids (T, B) or numbers (T, B, N). -1, NaN and the token that begins a document are not predicted.
        """
        if targets.dtype.kind == "f":
            mask: Mask = ~np.isnan(targets[..., 0])
        elif targets.dtype.kind == "u" and self.vectorizer.bos_id is None:
            return None
        else:
            mask = targets >= 0
            if self.vectorizer.bos_id is not None:
                mask &= targets != self.vectorizer.bos_id
        return None if mask.all() else mask

    def read(
        self,
        parameters: Parameters,
        inputs: Inputs,
        state: Array | None = None,
        *,
        dropout_masks: Array | None = None,
        workspace: Workspace | None = None,
    ) -> tuple[Array, Array, Backward]:
        """Run the network without its head; return y (T, B, width), the new state, and the backward function."""
        workspace = workspace or Workspace.like(parameters)
        if state is None:
            state = self.initial_state(inputs.shape[1], workspace.dtype)
        return self.body.forward(parameters, self.vectorizer, inputs, state, dropout_masks, workspace)

    def forward(
        self,
        parameters: Parameters,
        inputs: Inputs,
        state: Array | None = None,
        *,
        dropout_masks: Array | None = None,
        workspace: Workspace | None = None,
    ) -> tuple[Array, Array, Backward]:
        """Return scores (T, B, N), the new state (L, S, B, H), and the backward function from the scores.

        `inputs` are ids (T, B) or vectors (T, B, D); for a two-sided body ids (T + 1, B), where scores[t] predict
        inputs[t + 1]. `state` defaults to the initial state. All results but the state are views of the workspace and
        valid until its next use; without a workspace, the caller owns everything.
        """
        workspace = workspace or Workspace.like(parameters)
        y, new_state, to_inputs = self.read(
            parameters, inputs, state, dropout_masks=dropout_masks, workspace=workspace
        )
        scores, to_y = affine(parameters, "head.W", "head.b", y, workspace)

        def backward(dscores: Array, dlast: Array | None = None, /) -> Gradients:
            dy, head, _ = to_y(dscores)
            dinputs, gradients, dstate = to_inputs(dy, dlast)
            return Gradients(dinputs, gradients | head, dstate)

        return scores, new_state, backward

    def output(self, parameters: Parameters, inputs: Inputs) -> Array:
        """Return the output of the head (T, B, N) at every step, from the initial state and without dropout."""
        return self.head.output(self.forward(parameters, inputs)[0])

    def loss_and_gradients(
        self,
        parameters: Parameters,
        inputs: Inputs,
        targets: Targets,
        state: Array | None = None,
        *,
        dropout_masks: Array | None = None,
        n_targets: int | None = None,
        workspace: Workspace | None = None,
    ) -> LossAndGradients:
        """Return loss, gradients and new state of one window.

        The gradients are those of loss / n_targets; `n_targets` defaults to the number of targets that are predicted.
        """
        workspace = workspace or Workspace.like(parameters)
        scores, new_state, backward = self.forward(
            parameters,
            self.body.visible(inputs, targets),
            state,
            dropout_masks=dropout_masks,
            workspace=workspace,
        )
        loss_mask = self.loss_mask(targets)
        if n_targets is None:
            n_targets = count_targets(targets, loss_mask)
        loss, dscores = self.head.loss(scores, targets, n_targets, workspace, loss_mask)
        return LossAndGradients(loss, backward(dscores), new_state)


def count_targets(targets: Targets, loss_mask: Mask | None) -> int:
    """Return the number of steps of targets (T, B, …) that are predicted, at least 1."""
    if loss_mask is None:
        return int(targets.shape[0] * targets.shape[1])
    return max(1, int(np.count_nonzero(loss_mask)))
