"""Sines: the next value of a noisy curve from the ten before it, and a forecast that lives on its own words.

A seed → the error of networks beside simple guesses, then a forecast of many steps.
"""

from collections.abc import Iterator

import numpy as np

from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import Draw, Rate, learn
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.training.optimizers import Adagrad, Adam, Optimizer
from charrnn.training.schedules import cosine

TITLE = "Predicting a curve"
EXPLANATION = """\
The curve is sin(πx/3) + cos(πx/3) + sin(2πx/3), in steps of 0.01, each with some noise. Three layers of 30 tanh units
read ten values and say the next: many to one, half the squared error at the last step alone. 10,000 windows to learn
from, 1,000 of what follows to be judged by.
A drawing in which both lines lie on each other says little: to repeat the last value is as good. So the figures stand
beside that guess and beside linear regression, which is nearly the best there is: the noise alone is 0.000417.
Last, steps of 0.1, and a network that learns from 100 targets in a row: what it says is fed back to it 180 times. The
forecast stays on the curve for three periods, with nothing but its own words to go by."""

NETWORK = SequenceNetwork(RecurrentLayers(1, 30, 3), 1, "linear")
T, BATCH = 10, 32
TRAIN, VALIDATION = 10_000, 1000
SPACING, NOISE = 0.01, 0.05
ARTICLE_UPDATES, EARLY = 1565, 600
LONG_BATCH, RATE = 128, 3e-3
FORECAST_SPACING, FORECAST_T, KNOWN, AHEAD, FORECAST_RATE = 0.1, 100, 60, 180, 5e-3
MOST_FORECAST_ERROR = 0.2
"""Root mean square; the curve reaches from -2.2 to 2.4."""


def run(seed: int, steps: int) -> Iterator[Result]:
    rng = np.random.default_rng(seed)
    values = curve(np.arange(T + TRAIN + VALIDATION) * SPACING)
    windows = np.lib.stride_tricks.sliding_window_view(values + noise(len(values), rng), T + 1)
    train, test = windows[:TRAIN], windows[TRAIN:]
    last_value = half_mse(test[:, -2], test)
    regression = half_mse(_with_one(test) @ np.linalg.lstsq(_with_one(train), train[:, -1], rcond=None)[0], test)
    yield Finding("half mean squared error", _figures("the last value", 0, last_value, regression))
    yield Finding("half mean squared error", _figures("linear regression", 0, regression, regression))
    article = min(ARTICLE_UPDATES, steps)
    found = []
    for name, training, updates, batch in (
        ("as the article", as_the_article, article, BATCH),
        ("Adam", by_adam, min(EARLY, steps), BATCH),
        ("Adam", by_adam, article, BATCH),
        ("Adam, four times the batch", by_adam, steps, LONG_BATCH),
    ):
        found.append(half_mse(says(training(train, updates, batch, rng), test), test))
        yield Finding("half mean squared error", _figures(name, updates, found[-1], regression))
    error, forecast = forecasting(article, rng)
    yield forecast
    _, early, late, long = found
    yield claim("better, 600 updates", "0.0016 to 0.0054", f"{early:.5f}", passed=early <= 1.6e-3)
    yield claim("better, 1,565 updates", "0.0010 to 0.0030", f"{late:.5f}", passed=late <= 1.0e-3)
    yield claim("no worse than the last value", f"{last_value:.5f}", f"{late:.5f}", passed=late <= last_value)
    reached = f"{long:.5f} ({long / regression:.2f} ×)"
    yield claim("within 1.1 × linear regression", f"{regression:.5f}", reached, passed=long <= 1.1 * regression)
    yield claim("error of a forecast of 180 steps", "0.2 at most", f"{error:.3f}", passed=error < MOST_FORECAST_ERROR)


def curve(x: Array) -> Array:
    """The curve without its noise."""
    y: Array = np.sin(np.pi * x / 3) + np.cos(np.pi * x / 3) + np.sin(np.pi * x / 1.5)
    return y


def noise(n: int, rng: np.random.Generator) -> Array:
    return rng.uniform(-NOISE, NOISE, n)


def half_mse(said: Array, windows: Array) -> float:
    """Half the mean squared error of what was said of the last value of each window (N, T + 1)."""
    return float(0.5 * np.square(said - windows[:, -1]).mean())


def as_the_article(train: Array, updates: int, batch: int, rng: np.random.Generator) -> Parameters:
    """Adagrad at 0.025, and weights that begin within a ten-thousandth of zero."""
    tiny = {name: rng.uniform(-1e-4, 1e-4, shape).astype(np.float32) for name, shape in NETWORK.shapes().items()}
    return fit(tiny, many_to_one(train, batch), updates, lambda progress: 0.025, Adagrad(), 0.0, rng)


def by_adam(train: Array, updates: int, batch: int, rng: np.random.Generator) -> Parameters:
    """Adam with a rate that falls to zero, and orthogonal weights."""
    start = NETWORK.initialize(rng)
    return fit(start, many_to_one(train, batch), updates, lambda progress: RATE * cosine(progress), Adam(), 1.0, rng)


def fit(
    parameters: Parameters,
    draw: Draw,
    updates: int,
    rate: Rate,
    optimizer: Optimizer,
    clip: float,
    rng: np.random.Generator,
) -> Parameters:
    """The parameters, trained in place."""
    for _ in learn(NETWORK, parameters, draw, steps=updates, rate=rate, rng=rng, optimizer=optimizer, clip=clip):
        pass
    return parameters


def many_to_one(windows: Array, B: int) -> Draw:
    """Windows (N, T + 1): x (T, B, 1), and a target at the last step alone."""

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, Array]:
        del number
        drawn = windows[rng.integers(len(windows), size=B)].T[..., None].astype(np.float32)
        targets = np.full_like(drawn[1:], np.nan)
        targets[-1] = drawn[-1]
        return drawn[:-1], targets

    return draw


def says(parameters: Parameters, windows: Array) -> Array:
    """What follows the first T values of each window (N, T + 1)."""
    said: Array = NETWORK.output(parameters, windows[:, :-1].T[..., None].astype(np.float32))[-1, :, 0]
    return said


def forecasting(updates: int, rng: np.random.Generator) -> tuple[float, Curves]:
    """The root mean square error of a forecast of AHEAD steps, and its drawing."""
    x = np.arange(TRAIN // 10 + KNOWN + AHEAD) * FORECAST_SPACING
    truth = curve(x)
    noisy = (truth + noise(len(x), rng)).astype(np.float32)
    known, future = noisy[TRAIN // 10 :][:KNOWN], x[-AHEAD:]
    start = NETWORK.initialize(rng)
    draw = every_step(noisy[: TRAIN // 10], FORECAST_T, BATCH)
    parameters = fit(start, draw, updates, lambda progress: FORECAST_RATE * cosine(progress), Adam(), 1.0, rng)
    said = fed_back(parameters, known, AHEAD)
    error = float(np.sqrt(np.square(said - truth[-AHEAD:]).mean()))
    lines = {"truth": (future, truth[-AHEAD:]), "forecast": (future, said)}
    return error, Curves("A forecast of 180 steps, fed with itself", "x", lines)


def every_step(values: Array, T: int, B: int) -> Draw:
    """Pieces of the values (N,): x (T, B, 1), and the value after each step as its target."""

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, Array]:
        del number
        places = rng.integers(len(values) - T, size=B) + np.arange(T + 1)[:, None]
        pieces = values[places][..., None]
        return pieces[:-1], pieces[1:]

    return draw


def fed_back(parameters: Parameters, known: Array, n: int) -> Array:
    """n values (n,): the network reads the known ones, and from then on what it says itself."""
    workspace, state = Workspace(), NETWORK.start(1)
    x, said = known.reshape(-1, 1, 1), []
    for _ in range(n):
        scores, state, _ = NETWORK.forward(parameters, x, state, workspace)
        x = scores[-1:].copy()
        said.append(float(x[0, 0, 0]))
    return np.array(said)


def _with_one(windows: Array) -> Array:
    """The first T values of each window, and a one for the constant."""
    return np.column_stack([windows[:, :-1], np.ones(len(windows))])


def _figures(name: str, updates: int, error: float, regression: float) -> dict[str, Figure]:
    return {"by": name, "updates": updates, "error": error, "of_regression": error / regression}
