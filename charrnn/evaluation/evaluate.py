"""Evaluation: how well a network predicts a text, token by token, with the state carried from its first to its last.

A text is one stream. To read it on all cores and in full products it is cut into arcs that are read side by side;
each arc begins OVERLAP tokens early, which brings its state to what the one stream would have there, and counts
only its own tokens.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array, Flags, Ids, Parameters, Workspace
from charrnn.network.losses import log_softmax
from charrnn.network.network import Network
from charrnn.run.evaluation import Evaluation

T = TypeVar("T")

OVERLAP = 512
SHORTEST_ARC = 2048
MOST_ARCS = 64
WINDOW = 128


def evaluate(
    network: Network,
    parameters: Parameters,
    ids: Ids,
    before: int,
    *,
    characters: int,
    unknown: int,
    threads: int = 1,
    panels: bool = False,
) -> Evaluation:
    """How well the network predicts a text of so many original characters, read as ids (N,), N ≥ 1."""
    nats = surprise(network, parameters, ids, before, threads=threads, panels=panels)
    return Evaluation.from_nats(
        nats, tokens=how_many(network.counted(ids), ids), characters=characters, unknown=unknown
    )


def how_many(counted: Flags | None, ids: Ids) -> int:
    """How many of ids (N,) are predicted, at least 1; None counts all."""
    return len(ids) if counted is None else max(1, int(np.count_nonzero(counted)))


def surprise(
    network: Network, parameters: Parameters, ids: Ids, before: int, *, threads: int = 1, panels: bool = False
) -> float:
    """The summed surprise in nats of ids (N,), N ≥ 1, read from a fresh state after the token `before`."""
    arcs, workspaces = _arcs(len(ids)), _workspaces(parameters, panels)

    def read(group: NDArray[np.int64]) -> float:
        windows = _windows(network, parameters, ids, before, group, workspaces())
        return sum(-float(np.sum(logp, dtype=np.float64)) for logp, _ in windows)

    return sum(_side_by_side(read, arcs, threads))


def log_probabilities(
    network: Network,
    parameters: Parameters,
    ids: Ids,
    before: int,
    *,
    threads: int | None = None,
    panels: bool = False,
) -> Array:
    """log p (N,) in nats of each token of ids (N,), read after the token `before`.

    It is 0 for the beginning of a document, which nothing predicts. With `threads`, the text is read in arcs on so
    many of them; without, as the one stream that it is.
    """
    arcs, workspaces = _arcs(len(ids)) if threads else np.array([[0, len(ids)]]), _workspaces(parameters, panels)
    found = np.zeros(len(ids), next(iter(parameters.values())).dtype)

    def read(group: NDArray[np.int64]) -> None:
        for logp, places in _windows(network, parameters, ids, before, group, workspaces()):
            found[places] = logp

    _side_by_side(read, arcs, threads or 1)
    return found


def _workspaces(parameters: Parameters, panels: bool) -> Callable[[], Workspace]:
    return lambda: Workspace(next(iter(parameters.values())).dtype, panels=panels)


def _side_by_side(read: Callable[[NDArray[np.int64]], T], arcs: NDArray[np.int64], threads: int) -> list[T]:
    """What `read` gives for each thread's share of the arcs."""
    groups = [group for group in np.array_split(arcs, threads) if len(group)]

    def quietly(group: NDArray[np.int64]) -> T:
        with np.errstate(all="ignore"):
            return read(group)

    if len(groups) == 1:
        return [quietly(groups[0])]
    with ThreadPoolExecutor(len(groups)) as pool:
        return list(pool.map(quietly, groups))


def _arcs(N: int) -> NDArray[np.int64]:
    """Begin and end (n, 2) of the arcs that a text of N tokens is cut into."""
    n = max(1, min(MOST_ARCS, N // SHORTEST_ARC))
    edges = np.linspace(0, N, n + 1).astype(np.int64)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _windows(
    network: Network,
    parameters: Parameters,
    ids: Ids,
    before: int,
    arcs: NDArray[np.int64],
    workspace: Workspace,
) -> Iterator[tuple[Array, NDArray[np.int64]]]:
    """Read arcs (B, 2) side by side, window by window: log p of the arcs' own tokens, and their places."""
    begins, ends = arcs[:, 0], arcs[:, 1]
    overlap = OVERLAP if begins[-1] > 0 else 0
    state = network.start(len(arcs), workspace.dtype)
    for offset in range(-overlap, int((ends - begins).max()), WINDOW):
        places = begins + np.arange(offset, min(offset + WINDOW, int((ends - begins).max())))[:, None]  # (T, B)
        at = np.clip(places, 0, len(ids) - 1)
        inputs = np.where(at > 0, ids[at - 1], before)
        logits, state, _ = network.forward(parameters, inputs, state, None, workspace)
        state[:, :, places[-1] < 0] = 0.0  # before its first token, the text has no state
        logp = np.take_along_axis(log_softmax(logits), ids[at][..., None].astype(np.int64), axis=-1)[..., 0]
        if (counted := network.counted(ids[at])) is not None:
            logp *= counted
        own = (places >= begins) & (places < ends)
        yield logp[own], places[own]
