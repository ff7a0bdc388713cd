"""Networks: the forward and the backward pass over arrays. Each part can be used on its own.

vectorizers          inputs → projected input of the first layer
bptt, cells, affine  the loop over time, one time step, the affine maps between layers
stack, bidirectional, two_sided   the bodies: all layers, over a whole window
heads, losses        scores → outputs and loss
network              vectorizer → body → head; `encoder_decoder` joins two
arrays               types and the workspace
"""

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Backward, Gradients, Ids, Parameters, Workspace
from charrnn.network.bidirectional import Bidirectional
from charrnn.network.body import Body
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS, Cell
from charrnn.network.encoder_decoder import EncoderDecoder
from charrnn.network.heads import HEADS, Head
from charrnn.network.losses import cross_entropy, log_softmax, softmax
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.two_sided import TwoSided
from charrnn.network.vectorizers import Dense, Embedding, OneHot, Vectorizer

__all__ = [
    "CELLS",
    "HEADS",
    "Array",
    "Backward",
    "Bidirectional",
    "Body",
    "Cell",
    "Dense",
    "Embedding",
    "EncoderDecoder",
    "Gradients",
    "Head",
    "Ids",
    "Network",
    "OneHot",
    "Parameters",
    "Stack",
    "TwoSided",
    "Vectorizer",
    "Workspace",
    "affine",
    "cross_entropy",
    "log_softmax",
    "softmax",
    "unroll",
]
