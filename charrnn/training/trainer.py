"""One step of training: fetch a window, compute the gradient, clip it, check it, update the weights.

The trainer sees arrays only; the network is behind the gradient engine.
"""

import math
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from charrnn.network.arrays import Inputs, Targets
from charrnn.parallel.serial import GradientEngine
from charrnn.training.clipping import CLIPPINGS, no_clipping
from charrnn.training.optimizers import Optimizer
from charrnn.training.state import TrainingState


@dataclass(frozen=True)
class StepResult:
    """Mean loss in nats per token, global gradient norm before clipping, and whether the gradient was clipped."""

    loss: float
    gradient_norm: float
    clipped: bool

    @property
    def finite(self) -> bool:
        """True if loss and norm are finite."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class WindowSource(Protocol):
    """Windows of a text or of other sequences."""

    def starts_epoch(self, number: int) -> bool:
        """Return True if the hidden state must be reset before this window."""

    def window(self, number: int, rng: np.random.Generator) -> tuple[Inputs, Targets]:
        """Return inputs and targets (T, B, …) of the window of this number, counted from 0."""


W = TypeVar("W", bound=WindowSource)


@dataclass(frozen=True)
class Trainer(Generic[W]):
    """The parts of a step. `clip` is the gradient-clipping threshold, 0 for none."""

    windows: W
    engine: GradientEngine
    optimizer: Optimizer
    clip: float
    clip_by: str

    def step(self, state: TrainingState, rate: float) -> StepResult:
        """Update `state` once at this learning rate.

        If loss or norm is not finite, the weights, moments and step number stay unchanged.
        """
        if self.windows.starts_epoch(state.window):
            state.hidden_state = np.zeros_like(state.hidden_state)
        inputs, targets = self.windows.window(state.window, state.rng)
        state.window += 1
        loss, gradients, hidden_state = self.engine(state.parameters, inputs, targets, state.hidden_state, state.rng)
        clip_gradients = CLIPPINGS[self.clip_by] if self.clip else no_clipping
        with np.errstate(all="ignore"):  # the next step finds weights that are not finite
            result = StepResult(loss, *clip_gradients(gradients, self.clip))
            if result.finite:
                state.step += 1
                state.hidden_state = hidden_state
                self.optimizer.update(state.parameters, gradients, state.moments, rate, state.step)
        return result
