"""Memory: three switches that are thrown now and then, and a state that remembers how each of them stands (the
flip-flops of Sussillo and Barak 2013).

A seed → how long what was remembered stays, and where the state is for each memory.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from charrnn.lab.protocol import Curves, Finding, Result, claim
from charrnn.lab.training import trained
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.training.schedules import cosine

TITLE = "Three switches"
EXPLANATION = """\
Three inputs are 0 most of the time; now and then one of them is +1 or -1 for a step, which throws its switch. At each
step the network says how all three stand: three logistic outputs, binary cross-entropy. It is trained in sequences of
40 steps, and asked for 2,000.
There are eight memories, and the state of 24 tanh units has a place for each, which it returns to: `moves` is how far
the state drifts in a hundred steps without input, `nearest` how far it is to the next of the other places. That is
what remembering is: not a note that is kept, but a place where the recurrence stands still."""

SWITCHES, H, BATCH, RATE = 3, 24, 32, 0.01
TRAINED, ASKED, THROWN = 40, 2000, 0.1
SILENCE, SHOWN = 100, 60
ENOUGH = 0.999


def run(seed: int, steps: int) -> Iterator[Result]:
    rng = np.random.default_rng(seed)
    network = SequenceNetwork(RecurrentLayers(SWITCHES, H), SWITCHES, "logistic")
    parameters, _ = trained(
        network,
        lambda number, rng: thrown(TRAINED, BATCH, rng),
        steps=steps,
        rate=lambda done: RATE * cosine(done),
        rng=rng,
    )
    x, stands = thrown(ASKED, BATCH, rng)
    right = float(((network.output(parameters, x) > 0.5) == stands).all(axis=-1).mean())
    memories = np.array(list(itertools.product((-1.0, 1.0), repeat=SWITCHES)), np.float32)
    before, after = places(network, parameters, memories)
    moved, nearest = np.linalg.norm(after - before, axis=-1), to_the_next(before)
    for number, memory in enumerate(memories):
        figures: dict[str, str | float] = {"memory": "".join("+" if each > 0 else "-" for each in memory)}
        figures |= {f"h[{unit}]": float(before[number, unit]) for unit in range(4)}
        figures |= {"moves": float(moved[number]), "nearest": float(nearest[number])}
        yield Finding("places of the state", figures, bool(moved[number] < nearest[number] / 2))
    x, stands = thrown(SHOWN, 1, rng, often=0.25)
    said = network.output(parameters, x)
    time = np.arange(SHOWN, dtype=float)
    lines = {"thrown": (time, x[:, 0, 0]), "says": (time, 2.0 * said[:, 0, 0] - 1.0)}
    yield Curves("One of the switches: what comes in, and what is said", "steps", lines)
    reached = f"{100 * right:.2f} %"
    yield claim(f"steps right in sequences of {ASKED:,}", "99.9 % at least", reached, passed=right > ENOUGH)
    drift = float(np.max(moved / nearest))
    reached = f"{drift:.1e} of the way to the next"
    yield claim(f"a place is left in {SILENCE} steps by", "half of it at most", reached, passed=drift < 0.5)


def places(network: SequenceNetwork, parameters: Parameters, memories: Array) -> tuple[Array, Array]:
    """The states (8, H) in which each memory (8, 3) is kept: after some silence, and after SILENCE steps more."""
    workspace, state = Workspace(), network.start(len(memories))
    x = np.zeros((SILENCE, len(memories), SWITCHES), np.float32)
    x[0] = memories
    _, state, _ = network.forward(parameters, x, state, workspace)
    before = state[0, 0].astype(np.float64)
    x[0] = 0.0
    _, state, _ = network.forward(parameters, x, state, workspace)
    return before, state[0, 0].astype(np.float64)


def to_the_next(states: Array) -> Array:
    """How far each of the states (N, H) is from the nearest of the others."""
    distances = np.linalg.norm(states[:, None] - states[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    nearest: Array = distances.min(axis=-1)
    return nearest


def thrown(T: int, B: int, rng: np.random.Generator, often: float = THROWN) -> tuple[Array, Array]:
    """x (T, B, 3) of pulses, all three at the first step, and how the switches stand after each, as 0 or 1."""
    x = np.where(rng.random((T, B, SWITCHES)) < often, rng.choice([-1.0, 1.0], (T, B, SWITCHES)), 0.0)
    x[0] = rng.choice([-1.0, 1.0], (B, SWITCHES))
    stands = x.copy()
    for t in range(1, T):
        stands[t] = np.where(x[t] == 0.0, stands[t - 1], x[t])
    return x.astype(np.float32), (stands > 0).astype(np.float32)
