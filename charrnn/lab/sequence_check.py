"""Gradient check of networks over vectors: cells × architectures × depths × heads × steps, with padding.

An architecture, a cell and a random generator → a `GradientCheck` of weights, initial state and inputs per network.
"""

import itertools

import numpy as np

from charrnn.lab.networks import encoder_decoder, sequence_network
from charrnn.network.arrays import Array, Inputs, Parameters, Targets, Workspace
from charrnn.network.encoder_decoder import EncoderDecoder
from charrnn.network.gradient_check import GradientCheck, check_gradients
from charrnn.network.heads import HEADS
from charrnn.network.network import Network, count_targets

DEVIATION, STREAMS, D, H, N = 0.5, 3, 3, 4, 3
FORMS = ("one direction", "both directions", "encoder and decoder")
WINDOWS = (1, 2, 5)
SAMPLE = 8


def check_form(form: str, cell: str, rng: np.random.Generator) -> list[GradientCheck]:
    """Check an architecture of FORMS for depths 1 and 2, every head, and windows of 1, 2 and 5 steps."""
    checks = []
    for L, head, T in itertools.product((1, 2), HEADS, WINDOWS):
        if form == "encoder and decoder":
            pair = encoder_decoder(D, N, H, head=head, cell=cell, layers=L)
            checks.append(check_encoder_decoder(pair, head, T, rng))
        else:
            both = form == "both directions"
            network = sequence_network(D, N, H, head=head, cell=cell, layers=L, bidirectional=both)
            checks.append(check_sequences(network, head, T, rng))
    return checks


def check_sequences(network: Network, head: str, T: int, rng: np.random.Generator) -> GradientCheck:
    """Check weights, initial state and inputs for one window of T steps; padding has no target."""
    workspace, parameters = Workspace(np.float64), random_parameters(network.shapes(), rng)
    x = padded_inputs(T, rng)
    padding = np.isnan(x)
    targets = random_targets(head, T, rng)
    targets[padding[..., 0]] = -1 if targets.ndim == 2 else np.nan
    state = network.initial_state(STREAMS, np.float64)
    state += rng.normal(0.0, DEVIATION, state.shape)

    def loss(arrays: Parameters) -> float:
        padded = np.where(padding, np.nan, arrays["x"])
        return mean_loss(network, arrays, padded, targets, arrays["state"], workspace=workspace)

    gradients = network.loss_and_gradients(parameters, x, targets, state, workspace=workspace).gradients
    arrays = parameters | {"state": state, "x": np.where(padding, 0.0, x)}
    named = gradients.parameters | {"state": gradients.state, "x": gradients.inputs}
    return check_gradients(loss, arrays, named, entries=SAMPLE, rng=rng)


def check_encoder_decoder(pair: EncoderDecoder, head: str, T: int, rng: np.random.Generator) -> GradientCheck:
    """Check weights and inputs for sources and targets of at most T steps; sources are padded in front."""
    workspace, parameters = Workspace(np.float64), random_parameters(pair.shapes(), rng)
    inputs = rng.normal(size=(T, STREAMS, 2, D))
    inputs[: T // 2, 0, 0] = np.nan
    padding = np.isnan(inputs)
    targets = random_targets(head, T, rng)
    n_targets = count_targets(targets, pair.loss_mask(targets))

    def loss(arrays: Parameters) -> float:
        padded = np.where(padding, np.nan, arrays["x"])
        return pair.loss_and_gradients(arrays, padded, targets, workspace=workspace).loss / n_targets

    gradients = pair.loss_and_gradients(parameters, inputs, targets, workspace=workspace).gradients
    arrays = parameters | {"x": np.where(padding, 0.0, inputs)}
    named = gradients.parameters | {"x": gradients.inputs}
    return check_gradients(loss, arrays, named, entries=SAMPLE, rng=rng)


def mean_loss(
    network: Network,
    parameters: Parameters,
    inputs: Inputs,
    targets: Targets,
    state: Array,
    *,
    dropout_masks: Array | None = None,
    workspace: Workspace,
) -> float:
    """Return the mean loss per target of one window, without its gradients."""
    scores, _, _ = network.forward(
        parameters,
        network.body.visible(inputs, targets),
        state,
        dropout_masks=dropout_masks,
        workspace=workspace,
    )
    loss_mask = network.loss_mask(targets)
    n_targets = count_targets(targets, loss_mask)
    return network.head.loss(scores, targets, n_targets, workspace, loss_mask)[0] / n_targets


def random_parameters(shapes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> Parameters:
    """Return parameters drawn from N(0, 0.5²)."""
    return {name: rng.normal(0.0, DEVIATION, shape) for name, shape in shapes.items()}


def padded_inputs(T: int, rng: np.random.Generator) -> Array:
    """Return x (T, B, D); with more than two steps, the first stream begins late and the second ends early."""
    x = rng.normal(size=(T, STREAMS, D))
    if T > 2:
        x[:2, 0] = np.nan
        x[-2:, 1] = np.nan
    return x


def random_targets(head: str, T: int, rng: np.random.Generator) -> Targets:
    """Return targets (T, B) or (T, B, N); the last stream has a target at its last step only."""
    if head == "softmax":
        ids = rng.integers(N, size=(T, STREAMS))
        ids[:-1, -1] = -1
        return ids
    shape = (T, STREAMS, N)
    numbers = rng.normal(size=shape) if head == "linear" else rng.integers(2, size=shape).astype(float)
    numbers[:-1, -1] = np.nan
    return numbers
