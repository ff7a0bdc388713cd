"""The serial gradient engine, and the signature that all engines share: one window → loss, gradients, new state.

The trainer receives an engine. It may compute in the calling thread, on several threads (`threads`), or elsewhere.
"""

from typing import NamedTuple, Protocol

import numpy as np

from charrnn.network.arrays import Array, Inputs, Mask, Parameters, Targets, Workspace
from charrnn.network.network import LossAndGradients, count_targets


class WindowGradient(NamedTuple):
    """Mean loss per target, gradients of that mean by tensor name, and the new state (L, S, B, H)."""

    loss: float
    gradients: Parameters
    state: Array


class Trainable(Protocol):
    """The methods of a network that a gradient engine needs; see `Network`."""

    def dropout_masks(self, B: int, rng: np.random.Generator) -> Array | None: ...

    def loss_mask(self, targets: Targets) -> Mask | None: ...

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
    ) -> LossAndGradients: ...


class GradientEngine(Protocol):
    """Computes the gradient of one window. The result is valid until the next call."""

    def __call__(
        self, parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        """Return the results for inputs and targets (T, B, …) and state (L, S, B, H); `rng` draws dropout masks."""


def serial(network: Trainable, workspace: Workspace | None = None) -> GradientEngine:
    """Return the engine that computes in the calling thread; `workspace` is by default one for float32."""
    workspace = workspace or Workspace()

    def compute(
        parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        masks = network.dropout_masks(inputs.shape[1], rng)
        n_targets = count_targets(targets, network.loss_mask(targets))
        with np.errstate(all="ignore"):  # the trainer checks loss and norm
            loss, gradients, new_state = network.loss_and_gradients(
                parameters, inputs, targets, state, dropout_masks=masks, n_targets=n_targets, workspace=workspace
            )
        return WindowGradient(loss / n_targets, gradients.parameters, new_state)

    return compute
