"""Labels: texts as sequences of one-hot vectors, with a label at their end: what `names` and `sentiment` share.

Texts, cut into tokens → x (T, B, V + 1), padded in front so that all end at the last step.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.training import Draw, trained
from charrnn.network.arrays import Array, Parameters
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.training.schedules import cosine

HIDDEN_SHARE = 0.2
"""How often a token stands as unknown in training: what is unknown is trained so, and no token is trusted alone."""
BATCH = 32


def vocabulary(texts: Sequence[Sequence[str]]) -> dict[str, int]:
    """The number of each token of the texts, sorted; what is unknown has the number behind the last."""
    return {token: number for number, token in enumerate(sorted({token for text in texts for token in text}))}


def vectors(texts: Sequence[Sequence[str]], known: Mapping[str, int]) -> Array:
    """x (T, B, V + 1)."""
    T = max(map(len, texts))
    x = np.full((T, len(texts), len(known) + 1), np.nan, np.float32)
    for stream, text in enumerate(texts):
        x[T - len(text) :, stream] = 0.0
        for t, token in enumerate(text, T - len(text)):
            x[t, stream, known.get(token, len(known))] = 1.0
    return x


def reader(
    x: Array, labels: NDArray[np.int64], *, cell: str, H: int, steps: int, rate: float, rng: np.random.Generator
) -> tuple[SequenceNetwork, Parameters]:
    """A network that says the label (B,) of a text when it has read it, many to one, trained on these."""
    network = SequenceNetwork(RecurrentLayers(x.shape[-1], H, cell_name=cell), int(labels.max()) + 1)
    targets = np.full(x.shape[:2], -1)
    targets[-1] = labels
    parameters, _ = trained(
        network, hiding(x, targets), steps=steps, rate=lambda done: rate * cosine(done), rng=rng, clip=1.0
    )
    return network, parameters


def hiding(x: Array, targets: NDArray[np.int64]) -> Draw:
    """Batches of the texts in which some tokens stand as unknown."""

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        del number
        drawn = rng.integers(x.shape[1], size=BATCH)
        batch = x[:, drawn]
        hidden = (rng.random(batch.shape[:2]) < HIDDEN_SHARE) & ~np.isnan(batch[..., 0])
        batch[hidden] = 0.0
        batch[hidden, -1] = 1.0
        return batch, targets[:, drawn]

    return draw


def says(network: SequenceNetwork, parameters: Parameters, x: Array) -> NDArray[np.int64]:
    """The label (B,) that the network gives each text."""
    said: NDArray[np.int64] = network.output(parameters, x)[-1].argmax(axis=-1)
    return said
