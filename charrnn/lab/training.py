"""Learning: how the lab trains: the trainer of the language model, over windows that are whole sequences.

A network, its weights and a way to draw a batch of examples → the loss before each update.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.encoder_decoder import EncoderDecoder, SequenceNetwork
from charrnn.network.losses import softmax
from charrnn.network.network import Network
from charrnn.network.two_sided import ClozeNetwork
from charrnn.parallel.threads import Gradient, GradientEngine, Trainable, Window, serial
from charrnn.training.optimizers import Adam, Optimizer, fresh_moments
from charrnn.training.trainer import Trainer, TrainingState

Draw: TypeAlias = Callable[[int, np.random.Generator], tuple[Window, Window]]
"""The number of a window, from 0, and a generator → its inputs and targets (T, B, …)."""
Rate: TypeAlias = Callable[[float], float]
"""The share of the training that is behind → the learning rate."""


class Learner(Trainable, Protocol):
    """A network that can be trained from a state of zeros."""

    def start(self, B: int, dtype: DTypeLike = ...) -> Array: ...


@dataclass(frozen=True)
class Examples:
    """Windows that are drawn, each read from a state of zeros, or, if `carried`, from that of the one before."""

    draw: Draw
    carried: bool

    def starts_epoch(self, number: int) -> bool:
        return number == 0 or not self.carried

    def window(self, number: int, rng: np.random.Generator) -> tuple[Window, Window]:
        return self.draw(number, rng)


def learn(
    network: Learner,
    parameters: Parameters,
    draw: Draw,
    *,
    steps: int,
    rate: float | Rate,
    rng: np.random.Generator,
    optimizer: Optimizer | None = None,
    clip: float = 5.0,
    connected: Parameters | None = None,
    carried: bool = False,
) -> Iterator[float]:
    """The mean loss a target before each update; the parameters are changed in place.

    `clip` bounds the global norm, 0 does not. `connected` are masks of ones and zeros by name: a weight whose mask
    is zero never changes. `carried` is truncated back-propagation: the state goes on from window to window.
    """
    optimizer = optimizer or Adam()
    dtype = next(iter(parameters.values())).dtype
    engine: GradientEngine = serial(network, lambda: Workspace(dtype))
    if connected is not None:
        engine = _masked(engine, connected)
    trainer = Trainer(Examples(draw, carried), engine, optimizer, clip, "norm")
    _, targets = draw(0, copy.deepcopy(rng))
    start = network.start(targets.shape[1], dtype)
    state = TrainingState(parameters, fresh_moments(optimizer, parameters), start, rng)
    for step in range(steps):
        yield trainer.step(state, rate(step / steps) if callable(rate) else rate).loss


def always(inputs: Window, targets: Window) -> Draw:
    """The same examples at every update."""
    return lambda number, rng: (inputs, targets)


def trained(
    network: SequenceNetwork | EncoderDecoder,
    draw: Draw,
    *,
    steps: int,
    rate: float | Rate,
    rng: np.random.Generator,
    clip: float = 5.0,
) -> tuple[Parameters, list[float]]:
    """Weights after training by Adam, and the loss before each update."""
    parameters = network.initialize(rng)
    return parameters, list(learn(network, parameters, draw, steps=steps, rate=rate, rng=rng, clip=clip))


def probabilities(network: Network | ClozeNetwork, parameters: Parameters, inputs: Ids, targets: Ids) -> Array:
    """p (T, B, V) of what stands at each target; only a cloze network looks at the targets behind it."""
    workspace = Workspace(next(iter(parameters.values())).dtype)
    start = network.start(inputs.shape[1], workspace.dtype)
    if isinstance(network, ClozeNetwork):
        logits, _, _ = network.forward(parameters, inputs, targets, start, None, workspace)
    else:
        logits, _, _ = network.forward(parameters, inputs, start, None, workspace)
    return softmax(np.array(logits, np.float64))


def _masked(engine: GradientEngine, connected: Parameters) -> GradientEngine:
    """The same engine, without the gradients of weights that are not connected."""

    def compute(
        parameters: Parameters, inputs: Window, targets: Window, state: Array, rng: np.random.Generator
    ) -> Gradient:
        loss, gradients, new_state = engine(parameters, inputs, targets, state, rng)
        for name, mask in connected.items():
            np.multiply(gradients[name], mask, out=gradients[name])
        return loss, gradients, new_state

    return compute
