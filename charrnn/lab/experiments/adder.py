"""Binary adder: two numbers are read bit by bit, lowest bit first, and the bits of their sum are the output.

Reports nine networks in the setup of a well-known tutorial, then a better setup with a tenth of the examples.
"""

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import endless, train, train_from_scratch
from charrnn.network.arrays import Array, Parameters
from charrnn.network.network import Network
from charrnn.training.optimizers import SGD

TITLE = "The binary adder"
EXPLANATION = """\
Two numbers below 128 are read bit by bit, lowest bit first. At each of eight steps the network outputs one bit of the
sum. Its state has to hold the carry, which is never given as a target.
The first setup is that of a tutorial: 16 logistic units without biases, weights from N(0, 1), half the squared
error, and plain gradient descent at a rate of 0.1 after every single example, 20,000 in all. Nine networks are
trained side by side, with the random draws that the tutorial's own code makes for the seeds 0 to 8. They are the
diagonal blocks of one larger network whose other weights stay zero, which is the same arithmetic. The loss that the
tutorial prints is the sum of |output - bit| over the eight steps. With other seeds every sum still comes out right,
but the loss is not always below 0.2.
The second setup has tanh units, cross-entropy, Adam, batches of four, and a tenth of the examples. The networks learn
the rule and not a table: they add numbers of 64 bits, although training had none of more than 8 bits."""

BITS, RUNS, H = 8, 9, 16
LARGEST = 1 << BITS - 1
LAST, BLOCK = 2000, 250
"""Examples over which the loss is averaged, at the end and for the curve."""
RATE, MAX_LOSS = 0.1, 0.20
TENTH, BATCH, BETTER_RATE, GAIN = 10, 4, 0.03, 0.5
LENGTHS = (8, 16, 32, 64)


def run(seed: int, steps: int) -> Iterator[Result]:
    began = perf_counter()
    losses, accuracies, errors = train_as_tutorial(seed, steps)
    seconds = (perf_counter() - began) / RUNS
    for number, (loss, accuracy) in enumerate(zip(losses.tolist(), accuracies.tolist(), strict=True)):
        figures: dict[str, Figure] = {"run": number, "loss": loss, "sums_right": accuracy}
        yield Finding("tutorial's setup", figures, loss < MAX_LOSS and accuracy == 1.0)
    examples = np.arange(len(errors)) * BLOCK + BLOCK / 2
    yield Curves("Half the squared error per bit, mean of nine networks", "examples", {"error": (examples, errors)})
    adders = [train_better(seed * RUNS + number, steps // TENTH // BATCH) for number in range(RUNS)]
    exact_adders = {}
    for bits in LENGTHS:
        shares = [sum_accuracy(*adder, bits, np.random.default_rng(seed)) for adder in adders]
        exact_adders[bits] = sum(share == 1.0 for share in shares)
        figures = {"bits": bits, "worst": min(shares), "all_right": exact_adders[bits], "of": RUNS}
        yield Finding("better setup, by length", figures, bits > BITS or min(shares) == 1.0)
    reached = f"{losses.min():.3f} to {losses.max():.3f}"
    yield claim(
        "mean loss over the last 2,000 examples", "0.150 to 0.199", reached, passed=bool(losses.max() < MAX_LOSS)
    )
    exact = int((accuracies == 1.0).sum())
    yield claim("runs with all 16,384 sums right", "9 of 9", f"{exact} of {RUNS}", passed=exact == RUNS)
    yield claim("time per run, nine side by side (not judged)", "3 to 4.5 s", f"{seconds:.2f} s", passed=True)
    reached = f"{exact_adders[BITS]} of {RUNS} after {steps // TENTH:,} examples"
    yield claim(
        "better setup: runs with all sums right", "20,000 examples", reached, passed=exact_adders[BITS] == RUNS
    )


def train_as_tutorial(seed: int, steps: int) -> tuple[Array, Array, Array]:
    """Train nine networks side by side, one example per update.

    Returns the losses (RUNS,) over the last examples, the shares (RUNS,) of all sums that are right, and the mean
    error of each block of examples.
    """
    network = sequence_network(2 * RUNS, RUNS, H * RUNS, cell="sigmoid", head="logistic-squared")
    legacy_rngs = [np.random.RandomState(seed * RUNS + number) for number in range(RUNS)]  # the tutorial's draws
    parameters, block_masks = diagonal_blocks(network, legacy_rngs)
    operands = np.stack([rng.randint(LARGEST, size=(steps, 2)) for rng in legacy_rngs], axis=1)  # (steps, RUNS, 2)
    x = to_bits(operands.reshape(steps, -1), BITS).astype(np.float64)
    y = to_bits(operands.sum(axis=-1), BITS).astype(np.float64)
    training = train(
        network,
        parameters,
        ((x[:, number, None], y[:, number, None]) for number in range(steps)),
        steps=steps,
        rate=RATE * BITS,  # the gradient is that of the mean over the steps; the tutorial's is that of the sum
        optimizer=SGD(),
        clip=0.0,
        weight_masks=block_masks,
    )
    errors, last_losses = [], []
    for number in range(steps):
        if number >= steps - LAST:
            output = network.output(parameters, x[:, number, None])
            last_losses.append(np.abs(output[:, 0] - y[:, number]).sum(axis=0))
        errors.append(next(training) / RUNS)
    pairs = all_pairs()
    output = network.output(parameters, np.tile(to_bits(pairs, BITS), RUNS))
    exact = ((output > 0.5) == to_bits(pairs.sum(axis=-1), BITS)[..., None]).all(axis=0)
    block_errors = np.array(errors[: steps // BLOCK * BLOCK]).reshape(-1, BLOCK).mean(axis=1)
    return np.mean(last_losses, axis=0), exact.mean(axis=0), block_errors


def diagonal_blocks(network: Network, rngs: list[np.random.RandomState]) -> tuple[Parameters, Parameters]:
    """Return parameters that are N(0, 1) in one diagonal block per generator and zero elsewhere, and block masks.

    Biases are zero, and so are their masks.
    """
    parameters: Parameters = {name: np.zeros(shape) for name, shape in network.shapes().items()}
    masks: Parameters = {name: np.zeros(shape) for name, shape in network.shapes().items()}
    for name in ("layers.0.Wx", "layers.0.Wh", "head.W"):
        rows, columns = (size // RUNS for size in network.shapes()[name])
        for number, rng in enumerate(rngs):
            block = np.s_[number * rows : (number + 1) * rows, number * columns : (number + 1) * columns]
            masks[name][block] = 1.0
            parameters[name][block] = rng.normal(0.0, 1.0, (rows, columns))
    return parameters, masks


def train_better(seed: int, updates: int) -> tuple[Network, Parameters]:
    """Train one network of the better setup."""
    network = sequence_network(2, 1, H, head="logistic", gain=GAIN)
    rng = np.random.default_rng(seed)
    batches = endless(lambda: random_sums(rng, BATCH, BITS))
    return network, train_from_scratch(network, batches, steps=updates, rate=BETTER_RATE, rng=rng, clip=1.0)


def random_sums(rng: np.random.Generator, B: int, bits: int) -> tuple[Array, Array]:
    """Return the bits x (bits, B, 2) of pairs of numbers and y (bits, B, 1) of their sums; no sum overflows."""
    x = rng.integers(2, size=(bits, B, 2)).astype(np.float32)
    x[-1] = 0.0
    y, carry = np.empty((bits, B, 1), np.float32), np.zeros(B, np.float32)
    for bit in range(bits):
        total = x[bit].sum(axis=-1) + carry
        y[bit, :, 0], carry = total % 2, total // 2
    return x, y


def sum_accuracy(network: Network, parameters: Parameters, bits: int, rng: np.random.Generator) -> float:
    """Return the share of sums with every bit right: of all sums of 8 bits, or of 2,000 random longer ones."""
    x, y = random_sums(rng, 2000, bits)
    if bits == BITS:
        pairs = all_pairs()
        x, y = to_bits(pairs, BITS), to_bits(pairs.sum(axis=-1), BITS)[..., None]
    return float(((network.output(parameters, x) > 0.5) == y).all(axis=0).mean())


def all_pairs() -> NDArray[np.int64]:
    """Return all pairs (16384, 2) of numbers below 128."""
    return np.stack(np.meshgrid(np.arange(LARGEST), np.arange(LARGEST)), axis=-1).reshape(-1, 2)


def to_bits(numbers: NDArray[np.integer[Any]], bits: int) -> Array:
    """Return the bits (bits, *shape of `numbers`), zeros and ones in float32, lowest bit first."""
    places = np.arange(bits).reshape(-1, *[1] * numbers.ndim)
    return (numbers[None] >> places & 1).astype(np.float32)
