"""Compositions: the gradients of every vectorizer with every body, head and cell."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from charrnn.network.arrays import Array, Backward, Inputs, Parameters, Targets, Workspace
from charrnn.network.bidirectional import Bidirectional
from charrnn.network.body import Body
from charrnn.network.cells import CELLS, Cell
from charrnn.network.gradient_check import GradientCheck, check_gradients
from charrnn.network.heads import HEADS
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.two_sided import TwoSided
from charrnn.network.vectorizers import Dense, Embedding, OneHot, Vectorizer

F64 = np.float64
B, V = 3, 7
Weights = Callable[[Network], Parameters]
State = Callable[[Network, int], Array]

VECTORIZERS: dict[str, Vectorizer] = {
    "one-hot": OneHot(V),
    "one-hot, documents": OneHot(V, 2),
    "embedding": Embedding(V, 3),
    "embedding, documents": Embedding(V, 3, 2),
    "dense": Dense(3),
}
BODIES: dict[str, Callable[[Cell], Body]] = {
    "stack": lambda cell: Stack(4, 2, cell, 0.3),
    "bidirectional": lambda cell: Bidirectional(4, 2, cell, 0.3),
    "two-sided": lambda cell: TwoSided(4, 2, cell, 0.3),
}


def random_window(network: Network, rng: np.random.Generator) -> tuple[Inputs, Targets]:
    """Return the inputs of a forward pass and random targets (5, B, …), some of which have no loss.

    No loss depends on padding, or on the output before a token that begins a document.
    """
    steps, D = 5 + isinstance(network.body, TwoSided), network.vectorizer.width
    if isinstance(network.vectorizer, Dense):
        inputs: Inputs = rng.normal(size=(steps, B, D))
        inputs[:2, 0] = np.nan
        without_loss = np.isnan(inputs[:5, :, 0])
    else:
        ids = rng.integers(V, size=(6, B))
        ids[2, 0] = ids[4, 1] = 2
        inputs, without_loss = ids[:steps], ids[1:] == network.vectorizer.bos_id
    without_loss[1, 2] = True
    targets: Targets = rng.random((5, B, V))
    if network.head is HEADS["softmax"]:
        targets = rng.integers(V, size=(5, B))
    targets[without_loss] = -1 if targets.ndim == 2 else np.nan
    return inputs, targets


def check_directions(
    network: Network, arrays: Parameters, inputs: Inputs, targets: Targets, rng: np.random.Generator
) -> GradientCheck:
    """Check the derivatives of the loss in three random directions, each of which moves all entries of all arrays."""
    masks, workspace = network.dropout_masks(B, rng, F64), Workspace(F64)
    padding, loss_mask = np.isnan(inputs), network.loss_mask(targets)
    size = sum(array.size for array in arrays.values())
    directions = {name: rng.normal(0.0, size**-0.5, (3, *array.shape)) for name, array in arrays.items()}

    def run(at: Parameters) -> tuple[float, Array, Backward]:
        x = np.where(padding, np.nan, at["inputs"]) if "inputs" in at else inputs
        scores, _, backward = network.forward(at, x, at["state"], dropout_masks=masks, workspace=workspace)
        return *network.head.loss(scores, targets, 1, workspace, loss_mask), backward

    def loss(at: Parameters) -> float:
        shifted = {name: array + np.tensordot(at["shift"], directions[name], 1) for name, array in arrays.items()}
        return run(shifted)[0]

    _, dscores, backward = run(arrays)
    dinputs, dparameters, dstate = backward(dscores)
    gradients = {**dparameters, "state": dstate, "inputs": dinputs}
    derivatives = sum(np.tensordot(directions[name], gradients[name], array.ndim) for name, array in arrays.items())
    return check_gradients(loss, {"shift": np.zeros(3)}, {"shift": np.asarray(derivatives)})


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("vectorizer", "body"),
    [
        (vectorizer, body)
        for vectorizer, body in itertools.product(VECTORIZERS, BODIES)
        if (body, "documents" in vectorizer) != ("bidirectional", True)
    ],
)
def test_the_gradients_of_every_composition_are_the_central_differences(
    vectorizer: str, body: str, head: str, random_weights: Weights, random_state: State
) -> None:
    for number, cell in enumerate(CELLS):
        rng = np.random.default_rng(number)
        network = Network(VECTORIZERS[vectorizer], BODIES[body](CELLS[cell]), V, HEADS[head])
        inputs, targets = random_window(network, rng)
        arrays = random_weights(network) | {"state": random_state(network, B)}
        if vectorizer == "dense":
            arrays["inputs"] = np.nan_to_num(inputs)
        check = check_directions(network, arrays, inputs, targets, rng)
        assert check.passed, (cell, check.overall)


@pytest.mark.parametrize("vectorizer", ["one-hot, documents", "embedding, documents"])
def test_a_bidirectional_body_refuses_document_boundaries(
    vectorizer: str, random_weights: Weights, random_state: State
) -> None:
    network = Network(VECTORIZERS[vectorizer], BODIES["bidirectional"](CELLS["tanh"]), V)
    inputs, _ = random_window(network, np.random.default_rng(0))
    with pytest.raises(ValueError, match="without document boundaries"):
        network.forward(
            random_weights(network), inputs, random_state(network, B), dropout_masks=None, workspace=Workspace(F64)
        )
