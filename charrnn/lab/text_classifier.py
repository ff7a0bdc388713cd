"""Text classifier, many to one: tokens of a text → its label; used by `names` and `sentiment`.

A batch of texts is x (T, B, V + 1), one-hot vectors padded in front so that all texts end at the last step. The last
of the V + 1 entries stands for an unknown token.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.networks import sequence_network
from charrnn.lab.training import cosine_decay, train_from_scratch
from charrnn.network.arrays import Array, Parameters
from charrnn.network.network import Network

UNKNOWN_SHARE = 0.2
"""Share of tokens replaced by the unknown token in training, so that it is trained and no single token decides."""
BATCH = 32


def token_ids(texts: Sequence[Sequence[str]]) -> dict[str, int]:
    """Map each token of the texts to an id, in sorted order."""
    return {token: token_id for token_id, token in enumerate(sorted({token for text in texts for token in text}))}


def one_hot(texts: Sequence[Sequence[str]], ids: Mapping[str, int]) -> Array:
    """Return the texts as x (T, B, V + 1), padded in front with NaN."""
    T, V = max(map(len, texts)), len(ids)
    x = np.full((T, len(texts), V + 1), np.nan, np.float32)
    for stream, text in enumerate(texts):
        x[T - len(text) :, stream] = 0.0
        for t, token in enumerate(text, T - len(text)):
            x[t, stream, ids.get(token, V)] = 1.0
    return x


def train_classifier(
    x: Array, labels: NDArray[np.int64], *, cell: str, H: int, steps: int, rate: float, rng: np.random.Generator
) -> tuple[Network, Parameters]:
    """Train a network that outputs the label of each text of x at its last step; `labels` (B,)."""
    network = sequence_network(x.shape[-1], int(labels.max()) + 1, H, cell=cell)
    targets = np.full(x.shape[:2], -1)
    targets[-1] = labels
    batches = batches_with_unknowns(x, targets, rng)
    return network, train_from_scratch(network, batches, steps=steps, rate=cosine_decay(rate), rng=rng, clip=1.0)


def batches_with_unknowns(
    x: Array, targets: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[tuple[Array, NDArray[np.int64]]]:
    """Yield random batches of the texts, with UNKNOWN_SHARE of their tokens replaced by the unknown token."""
    while True:
        columns = rng.integers(x.shape[1], size=BATCH)
        batch = x[:, columns]
        unknown = (rng.random(batch.shape[:2]) < UNKNOWN_SHARE) & ~np.isnan(batch[..., 0])
        batch[unknown] = 0.0
        batch[unknown, -1] = 1.0
        yield batch, targets[:, columns]


def classify(network: Network, parameters: Parameters, x: Array) -> NDArray[np.int64]:
    """Return the most probable label (B,) of each text of x."""
    labels: NDArray[np.int64] = network.output(parameters, x)[-1].argmax(axis=-1)
    return labels
