"""Token log probabilities: a network and an encoded text → log p of each token.

EncodedText of N tokens → log p (N,). A text is one stream: the state is carried from its first token to its last. To
use all cores and large matrix products, it may be read in segments side by side. Each segment is read from WARM_UP
tokens before its beginning, after which its state is nearly that of the one stream, and only its own tokens are
scored. A body that reads the tokens after a target as well reads segments with `lookahead` tokens on either side.

Reading is a generator that yields after every window, a fraction of a second, so that a caller can show the progress
and stop at any time.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import target_log_probabilities
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText
from charrnn.text.progress import OnShare

WARM_UP = 512
SHORTEST_SEGMENT, MOST_SEGMENTS, WINDOW = 2048, 64, 128
TWO_SIDED_SEGMENT, TWO_SIDED_BATCH = 1024, 8
LARGEST_BATCH = 1 << 24
"""Largest number of logits in a batch of segments of a two-sided body."""

Piece = tuple[Array, Ids]
"""log p (n,) of some tokens of a text, and their positions (n,)."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments [begin, end) of a text, `begins` and `ends` (B,), read side by side in windows of `window` tokens.

    Reading begins `before` tokens before each segment and ends `after` tokens after it.
    """

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    window: int
    before: int = 0
    after: int = 0

    def of(self, ids: Ids) -> list[Ids]:
        """Return the ids of each segment."""
        return [ids[begin:end] for begin, end in zip(self.begins, self.ends, strict=True)]


def token_log_probabilities(
    network: Network,
    parameters: Parameters,
    text: EncodedText,
    *,
    in_segments: bool = False,
    threads: int = 1,
    on_share: OnShare | None = None,
) -> Array:
    """Return log p (N,) in nats of each token of a text; 0 for a token that begins a document.

    With `in_segments`, the text is read in segments on up to `threads` threads. The result differs by no more than
    float32 rounding from that of one stream, and does not depend on the number of threads.
    """
    N, log_p = len(text.ids), np.zeros(len(text.ids), next(iter(parameters.values())).dtype)
    batches = all_segments(network, N, threads) if in_segments or network.body.lookahead else [whole_stream(N)]
    done = 0
    for values, positions in read_batches(network, parameters, text, batches, threads):
        log_p[positions] = values
        done += len(values)
        if on_share is not None:
            on_share(done / N)
    return log_p


def read_batches(
    network: Network, parameters: Parameters, text: EncodedText, batches: list[Segments], threads: int
) -> Iterator[Piece]:
    """Read batches of segments, up to `threads` of them at a time; yield a piece after every window."""
    if threads == 1 or len(batches) == 1:
        for segments in batches:
            yield from _read_segments(network, parameters, text, segments)
        return
    waiting = (_read_segments(network, parameters, text, segments) for segments in batches)
    with ThreadPoolExecutor(threads) as pool:
        active = [reader for _, reader in zip(range(threads), waiting, strict=False)]
        while active:
            pieces = list(pool.map(next, active, [None] * len(active)))
            yield from (piece for piece in pieces if piece is not None)
            active = [reader for reader, piece in zip(active, pieces, strict=True) if piece is not None]
            active += [reader for _, reader in zip(range(threads - len(active)), waiting, strict=False)]


def all_segments(network: Network, N: int, threads: int) -> list[Segments]:
    """Return batches of segments that cover a text of N tokens; the segments do not depend on the threads."""
    if network.body.lookahead:
        return _two_sided_segments(N, range(0, N, TWO_SIDED_SEGMENT), network.body.lookahead, network.N)
    n = max(1, min(MOST_SEGMENTS, N // SHORTEST_SEGMENT))
    edges = np.linspace(0, N, n + 1).astype(np.int64)
    return _stream_segments(edges[:-1], edges[1:], threads)


def sample_segments(network: Network, N: int, tokens: int, threads: int) -> list[Segments]:
    """Return batches of segments of about `tokens` tokens in total, evenly spaced over a text of N tokens."""
    length = TWO_SIDED_SEGMENT if network.body.lookahead else SHORTEST_SEGMENT
    n = max(1, min(tokens, N) // length)
    begins = np.linspace(0, N - length, n).astype(np.int64) if n > 1 else np.array([0])
    if network.body.lookahead:
        return _two_sided_segments(N, begins.tolist(), network.body.lookahead, network.N)
    return _stream_segments(begins, np.minimum(begins + length, N), threads)


def whole_stream(N: int) -> Segments:
    """Return a text of N tokens as one segment."""
    return Segments(np.array([0]), np.array([N]), WINDOW)


def _stream_segments(begins: NDArray[np.int64], ends: NDArray[np.int64], threads: int) -> list[Segments]:
    """Return batches of at most MOST_SEGMENTS segments, and if possible at least one batch per thread."""
    groups = max(threads, -(-len(begins) // MOST_SEGMENTS))
    pairs = zip(np.array_split(begins, groups), np.array_split(ends, groups), strict=True)
    return [
        Segments(begins, ends, WINDOW, before=WARM_UP if begins[-1] > 0 else 0)
        for begins, ends in pairs
        if len(begins)
    ]


def _two_sided_segments(N: int, begins: Iterable[int], lookahead: int, V: int) -> list[Segments]:
    """Return batches of segments of equal shape, each read as one window with `lookahead` tokens on either side."""
    by_shape: dict[tuple[int, int, int], list[int]] = {}
    for begin in begins:
        end = min(begin + TWO_SIDED_SEGMENT, N)
        shape = min(lookahead, begin), end - begin, min(lookahead, N - end)
        by_shape.setdefault(shape, []).append(begin)
    batches = []
    for (before, length, after), begins_of_shape in by_shape.items():
        window = before + length + after
        size = max(1, min(TWO_SIDED_BATCH, LARGEST_BATCH // (window * V)))
        for first in range(0, len(begins_of_shape), size):
            batch = np.array(begins_of_shape[first : first + size])
            batches.append(Segments(batch, batch + length, window, before, after))
    return batches


def _read_segments(
    network: Network, parameters: Parameters, text: EncodedText, segments: Segments
) -> Iterator[Piece]:
    """Read segments side by side, window by window; yield the log p of the segments' own tokens in each window."""
    ids, length = text.ids, int((segments.ends - segments.begins).max()) + segments.after
    workspace = Workspace.like(parameters)
    state = network.initial_state(len(segments.begins), workspace.dtype)
    for offset in range(-segments.before, length, segments.window):
        positions = segments.begins + np.arange(offset, min(offset + segments.window, length))[:, None]  # (T, B)
        clipped = np.clip(positions, 0, len(ids) - 1)
        inputs = np.where(clipped > 0, ids[clipped - 1], text.previous_id)
        targets = ids[clipped].astype(np.int64)
        visible = network.body.visible(inputs, targets)
        with np.errstate(all="ignore"):
            logits, state, _ = network.forward(parameters, visible, state, workspace=workspace)
            log_p = target_log_probabilities(logits, targets, network.loss_mask(targets))
        state[:, :, positions[-1] < 0] = 0.0  # there is no state before the first token of the text
        counts = (positions >= segments.begins) & (positions < segments.ends)
        yield log_p[counts], positions[counts]
