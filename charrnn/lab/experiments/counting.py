"""Counting: two languages that require a counter, aⁿbⁿ and balanced brackets (Gers and Schmidhuber 2001).

Reports how far each cell counts beyond its training, and the state of an LSTM that counts.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import cosine_decay, endless, train_from_scratch
from charrnn.network.arrays import Array, Parameters
from charrnn.network.network import Network

TITLE = "Counting"
EXPLANATION = """\
After aⁿ and the first b, the rest of aⁿbⁿ is determined, for a network that has counted. Networks of eight units are
trained on n from 1 to 10 and tested on larger n: the table has the largest n up to which every prediction is right.
Within the training range all cells are right. Beyond it, the cell state of an LSTM, which is a sum, can continue as a
counter does, sometimes far. The states of GRU and tanh are bounded, and fail soon after the training range (Weiss,
Goldberg and Yahav 2018). The chart shows the entry of an LSTM's cell state that correlates best with the count.
Then brackets: at each step the network predicts whether all brackets opened so far are closed. The count goes up and
down."""

EDGE, A, B = 0, 1, 2
H, BATCH, RUNS = 8, 16, 5
RATES = {"lstm": 0.01, "gru": 0.01, "tanh": 0.005, "relu": 0.003}
LARGEST_TRAINED, LARGEST_TESTED, CHARTED = 10, 100, 10
BRACKETS_TRAINED, BRACKETS_TESTED, BRACKET_RUNS = 30, (30, 100, 300), 3
BRACKET_TESTS = 200
MIN_ACCURACY = 0.98


def run(seed: int, steps: int) -> Iterator[Result]:
    largest: dict[str, list[int]] = {}
    best_lstm = None
    for cell in RATES:
        largest[cell] = []
        for number in range(RUNS):
            network, parameters = train_counter(cell, steps, np.random.default_rng([seed, number]))
            largest[cell].append(largest_right(network, parameters))
            if cell == "lstm" and largest[cell][-1] == max(largest[cell]):
                best_lstm = network, parameters
        ns = sorted(largest[cell])
        figures: dict[str, Figure] = {"cell": cell, "least": ns[0], "median": ns[RUNS // 2], "most": ns[-1]}
        yield Finding(f"a^n b^n: right up to n, {RUNS} runs", figures, ns[0] >= LARGEST_TRAINED)
    if best_lstm is not None:
        yield count_curve(*best_lstm)
    bracket_shares = {}
    for cell in RATES:
        rngs = (np.random.default_rng([seed, number]) for number in range(BRACKET_RUNS))
        shares = np.mean([bracket_accuracies(cell, steps, rng) for rng in rngs], axis=0).tolist()
        bracket_shares[cell] = shares[0]
        lengths = {f"length_{T}": share for T, share in zip(BRACKETS_TESTED, shares, strict=True)}
        figures = {"cell": cell, **lengths}
        yield Finding("brackets: sequences without a mistake", figures, shares[0] > MIN_ACCURACY)
    worst_n = min(map(min, largest.values()))
    yield claim("aⁿbⁿ: right up to n, worst of all runs", "10", str(worst_n), passed=worst_n >= LARGEST_TRAINED)
    medians = {cell: sorted(ns)[RUNS // 2] for cell, ns in largest.items()}
    reached = f"{medians['lstm']} at the median, {max(largest['lstm'])} at most; tanh {medians['tanh']}"
    passed = medians["lstm"] > medians["tanh"]
    yield claim("an LSTM counts beyond its training range", "1,000 at best", reached, passed=passed)
    worst = min(bracket_shares.values())
    reached = f"{100 * worst:.1f} %"
    yield claim("brackets of length 30, worst cell", "none", reached, passed=worst > MIN_ACCURACY)


def train_counter(cell: str, steps: int, rng: np.random.Generator) -> tuple[Network, Parameters]:
    """Train a network on aⁿbⁿ with n from 1 to 10."""
    network = sequence_network(3, 3, H, cell=cell)
    batches = endless(lambda: words(rng.integers(1, LARGEST_TRAINED + 1, size=BATCH)))
    rate = cosine_decay(RATES[cell])
    return network, train_from_scratch(network, batches, steps=steps, rate=rate, rng=rng, clip=1.0)


def words(ns: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
    """Return x (T, B, 3) and the next tokens (T, B) of the words: EDGE, n times A, n times B, EDGE; padded behind."""
    tokens = np.full((2 * int(ns.max()) + 2, len(ns)), -1)
    for stream, n in enumerate(ns.tolist()):
        tokens[: 2 * n + 2, stream] = [EDGE] + n * [A] + n * [B] + [EDGE]
    x = np.eye(3, dtype=np.float32)[tokens[:-1]]
    x[tokens[1:] < 0] = np.nan
    return x, tokens[1:]


def largest_right(network: Network, parameters: Parameters) -> int:
    """Return the largest n, at most 100, up to which every prediction from the first b on is right."""
    for n in range(1, LARGEST_TESTED + 1):
        x, targets = words(np.array([n]))
        predicted = network.output(parameters, x).argmax(axis=-1)
        if (predicted[n + 1 :] != targets[n + 1 :]).any():
            return n - 1
    return LARGEST_TESTED


def count_curve(network: Network, parameters: Parameters) -> Curves:
    """Return the curve of the entry of an LSTM's cell state that correlates best with the count, over one word."""
    x, _ = words(np.array([CHARTED]))
    state, rows = network.initial_state(1), []
    for t in range(len(x)):
        _, state, _ = network.forward(parameters, x[t : t + 1], state)
        rows.append(state[0, -1, 0])  # c (H,)
    count = np.array([*range(CHARTED + 1), *range(CHARTED - 1, -1, -1)], float)
    c = np.array(rows, np.float64)
    correlations = [abs(np.corrcoef(c[:, unit], count)[0, 1]) for unit in range(H)]
    unit = int(np.argmax(correlations))
    letters = np.arange(len(x), dtype=float)
    lines = {f"c[{unit}], correlation {correlations[unit]:.3f}": (letters, c[:, unit]), "the count": (letters, count)}
    return Curves(f"An LSTM reads a^{CHARTED} b^{CHARTED}", "letters", lines)


def bracket_accuracies(cell: str, steps: int, rng: np.random.Generator) -> list[float]:
    """Train a network on brackets; return the share of sequences without a mistake for each tested length."""
    network = sequence_network(2, 1, H, head="logistic", cell=cell)
    batches = endless(lambda: brackets(BRACKETS_TRAINED, 2 * BATCH, rng))
    rate = cosine_decay(RATES[cell])
    parameters = train_from_scratch(network, batches, steps=steps, rate=rate, rng=rng, clip=1.0)
    accuracies = []
    for T in BRACKETS_TESTED:
        x, closed = brackets(T, BRACKET_TESTS, rng)
        accuracies.append(float(((network.output(parameters, x) > 0.5) == closed).all(axis=0).mean()))
    return accuracies


def brackets(T: int, streams: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return x (T, B, 2), one-hot vectors of ( and ), and targets (T, B, 1): 1 where all brackets are closed."""
    x, closed = np.zeros((T, streams, 2), np.float32), np.zeros((T, streams, 1), np.float32)
    depth = np.zeros(streams, np.int64)
    for t in range(T):
        opens = (rng.random(streams) < 0.5) | (depth == 0)
        depth += np.where(opens, 1, -1)
        x[t, :, 0], x[t, :, 1], closed[t, :, 0] = opens, ~opens, depth == 0
    return x, closed
