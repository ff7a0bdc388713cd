"""One step of training, in five moves: fetch, gradient, check, clip, update. It knows arrays and no network."""

import copy
import math
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from charrnn.network.arrays import Array, Parameters
from charrnn.parallel.threads import GradientEngine, Window
from charrnn.training.clipping import CLIPPINGS, no_clipping
from charrnn.training.optimizers import Optimizer


@dataclass
class TrainingState:
    """All that changes while training, and so all that a checkpoint must hold.

    `step` counts updates; `window` counts windows fetched, and is ahead of `step` by those that were skipped.
    `carried` (L, S, B, H) is the hidden state that the next window begins with. `rate_scale` halves at every
    recovery. `time` is in seconds since the run began.
    """

    parameters: Parameters
    moments: Parameters
    carried: Array
    rng: np.random.Generator
    step: int = 0
    window: int = 0
    rate_scale: float = 1.0
    time: float = 0.0
    best: float | None = None

    def copy(self) -> "TrainingState":
        """A copy that further training does not touch."""
        return copy.deepcopy(self)


@dataclass(frozen=True)
class StepResult:
    """Mean nats a token, the global norm of the gradient before clipping, and whether it had to be clipped."""

    loss: float
    gradient_norm: float
    clipped: bool

    @property
    def finite(self) -> bool:
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class Source(Protocol):
    """Where windows come from."""

    def starts_epoch(self, number: int) -> bool:
        """Whether the state must be cleared before this window."""

    def window(self, number: int, rng: np.random.Generator) -> tuple[Window, Window]:
        """Inputs and targets (T, B, …) of the window of this number, counted from 0."""


W = TypeVar("W", bound=Source)


@dataclass(frozen=True)
class Trainer(Generic[W]):
    """What one step needs. `clip` 0 means no clipping."""

    windows: W
    engine: GradientEngine
    optimizer: Optimizer
    clip: float
    clip_by: str

    def step(self, state: TrainingState, rate: float) -> StepResult:
        """Change `state` by one update at this learning rate; only the window number if the step is not finite."""
        if self.windows.starts_epoch(state.window):
            state.carried = np.zeros_like(state.carried)
        inputs, targets = self.windows.window(state.window, state.rng)
        state.window += 1
        loss, gradients, carried = self.engine(state.parameters, inputs, targets, state.carried, state.rng)
        bound = CLIPPINGS[self.clip_by] if self.clip else no_clipping
        result = StepResult(loss, *bound(gradients, self.clip))
        if result.finite:
            state.step += 1
            state.carried = carried
            self.optimizer.update(state.parameters, gradients, state.moments, rate, state.step)
        return result
