"""Token log probabilities: how likely a network finds each token of a text, given the others that it may see.

EncodedText of N tokens → log p (N,). A text is one stream, read with the state carried from its first token to its
last. To use all cores and full products, it may be read in arcs side by side: each arc begins `WARM_UP` tokens early,
which brings its state to what the one stream would have there, and counts its own tokens only. A body that also reads
what follows a token gets the text in arcs with `lookahead` tokens on either side.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import target_log_probabilities
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText

WARM_UP = 512
SHORTEST_ARC, MOST_ARCS, WINDOW = 2048, 64, 128
TWO_SIDED_ARC = 1024
LARGEST_BATCH = 1 << 24
"""Largest number of logits of a batch of two-sided arcs."""


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arcs [begin, end) of a text, `begins` and `ends` (B,), read side by side in windows of `window` tokens.

    Reading begins `before` tokens before each arc and ends `after` tokens after it.
    """

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    window: int
    before: int = 0
    after: int = 0


def token_log_probabilities(
    network: Network, parameters: Parameters, text: EncodedText, *, in_arcs: bool = False, threads: int = 1
) -> Array:
    """Return log p (N,) in nats of each token of a text; 0 for a token that begins a document.

    With `in_arcs`, the text is read in arcs on up to `threads` threads, which changes the result by less than the
    rounding of float32; the number of threads does not change it.
    """
    log_p = np.zeros(len(text.ids), next(iter(parameters.values())).dtype)

    def read(arcs: Arcs) -> None:
        workspace = Workspace(log_p.dtype)
        with np.errstate(all="ignore"):
            for values, places in read_arcs(network, parameters, text, arcs, workspace):
                log_p[places] = values

    if network.body.lookahead:
        batches = list(two_sided_arcs(len(text.ids), network.body.lookahead, network.N))
    else:
        batches = stream_arcs(len(text.ids), threads) if in_arcs else [whole_stream(len(text.ids))]
    if len(batches) == 1 or threads == 1:
        for arcs in batches:
            read(arcs)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(read, batches))
    return log_p


def whole_stream(N: int) -> Arcs:
    """Return a text of N tokens as one arc."""
    return Arcs(np.array([0]), np.array([N]), WINDOW)


def stream_arcs(N: int, threads: int) -> list[Arcs]:
    """Return the arcs of a text of N tokens, in one group per thread; the arcs do not depend on the threads."""
    n = max(1, min(MOST_ARCS, N // SHORTEST_ARC))
    edges = np.linspace(0, N, n + 1).astype(np.int64)
    groups = zip(np.array_split(edges[:-1], threads), np.array_split(edges[1:], threads), strict=True)
    return [
        Arcs(begins, ends, WINDOW, before=WARM_UP if begins[-1] > 0 else 0) for begins, ends in groups if len(begins)
    ]


def two_sided_arcs(N: int, lookahead: int, V: int) -> Iterator[Arcs]:
    """Yield arcs of a text of N tokens, each read as one window with `lookahead` tokens on either side."""
    by_shape: dict[tuple[int, int, int], list[int]] = {}
    for begin in range(0, N, TWO_SIDED_ARC):
        end = min(begin + TWO_SIDED_ARC, N)
        shape = min(lookahead, begin), end - begin, min(lookahead, N - end)
        by_shape.setdefault(shape, []).append(begin)
    for (before, length, after), begins in by_shape.items():
        window = before + length + after
        size = max(1, min(16, LARGEST_BATCH // (window * V)))
        for at in range(0, len(begins), size):
            batch = np.array(begins[at : at + size])
            yield Arcs(batch, batch + length, window, before, after)


def read_arcs(
    network: Network, parameters: Parameters, text: EncodedText, arcs: Arcs, workspace: Workspace
) -> Iterator[tuple[Array, Ids]]:
    """Read arcs side by side, window by window: log p (n,) of the arcs' own tokens, and their places (n,)."""
    ids, length = text.ids, int((arcs.ends - arcs.begins).max()) + arcs.after
    state = network.initial_state(len(arcs.begins), workspace.dtype)
    for offset in range(-arcs.before, length, arcs.window):
        places = arcs.begins + np.arange(offset, min(offset + arcs.window, length))[:, None]  # (T, B)
        clipped = np.clip(places, 0, len(ids) - 1)
        inputs = np.where(clipped > 0, ids[clipped - 1], text.previous_id)
        targets = ids[clipped].astype(np.int64)
        visible = network.body.visible(inputs, targets)
        logits, state, _ = network.forward(parameters, visible, state, workspace=workspace)
        state[:, :, places[-1] < 0] = 0.0  # there is no state before the first token of the text
        log_p = target_log_probabilities(logits, targets, network.loss_mask(targets))
        counts = (places >= arcs.begins) & (places < arcs.ends)
        yield log_p[counts], places[counts]
