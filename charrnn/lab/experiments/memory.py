"""Memory: three inputs set three switches, and the state has to hold their positions (Sussillo and Barak 2013).

Reports how long the positions are held, and the state of the network for each combination of them.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import cosine_decay, endless, train_from_scratch
from charrnn.network.arrays import Array, Parameters
from charrnn.network.network import Network

TITLE = "Three switches"
EXPLANATION = """\
Three inputs are 0 most of the time; now and then one of them is +1 or -1 for a single step, which sets its switch. At
each step the network outputs the positions of all three: three logistic outputs, binary cross-entropy. Training has
sequences of 40 steps, the test one of 2,000.
There are eight combinations of positions, and the state of 24 tanh units has a fixed point for each, to which it
returns. `moves` is the distance that the state drifts in a hundred steps without input, `nearest` the distance to the
nearest other fixed point. A memory of this kind is a fixed point of the recurrence."""

SWITCHES, H, BATCH, RATE = 3, 24, 32, 0.01
TRAINED_STEPS, TEST_STEPS, PULSE_RATE = 40, 2000, 0.1
SILENCE, CHARTED, CHARTED_PULSE_RATE = 100, 60, 0.25
UNITS_LISTED = 4
MIN_ACCURACY, MAX_DRIFT = 0.999, 0.5


def run(seed: int, steps: int) -> Iterator[Result]:
    rng = np.random.default_rng(seed)
    network = sequence_network(SWITCHES, SWITCHES, H, head="logistic")
    batches = endless(lambda: pulses(TRAINED_STEPS, BATCH, rng))
    parameters = train_from_scratch(network, batches, steps=steps, rate=cosine_decay(RATE), rng=rng)
    x, positions = pulses(TEST_STEPS, BATCH, rng)
    accuracy = float(((network.output(parameters, x) > 0.5) == positions).all(axis=-1).mean())
    combinations = np.array(list(itertools.product((-1.0, 1.0), repeat=SWITCHES)), np.float32)
    states, later_states = held_states(network, parameters, combinations)
    moves, nearest = np.linalg.norm(later_states - states, axis=-1), nearest_distances(states)
    for number, combination in enumerate(combinations):
        signs = "".join("+" if position > 0 else "-" for position in combination)
        figures: dict[str, Figure] = {"memory": signs}
        figures |= {f"h[{unit}]": float(states[number, unit]) for unit in range(UNITS_LISTED)}
        figures |= {"moves": float(moves[number]), "nearest": float(nearest[number])}
        yield Finding("fixed points of the state", figures, bool(moves[number] < MAX_DRIFT * nearest[number]))
    x, _ = pulses(CHARTED, 1, rng, CHARTED_PULSE_RATE)
    output = network.output(parameters, x)
    t = np.arange(CHARTED, dtype=float)
    lines = {"thrown": (t, x[:, 0, 0]), "says": (t, 2.0 * output[:, 0, 0] - 1.0)}
    yield Curves("One of the switches: its input and the output for its position", "steps", lines)
    reached = f"{100 * accuracy:.2f} %"
    text = f"share of steps right in sequences of {TEST_STEPS:,}"
    yield claim(text, "99.9 % at least", reached, passed=accuracy > MIN_ACCURACY)
    drift = float(np.max(moves / nearest))
    text, reached = f"drift of the state in {SILENCE} steps", f"{drift:.1e} of the way to the next"
    yield claim(text, "half of the way at most", reached, passed=drift < MAX_DRIFT)


def held_states(network: Network, parameters: Parameters, combinations: Array) -> tuple[Array, Array]:
    """Return the states (8, H) that hold the combinations (8, 3), after 100 steps and after 100 more."""
    x = np.zeros((SILENCE, len(combinations), SWITCHES), np.float32)
    x[0] = combinations
    _, state, _ = network.forward(parameters, x)
    held = state[0, 0].astype(np.float64)
    x[0] = 0.0
    _, state, _ = network.forward(parameters, x, state)
    return held, state[0, 0].astype(np.float64)


def nearest_distances(states: Array) -> Array:
    """Return the distance (N,) of each state (N, H) to the nearest other one."""
    distances = np.linalg.norm(states[:, None] - states[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    nearest: Array = distances.min(axis=-1)
    return nearest


def pulses(T: int, B: int, rng: np.random.Generator, pulse_rate: float = PULSE_RATE) -> tuple[Array, Array]:
    """Return pulses x (T, B, 3), with one for every switch at the first step, and the positions (T, B, 3), 0 or 1."""
    x = np.where(rng.random((T, B, SWITCHES)) < pulse_rate, rng.choice([-1.0, 1.0], (T, B, SWITCHES)), 0.0)
    x[0] = rng.choice([-1.0, 1.0], (B, SWITCHES))
    positions = x.copy()
    for t in range(1, T):
        positions[t] = np.where(x[t] == 0.0, positions[t - 1], x[t])
    return x.astype(np.float32), (positions > 0).astype(np.float32)
