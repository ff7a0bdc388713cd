"""Learning: the small loop of the lab: a batch of whole sequences, back-propagation through all of them, Adam.

inputs and targets (T, B) of token ids, read from a state of zeros, again and again.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.cloze import ClozeNetwork
from charrnn.network.losses import softmax
from charrnn.network.model import Network
from charrnn.training.clipping import clip_by_norm
from charrnn.training.optimizers import Adam, fresh_moments


def learn(
    network: Network | ClozeNetwork,
    parameters: Parameters,
    inputs: Ids,
    targets: Ids,
    *,
    steps: int,
    rate: float,
    clip: float = 5.0,
) -> Iterator[float]:
    """The loss before each update, in nats a target; the parameters are changed in place."""
    optimizer, workspace = Adam(), Workspace(next(iter(parameters.values())).dtype)
    moments, start = fresh_moments(optimizer, parameters), network.start(inputs.shape[1], workspace.dtype)
    for step in range(1, steps + 1):
        nats, gradients, _ = network.loss_and_gradients(
            parameters, inputs, targets, start, None, targets.size, workspace
        )
        yield nats / targets.size
        clip_by_norm(gradients, clip)
        optimizer.update(parameters, gradients, moments, rate, step)


def probabilities(network: Network | ClozeNetwork, parameters: Parameters, inputs: Ids, targets: Ids) -> Array:
    """p (T, B, V) of what stands at each target; only a cloze network looks at the targets behind it."""
    workspace = Workspace(next(iter(parameters.values())).dtype)
    start = network.start(inputs.shape[1], workspace.dtype)
    if isinstance(network, ClozeNetwork):
        logits, _, _ = network.forward(parameters, inputs, targets, start, None, workspace)
    else:
        logits, _, _ = network.forward(parameters, inputs, start, None, workspace)
    return softmax(np.array(logits, np.float64))
