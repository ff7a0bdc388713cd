"""Training for the laboratory: the trainer of the language model, over batches of whole sequences.

A network, its parameters and an iterator of batches → the loss before each update.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import Array, Inputs, Parameters, Targets, Workspace
from charrnn.parallel.serial import GradientEngine, Trainable, WindowGradient, serial
from charrnn.training.optimizers import Adam, Optimizer, initial_moments
from charrnn.training.schedules import cosine
from charrnn.training.state import TrainingState
from charrnn.training.trainer import Trainer

Batch: TypeAlias = tuple[Inputs, Targets]
"""Inputs and targets (T, B, …) of one update."""
RateSchedule: TypeAlias = Callable[[float], float]
"""Maps the completed share of the training, from 0 to 1, to a learning rate."""


class LabNetwork(Trainable, Protocol):
    """A trainable network that initializes its own parameters and state."""

    def initial_state(self, B: int, dtype: DTypeLike = ...) -> Array: ...

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = ...) -> Parameters: ...


@dataclass(frozen=True)
class BatchSource:
    """Adapter of an iterator of batches to the `WindowSource` of a trainer.

    The state is carried from batch to batch if `carry_state` is true; otherwise every batch starts from a zero state.
    """

    batches: Iterator[Batch]
    carry_state: bool

    def starts_epoch(self, number: int) -> bool:
        return number == 0 or not self.carry_state

    def window(self, number: int, rng: np.random.Generator) -> Batch:
        del number, rng
        return next(self.batches)


def train(
    network: LabNetwork,
    parameters: Parameters,
    batches: Iterable[Batch],
    *,
    steps: int,
    rate: float | RateSchedule,
    optimizer: Optimizer | None = None,
    clip: float = 5.0,
    weight_masks: Parameters | None = None,
    carry_state: bool = False,
) -> Iterator[float]:
    """Train `parameters` in place, one update per batch; yield the mean loss per target before each update.

    `batches` holds at least `steps` batches. `optimizer` defaults to Adam. `clip` bounds the global norm of the
    gradient; 0 disables clipping. `weight_masks` are arrays of ones and zeros by parameter name: a weight whose mask
    is zero never changes. With `carry_state`, the state is carried from batch to batch, as in truncated
    back-propagation.
    """
    optimizer = optimizer or Adam()
    workspace = Workspace.like(parameters)
    engine: GradientEngine = serial(network, workspace)
    if weight_masks is not None:
        engine = _masked(engine, weight_masks)
    batches = iter(batches)
    first = next(batches)
    state = network.initial_state(first[1].shape[1], workspace.dtype)
    unused_rng = np.random.default_rng(0)  # for dropout masks, which the networks of the laboratory do not have
    training_state = TrainingState(parameters, initial_moments(optimizer, parameters), state, unused_rng)
    source = BatchSource(itertools.chain([first], batches), carry_state)
    trainer = Trainer(source, engine, optimizer, clip, "norm")
    for step in range(steps):
        yield trainer.step(training_state, rate(step / steps) if callable(rate) else rate).loss


def train_from_scratch(
    network: LabNetwork,
    batches: Iterable[Batch],
    *,
    steps: int,
    rate: float | RateSchedule,
    rng: np.random.Generator,
    clip: float = 5.0,
    carry_state: bool = False,
) -> Parameters:
    """Return new parameters, initialized from `rng` and trained by Adam; the options are those of `train`."""
    parameters = network.initialize(rng)
    for _ in train(network, parameters, batches, steps=steps, rate=rate, clip=clip, carry_state=carry_state):
        pass
    return parameters


def endless(draw: Callable[[], Batch]) -> Iterator[Batch]:
    """Yield batches from `draw` without end."""
    while True:
        yield draw()


def cosine_decay(rate: float) -> RateSchedule:
    """Return the schedule that falls from `rate` to zero along half a cosine."""
    return lambda progress: rate * cosine(progress)


def _masked(engine: GradientEngine, weight_masks: Parameters) -> GradientEngine:
    """Return an engine whose gradients are multiplied by masks of ones and zeros."""

    def compute(
        parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        loss, gradients, new_state = engine(parameters, inputs, targets, state, rng)
        for name, mask in weight_masks.items():
            np.multiply(gradients[name], mask, out=gradients[name])
        return WindowGradient(loss, gradients, new_state)

    return compute
