"""Counting: languages whose words have to be counted, aⁿbⁿ and brackets (Gers and Schmidhuber 2001).

A seed → how far each cell counts, beyond what it was trained on, and the state of one that does.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.protocol import Curves, Finding, Result, claim
from charrnn.lab.training import trained
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.training.schedules import cosine

TITLE = "Counting"
EXPLANATION = """\
Some a, then as many b, then the end: whoever reads aⁿ and the first b can say all the rest, if they have counted.
Networks of eight units are trained on n from 1 to 10, and then asked for larger ones: `up to` is the first n with a
mistake, less one. Within what they saw all cells are right. Beyond it, the cell of an LSTM, which adds, can go on as
a counter does, sometimes far; the states of GRU and tanh stay within bounds, and end where training ended (Weiss,
Goldberg and Yahav 2018). The chart is the one number in an LSTM's state that goes with the count most closely.
Then brackets: at each step the network says whether all that were opened are closed. The count goes up and down."""

A, B, EDGE = 1, 2, 0
H, BATCH, RUNS = 8, 16, 5
RATES = {"lstm": 0.01, "gru": 0.01, "tanh": 0.005, "relu": 0.003}
TRAINED, FARTHEST, SHOWN = 10, 100, 10
BRACKETS, LENGTHS, BRACKET_RUNS = 30, (30, 100, 300), 3
ENOUGH = 0.98


def run(seed: int, steps: int) -> Iterator[Result]:
    farthest: dict[str, list[int]] = {}
    counter = None
    for cell in RATES:
        for number in range(RUNS):
            network, parameters = counted(cell, steps, np.random.default_rng([seed, number]))
            reached = right_up_to(network, parameters)
            farthest.setdefault(cell, []).append(reached)
            if cell == "lstm" and reached == max(farthest[cell]):
                counter = network, parameters
        ends = sorted(farthest[cell])
        figures: dict[str, str | int] = {"cell": cell, "least": ends[0], "median": ends[RUNS // 2], "most": ends[-1]}
        yield Finding(f"a^n b^n: right up to n, {RUNS} runs", figures, ends[0] >= TRAINED)
    if counter is not None:
        yield count_curve(*counter)
    brackets = {}
    for cell in RATES:
        shares = closed_right(cell, steps, seed)
        brackets[cell] = shares[0]
        lengths = {f"length_{T}": share for T, share in zip(LENGTHS, shares, strict=True)}
        yield Finding("brackets: sequences without a mistake", {"cell": cell, **lengths}, shares[0] > ENOUGH)
    least = min(min(ends) for ends in farthest.values())
    yield claim("aⁿbⁿ: right up to n, the worst of all", "10", str(least), passed=least >= TRAINED)
    medians = {cell: sorted(ends)[RUNS // 2] for cell, ends in farthest.items()}
    beyond = f"{medians['lstm']} at the median, {max(farthest['lstm'])} at most; tanh {medians['tanh']}"
    passed = medians["lstm"] > medians["tanh"]
    yield claim("an LSTM counts beyond what it saw", "1,000 at best", beyond, passed=passed)
    worst = min(brackets.values())
    yield claim("brackets of length 30, the worst cell", "none", f"{100 * worst:.1f} %", passed=worst > ENOUGH)


def counted(cell: str, steps: int, rng: np.random.Generator) -> tuple[SequenceNetwork, Parameters]:
    """A network trained on n from 1 to 10."""

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        del number
        return words(rng.integers(1, TRAINED + 1, size=BATCH))

    network = SequenceNetwork(RecurrentLayers(3, H, cell_name=cell), 3)
    rate = RATES[cell]
    parameters, _ = trained(network, draw, steps=steps, rate=lambda done: rate * cosine(done), rng=rng, clip=1.0)
    return network, parameters


def words(ns: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
    """x (T, B, 3) and the tokens that follow (T, B) of an edge, n a, n b and an edge; padded behind."""
    tokens = np.full((2 * int(ns.max()) + 2, len(ns)), -1)
    for stream, n in enumerate(ns.tolist()):
        tokens[: 2 * n + 2, stream] = [EDGE] + n * [A] + n * [B] + [EDGE]
    x = np.eye(3, dtype=np.float32)[tokens[:-1]]
    x[tokens[1:] < 0] = np.nan
    return x, tokens[1:]


def right_up_to(network: SequenceNetwork, parameters: Parameters) -> int:
    """The largest n, to FARTHEST, up to which all is said right from the first b on."""
    for n in range(1, FARTHEST + 1):
        x, following = words(np.array([n]))
        said = network.output(parameters, x).argmax(axis=-1)
        if (said[n + 1 :] != following[n + 1 :]).any():
            return n - 1
    return FARTHEST


def count_curve(network: SequenceNetwork, parameters: Parameters) -> Curves:
    """The number in the state that is nearest to the count, up and down, as it reads a^n b^n."""
    x, _ = words(np.array([SHOWN]))
    workspace, state, states = Workspace(), network.start(1), []
    for t in range(len(x)):
        _, state, _ = network.forward(parameters, x[t : t + 1], state, workspace)
        states.append(state[0, -1, 0])  # c of every unit
    count = np.array([*range(SHOWN + 1), *range(SHOWN - 1, -1, -1)], float)
    kept = np.array(states, np.float64)
    fit = [abs(np.corrcoef(kept[:, unit], count)[0, 1]) for unit in range(H)]
    unit = int(np.argmax(fit))
    letters = np.arange(len(x), dtype=float)
    lines = {f"c[{unit}], correlation {fit[unit]:.3f}": (letters, kept[:, unit]), "the count": (letters, count)}
    return Curves(f"An LSTM reads a^{SHOWN} b^{SHOWN}", "letters", lines)


def closed_right(cell: str, steps: int, seed: int) -> list[float]:
    """The share of sequences of brackets of each length without a mistake, mean over some trained networks."""
    shares = []
    for number in range(BRACKET_RUNS):
        rng = np.random.default_rng([seed, number])
        network = SequenceNetwork(RecurrentLayers(2, H, cell_name=cell), 1, "logistic")
        parameters, _ = trained(
            network,
            lambda number, rng: brackets_of(BRACKETS, 2 * BATCH, rng),
            steps=steps,
            rate=lambda done: RATES[cell] * cosine(done),
            rng=rng,
            clip=1.0,
        )
        right = []
        for T in LENGTHS:
            x, closed = brackets_of(T, 200, rng)
            right.append(((network.output(parameters, x) > 0.5) == closed).all(axis=0).mean())
        shares.append(right)
    return [float(share) for share in np.mean(shares, axis=0)]


def brackets_of(T: int, streams: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """x (T, B, 2), one-hot of ( and ), and whether all are closed (T, B, 1)."""
    x, closed = np.zeros((T, streams, 2), np.float32), np.zeros((T, streams, 1), np.float32)
    depth = np.zeros(streams, np.int64)
    for t in range(T):
        opens = (rng.random(streams) < 0.5) | (depth == 0)
        depth += np.where(opens, 1, -1)
        x[t, :, 0], x[t, :, 1], closed[t, :, 0] = opens, ~opens, depth == 0
    return x, closed
