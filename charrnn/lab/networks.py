"""Networks of the laboratory: one factory for networks over vectors, and the outputs of any of them."""

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.encoder_decoder import EncoderDecoder, RecurrentLayers, SequenceNetwork
from charrnn.network.losses import softmax
from charrnn.network.network import Network
from charrnn.network.two_sided import ClozeNetwork


def sequence_network(
    inputs: int,
    outputs: int,
    hidden: int,
    *,
    head: str = "softmax",
    cell: str = "tanh",
    layers: int = 1,
    bidirectional: bool = False,
    initializer: str = "orthogonal",
    gain: float = 1.0,
) -> SequenceNetwork:
    """Return a network over vectors: x (T, B, inputs) → recurrent layers of `hidden` units → (T, B, outputs).

    `initializer` × `gain` gives the first Wh of each layer.
    """
    return SequenceNetwork(
        RecurrentLayers(inputs, hidden, layers, cell, bidirectional, initializer, gain), outputs, head
    )


def encoder_decoder(inputs: int, outputs: int, hidden: int, cell: str) -> EncoderDecoder:
    """Return an encoder and a decoder of one layer each, with a softmax over `outputs` classes at every step."""
    decoder = sequence_network(inputs, outputs, hidden, cell=cell)
    return EncoderDecoder(decoder.layers, decoder)


def probabilities(network: Network | ClozeNetwork, parameters: Parameters, inputs: Ids, targets: Ids) -> Array:
    """Return p (T, B, V), the distribution over each target of a window (T, B), from a zero state.

    A cloze network also reads the targets after each one.
    """
    workspace = Workspace(next(iter(parameters.values())).dtype)
    start = network.start(inputs.shape[1], workspace.dtype)
    if isinstance(network, ClozeNetwork):
        logits, _, _ = network.forward(parameters, inputs, targets, start, None, workspace)
    else:
        logits, _, _ = network.forward(parameters, inputs, start, None, workspace)
    return softmax(np.array(logits, np.float64))
