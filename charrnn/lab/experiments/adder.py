"""The binary adder: two numbers go in bit by bit, the lowest first, and their sum comes out; the state is the carry.

A seed → how nine networks learn it as the tutorial has it, then how a better one does.
"""

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import learn, trained
from charrnn.network.arrays import Array, Parameters
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.training.optimizers import SGD

TITLE = "The binary adder"
EXPLANATION = """\
Two numbers below 128 are read bit by bit, the lowest first; at each of eight steps the network says a bit of the sum.
What it has to keep in its state is the carry, and nothing tells it so.
First as the tutorials print it: 16 logistic units without biases, weights from N(0, 1), half the squared error, plain
gradient descent at 0.1 after every single example, 20,000 of them. Nine networks learn side by side, from the draws
that the tutorial's own code makes with the seeds 0 to 8: they are the blocks of one network whose other weights stay
zero, which is the same arithmetic. The loss that is printed there is the sum of |output - bit| over the eight steps.
With other seeds all sums come out right as well, but the loss is not below 0.2 for every one of them.
Then better: tanh, cross-entropy, Adam, four examples at a time, and a tenth of the examples. What is learned is the
rule and not the table: the same networks add numbers of 64 bits, of which they never saw one."""

BITS, RUNS, H = 8, 9, 16
LARGEST = 1 << BITS - 1
LAST, BLOCK = 2000, 250
"""Examples over which the loss is averaged, at the end and for the curve."""
RATE, MOST_LOSS = 0.1, 0.20
TENTH, BATCH, BETTER_RATE, GAIN = 10, 4, 0.03, 0.5
LENGTHS = (8, 16, 32, 64)


def run(seed: int, steps: int) -> Iterator[Result]:
    began = perf_counter()
    last, exact, error = as_printed(seed, steps)
    seconds = (perf_counter() - began) / RUNS
    for number in range(RUNS):
        figures: dict[str, Figure] = {"run": number, "loss": float(last[number]), "sums_right": float(exact[number])}
        yield Finding("as printed", figures, bool(last[number] < MOST_LOSS and exact[number] == 1.0))
    examples = np.arange(len(error)) * BLOCK + BLOCK / 2
    yield Curves("Half the squared error a bit, mean of the nine", "examples", {"error": (examples, error)})
    better = [improved(seed * RUNS + number, steps // TENTH // BATCH) for number in range(RUNS)]
    for bits in LENGTHS:
        right = [share_right(*each, bits, np.random.default_rng(seed)) for each in better]
        figures = {"bits": bits, "worst": min(right), "all_right": sum(share == 1.0 for share in right), "of": RUNS}
        yield Finding("better, by length", figures, bits > BITS or min(right) == 1.0)
        if bits == BITS:
            learned = sum(share == 1.0 for share in right)
    reached = f"{last.min():.3f} to {last.max():.3f}"
    yield claim("mean loss of the last 2,000", "0.150 to 0.199", reached, passed=bool(last.max() < MOST_LOSS))
    all_right = int((exact == 1.0).sum())
    yield claim("all 16,384 sums right", "9 of 9 runs", f"{all_right} of {RUNS}", passed=all_right == RUNS)
    yield claim("time a run, of nine side by side", "3 to 4.5 s", f"{seconds:.2f} s", passed=seconds < 1.0)
    reached = f"{learned} of {RUNS} after {steps // TENTH:,}"
    yield claim("the better one gets there", "20,000 examples", reached, passed=learned == RUNS)


def as_printed(seed: int, steps: int) -> tuple[Array, Array, Array]:
    """The loss (RUNS,) over the last examples, the share of all sums (RUNS,) that are right, and the curve."""
    network = SequenceNetwork(RecurrentLayers(2 * RUNS, H * RUNS, cell_name="sigmoid"), RUNS, "logistic-squared")
    rngs = [np.random.RandomState(seed * RUNS + number) for number in range(RUNS)]  # theirs, draw by draw
    connected: Parameters = {name: np.zeros(shape) for name, shape in network.shapes().items()}
    parameters: Parameters = {name: np.zeros(shape) for name, shape in network.shapes().items()}
    for name in ("layers.0.Wx", "layers.0.Wh", "head.W"):  # there are no biases
        rows, columns = (size // RUNS for size in network.shapes()[name])
        for block, rng in enumerate(rngs):
            own = np.s_[block * rows : (block + 1) * rows, block * columns : (block + 1) * columns]
            connected[name][own] = 1.0
            parameters[name][own] = rng.normal(0.0, 1.0, (rows, columns))
    numbers = np.stack([rng.randint(LARGEST, size=(steps, 2)) for rng in rngs], axis=1)  # (steps, RUNS, 2)
    x, y = (to_bits(each, BITS).astype(np.float64) for each in (numbers.reshape(steps, -1), numbers.sum(axis=-1)))
    learning = learn(
        network,
        parameters,
        lambda number, rng: (x[:, number, None], y[:, number, None]),
        steps=steps,
        rate=RATE * BITS,  # the gradient is of the mean over the steps, and theirs of the sum
        rng=np.random.default_rng(seed),
        optimizer=SGD(),
        clip=0.0,
        connected=connected,
    )
    error, last = [], []
    for number in range(steps):
        if number >= steps - LAST:
            said = network.output(parameters, x[:, number, None])
            last.append(np.abs(said[:, 0] - y[:, number]).sum(axis=0))
        error.append(next(learning) / RUNS)
    every = np.stack(np.meshgrid(np.arange(LARGEST), np.arange(LARGEST)), axis=-1).reshape(-1, 2)
    said = network.output(parameters, np.tile(to_bits(every, BITS), RUNS))
    right = ((said > 0.5) == to_bits(every.sum(axis=-1), BITS)[..., None]).all(axis=0)
    curve = np.array(error[: steps // BLOCK * BLOCK]).reshape(-1, BLOCK).mean(axis=1)
    return np.mean(last, axis=0), right.mean(axis=0), curve


def improved(seed: int, updates: int) -> tuple[SequenceNetwork, Parameters]:
    """A network of the better kind, trained."""
    network = SequenceNetwork(RecurrentLayers(2, H, gain=GAIN), 1, "logistic")
    rng = np.random.default_rng(seed)
    parameters, _ = trained(
        network, lambda number, rng: sums(rng, BATCH, BITS), steps=updates, rate=BETTER_RATE, rng=rng, clip=1.0
    )
    return network, parameters


def sums(rng: np.random.Generator, B: int, bits: int) -> tuple[Array, Array]:
    """x (bits, B, 2) and y (bits, B, 1) of numbers with one bit less, so that the sum has room."""
    x = rng.integers(2, size=(bits, B, 2)).astype(np.float32)
    x[-1] = 0.0
    y, carry = np.empty((bits, B, 1), np.float32), np.zeros(B, np.float32)
    for bit in range(bits):
        total = x[bit].sum(axis=-1) + carry
        y[bit, :, 0], carry = total % 2, total // 2
    return x, y


def share_right(network: SequenceNetwork, parameters: Parameters, bits: int, rng: np.random.Generator) -> float:
    """The share of sums without a wrong bit: all of 8 bits, 2,000 drawn of longer ones."""
    x, y = sums(rng, 2000, bits)
    if bits == BITS:
        every = np.stack(np.meshgrid(np.arange(LARGEST), np.arange(LARGEST)), axis=-1).reshape(-1, 2)
        x, y = to_bits(every, BITS), to_bits(every.sum(axis=-1), BITS)[..., None]
    return float(((network.output(parameters, x) > 0.5) == y).all(axis=0).mean())


def to_bits(numbers: NDArray[np.integer[Any]], bits: int) -> Array:
    """(bits, *shape of the numbers) of zeros and ones, the lowest bit first."""
    places = np.arange(bits).reshape(-1, *[1] * numbers.ndim)
    return (numbers[None] >> places & 1).astype(np.float32)
