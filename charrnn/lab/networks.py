"""Factories of the networks over vectors that the experiments use."""

from charrnn.network.bidirectional import Bidirectional
from charrnn.network.body import Body
from charrnn.network.cells import CELLS
from charrnn.network.encoder_decoder import EncoderDecoder
from charrnn.network.heads import HEADS
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Dense


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
) -> Network:
    """Return a network over vectors: x (T, B, inputs) → layers of `hidden` units → scores (T, B, outputs)."""
    body: Body = (Bidirectional if bidirectional else Stack)(hidden, layers, CELLS[cell])
    return Network(Dense(inputs), body, outputs, HEADS[head], initializer, gain)


def encoder_decoder(
    inputs: int, outputs: int, hidden: int, *, head: str = "softmax", cell: str = "tanh", layers: int = 1
) -> EncoderDecoder:
    """Return an encoder-decoder over vectors; the decoder is a `sequence_network`, the encoder has the same sizes."""
    decoder = sequence_network(inputs, outputs, hidden, head=head, cell=cell, layers=layers)
    return EncoderDecoder(decoder.vectorizer, Stack(hidden, layers, CELLS[cell]), decoder)
