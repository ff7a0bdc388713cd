"""The encoder-decoder: two networks, where the last state of the first is the initial state of the second.

The encoder reads a source sequence; the decoder writes a target sequence of another length (Cho et al. 2014;
Sutskever, Vinyals and Le 2014).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import (
    Array,
    Backward,
    Gradients,
    Inputs,
    Mask,
    Parameters,
    Targets,
    Workspace,
    prefixed,
    select,
)
from charrnn.network.initializers import initial_weights
from charrnn.network.network import LossAndGradients, Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Vectorizer


@dataclass(frozen=True)
class EncoderDecoder:
    """A stack that reads the source, and a network that continues from its last state.

    Inputs (T, B, 2, D): the source at [:, :, 0], padded with NaN in front, so that it ends at the last step; the
    inputs of the decoder at [:, :, 1], padded behind. Weights are those of the parts, prefixed by `encoder.` and
    `decoder.`

    Raises ValueError if the states do not match: both parts must have the same cell, layers and units, and read in
    one direction.
    """

    vectorizer: Vectorizer
    encoder: Stack
    decoder: Network

    def __post_init__(self) -> None:
        body = self.decoder.body
        if (self.encoder.cell, self.encoder.L, self.encoder.H) != (body.cell, body.L, body.H):
            raise ValueError("encoder and decoder must have the same cell, layers and units")
        if body.width != body.H:
            raise ValueError("encoder and decoder pass on a state, so both must read in one direction")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, by tensor name."""
        encoder = self.vectorizer.shapes() | self.encoder.shapes(self.vectorizer.width)
        parts = {"encoder": encoder, "decoder": self.decoder.shapes()}
        return {f"{part}.{name}": shape for part, shapes in parts.items() for name, shape in shapes.items()}

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
        """Draw initial weights with the decoder's initializer, as `Network.initialize` does."""
        bias = self.encoder.cell.bias(self.encoder.H)
        return initial_weights(self.shapes(), self.decoder.initializer, self.decoder.gain, bias, rng, dtype)

    def initial_state(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """Return the encoder's initial state: zeros (L, S, B, H)."""
        return self.encoder.initial_state(B, dtype)

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> None:
        """Return None: there is no dropout here."""
        del B, rng, dtype

    def loss_mask(self, targets: Targets) -> Mask | None:
        """Return the mask (T, B) of the targets that the decoder predicts; None if it predicts all."""
        return self.decoder.loss_mask(targets)

    def encode(
        self, parameters: Parameters, source: Inputs, state: Array | None = None, workspace: Workspace | None = None
    ) -> tuple[Array, Array, Backward]:
        """Read the source (T, B, D); return y (T, B, H), the last state (L, S, B, H), and the backward function."""
        workspace = workspace or Workspace.like(parameters)
        if state is None:
            state = self.initial_state(source.shape[1], workspace.dtype)
        weights, part = select("encoder", parameters), workspace.part("encoder")
        return self.encoder.forward(weights, self.vectorizer, source, state, None, part)

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
        """Return loss, gradients and state of one window, as `Network.loss_and_gradients` does.

        Every window begins with the initial state, which is also the state that is returned.
        """
        del dropout_masks
        workspace = workspace or Workspace.like(parameters)
        if state is None:
            state = self.initial_state(inputs.shape[1], workspace.dtype)
        y, encoded, to_source = self.encode(parameters, inputs[:, :, 0], state, workspace)
        loss, decoder, _ = self.decoder.loss_and_gradients(
            select("decoder", parameters),
            inputs[:, :, 1],
            targets,
            encoded,
            n_targets=n_targets,
            workspace=workspace.part("decoder"),
        )
        encoder = to_source(np.zeros_like(y), decoder.state)
        gradients = prefixed("encoder", encoder.parameters) | prefixed("decoder", decoder.parameters)
        dinputs = np.stack([encoder.inputs, decoder.inputs], axis=2)
        return LossAndGradients(loss, Gradients(dinputs, gradients, encoder.state), state)
