"""The network: arrays in, arrays out, forward and back. Its parts can be used on their own.

The path: `vectorizers` → `stack` (of `bptt` over `cells`, joined by `affine`) → `heads` → `losses`; `model` is the
whole of it for text, `cloze` for text from both sides, `sequences` for vectors, in one direction or (`bidirectional`)
in both. `arrays` has the types and the workspace, `products` the thin matrix products that the loop lives on.
"""

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS, Cell
from charrnn.network.encoder_decoder import EncoderDecoder, RecurrentLayers, SequenceNetwork
from charrnn.network.heads import HEADS, Head
from charrnn.network.losses import cross_entropy, log_softmax, softmax
from charrnn.network.network import Network
from charrnn.network.stack import run_stack
from charrnn.network.vectorizers import Embedding, OneHot, Vectorizer

__all__ = [
    "CELLS",
    "HEADS",
    "Array",
    "Cell",
    "Embedding",
    "EncoderDecoder",
    "Head",
    "Ids",
    "Network",
    "OneHot",
    "Parameters",
    "RecurrentLayers",
    "SequenceNetwork",
    "Vectorizer",
    "Workspace",
    "affine",
    "cross_entropy",
    "log_softmax",
    "run_stack",
    "softmax",
    "unroll",
]
