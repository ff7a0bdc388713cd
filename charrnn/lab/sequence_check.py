"""Gradient check of networks over vectors: cells × forms of use × depths × heads × steps, with padding.

A form of use, a cell and a random generator → a `GradientCheck` of weights, initial state and input per network.
"""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.encoder_decoder import EncoderDecoder, RecurrentLayers, SequenceNetwork
from charrnn.network.gradient_check import GradientCheck, check_gradients
from charrnn.network.heads import HEADS

DEVIATION, STREAMS = 0.5, 3
FORMS = ("one direction", "both directions", "encoder and decoder")
WINDOWS = (1, 2, 5)
SAMPLE = 8


def check_form(form: str, cell: str, rng: np.random.Generator) -> list[GradientCheck]:
    """Check a form of use for depths 1 and 2, every head, and windows of 1, 2 and 5 steps."""
    checks = []
    for L, head, T in itertools.product((1, 2), HEADS, WINDOWS):
        layers = RecurrentLayers(3, 4, L, cell, bidirectional=form == "both directions")
        network = SequenceNetwork(layers, 3, head)
        if form == "encoder and decoder":
            checks.append(check_translation(EncoderDecoder(layers, network), T, rng, SAMPLE))
        else:
            checks.append(check_sequences(network, T, rng, SAMPLE))
    return checks


def random_targets(head: str, shape: tuple[int, int], N: int, rng: np.random.Generator) -> NDArray[Any]:
    """Return targets (T, B) or (T, B, N); the last stream has a target at its last step only."""
    T, B = shape
    if head == "softmax":
        ids = rng.integers(N, size=(T, B))
        ids[:-1, -1] = -1
        return ids
    numbers = rng.normal(size=(T, B, N)) if head == "linear" else rng.integers(2, size=(T, B, N)).astype(float)
    numbers[:-1, -1] = np.nan
    return numbers


def padded_input(shape: tuple[int, int, int], rng: np.random.Generator) -> Array:
    """Return x (T, B, D); with more than two steps, the first stream begins late and the second ends early."""
    x = rng.normal(size=shape)
    if shape[0] > 2:
        x[:2, 0] = np.nan
        x[-2:, 1] = np.nan
    return x


def check_sequences(
    network: SequenceNetwork, T: int, rng: np.random.Generator, entries: int | None = None
) -> GradientCheck:
    """Check one window of T steps of 3 streams; padding has no target. `entries` as in `check_gradients`."""
    workspace = Workspace(np.float64)
    parameters = _weights(network.shapes(), rng)
    x = padded_input((T, STREAMS, network.layers.D), rng)
    padding = np.isnan(x[..., 0])
    targets = random_targets(network.head, (T, STREAMS), network.N, rng)
    targets[padding] = -1 if targets.ndim == 2 else np.nan
    state = network.start(STREAMS, np.float64)
    state += rng.normal(0.0, DEVIATION, state.shape)
    loss_of, counted = HEADS[network.head].loss, network.counted(targets)
    count = int(counted.sum()) if counted is not None else T * STREAMS

    def loss(arrays: Parameters) -> float:
        moved = np.where(padding[..., None], np.nan, arrays["x"])
        scores, _, _ = network.forward(arrays, moved, arrays["state"], workspace)
        return loss_of(scores, targets, count, workspace, counted)[0] / count

    scores, _, back = network.forward(parameters, x, state, workspace)
    _, dscores = loss_of(scores, targets, count, workspace, counted)
    gradients, dstate, dx = back(dscores)
    arrays = parameters | {"state": state, "x": np.where(padding[..., None], 0.0, x)}
    return check_gradients(loss, arrays, gradients | {"state": dstate, "x": dx}, entries=entries, rng=rng)


def check_translation(
    network: EncoderDecoder, T: int, rng: np.random.Generator, entries: int | None = None
) -> GradientCheck:
    """Check sources and targets of at most T steps, of 3 streams; sources are padded in front."""
    workspace, head = Workspace(np.float64), network.decoder.head
    parameters = _weights(network.shapes(), rng)
    inputs = rng.normal(size=(T, STREAMS, 2, network.encoder.D))
    inputs[: T // 2, 0, 0] = np.nan
    targets = random_targets(head, (T, STREAMS), network.decoder.N, rng)
    counted, start = network.counted(targets), network.start(STREAMS, np.float64)
    count = int(counted.sum()) if counted is not None else T * STREAMS

    def loss(arrays: Parameters) -> float:
        total, _, _ = network.loss_and_gradients(arrays, inputs, targets, start, None, count, workspace)
        return total / count

    _, gradients, _ = network.loss_and_gradients(parameters, inputs, targets, start, None, count, workspace)
    copies = {name: gradient.copy() for name, gradient in gradients.items()}
    return check_gradients(loss, parameters, copies, entries=entries, rng=rng)


def _weights(shapes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> Parameters:
    """Return parameters drawn from N(0, 0.5²)."""
    return {name: rng.normal(0.0, DEVIATION, shape) for name, shape in shapes.items()}
