"""Sines: predict the next value of a noisy curve from the ten values before it, then forecast many steps.

Reports the error of networks beside two baselines.
"""

from collections.abc import Callable, Iterator

import numpy as np

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Curves, Figure, Finding, Result, claim
from charrnn.lab.training import cosine_decay, endless, train, train_from_scratch
from charrnn.network.arrays import Array, Parameters
from charrnn.training.optimizers import Adagrad

TITLE = "Predicting a curve"
EXPLANATION = """\
The curve is sin(πx/3) + cos(πx/3) + sin(2πx/3) in steps of 0.01, with noise on every value. Three layers of 30 tanh
units read ten values and predict the next: many to one, half the squared error at the last step only. Training has
10,000 windows, the test the 1,000 windows that follow.
A plot in which both lines coincide shows little, because repeating the last value is as good. Therefore the errors
are listed beside that baseline and beside linear regression, which is nearly optimal: the noise alone has an error of
0.000417.
Last, a network is trained on 100 targets in a row, in steps of 0.1, and then reads its own prediction 180 times. The
forecast stays on the curve for three periods, although it reads nothing but its own predictions."""

NETWORK = sequence_network(1, 1, 30, layers=3, head="linear")
T, BATCH = 10, 32
TRAIN, TEST = 10_000, 1000
SPACING, NOISE = 0.01, 0.05
ARTICLE_UPDATES, EARLY_UPDATES, ARTICLE_RATE = 1565, 600, 0.025
LONG_BATCH, RATE = 128, 3e-3
FORECAST_SPACING, FORECAST_T, PROMPT, AHEAD, FORECAST_RATE = 0.1, 100, 60, 180, 5e-3
FORECAST_TRAIN = TRAIN // 10
MAX_FORECAST_ERROR = 0.2
"""Root mean square; the curve lies between -2.2 and 2.4."""


def run(seed: int, steps: int) -> Iterator[Result]:
    rng = np.random.default_rng(seed)
    values = curve(np.arange(T + TRAIN + TEST) * SPACING)
    windows = np.lib.stride_tricks.sliding_window_view(values + noise(len(values), rng), T + 1)
    train_windows, test_windows = windows[:TRAIN], windows[TRAIN:]
    last_value = half_mse(test_windows[:, -2], test_windows)
    regression = half_mse(linear_regression(train_windows, test_windows), test_windows)
    yield _finding("the last value", 0, last_value, regression)
    yield _finding("linear regression", 0, regression, regression)
    trainings: tuple[tuple[str, Callable[..., Parameters], int, int], ...] = (
        ("as the article", train_as_article, min(ARTICLE_UPDATES, steps), BATCH),
        ("Adam", train_better, min(EARLY_UPDATES, steps), BATCH),
        ("Adam", train_better, min(ARTICLE_UPDATES, steps), BATCH),
        ("Adam, four times the batch", train_better, steps, LONG_BATCH),
    )
    errors = []
    for name, train_network, updates, batch in trainings:
        parameters = train_network(train_windows, updates, batch, rng)
        errors.append(half_mse(predict(parameters, test_windows), test_windows))
        yield _finding(name, updates, errors[-1], regression)
    forecast_error, forecast_curves = forecast(min(ARTICLE_UPDATES, steps), rng)
    yield forecast_curves
    _, early, late, long = errors
    yield claim("error after 600 updates", "0.0016 to 0.0054", f"{early:.5f}", passed=early <= 1.6e-3)
    yield claim("error after 1,565 updates", "0.0010 to 0.0030", f"{late:.5f}", passed=late <= 1.0e-3)
    text = "no worse than repeating the last value"
    yield claim(text, f"{last_value:.5f}", f"{late:.5f}", passed=late <= last_value)
    reached = f"{long:.5f} ({long / regression:.2f} ×)"
    yield claim("within 1.1 × linear regression", f"{regression:.5f}", reached, passed=long <= 1.1 * regression)
    text, passed = "error of a forecast of 180 steps", forecast_error < MAX_FORECAST_ERROR
    yield claim(text, "0.2 at most", f"{forecast_error:.3f}", passed=passed)


def _finding(name: str, updates: int, error: float, regression: float) -> Finding:
    figures: dict[str, Figure] = {"by": name, "updates": updates, "error": error, "of_regression": error / regression}
    return Finding("half mean squared error", figures)


def curve(x: Array) -> Array:
    """Return the curve at x, without noise."""
    y: Array = np.sin(np.pi * x / 3) + np.cos(np.pi * x / 3) + np.sin(np.pi * x / 1.5)
    return y


def noise(n: int, rng: np.random.Generator) -> Array:
    """Return n values of uniform noise."""
    return rng.uniform(-NOISE, NOISE, n)


def half_mse(predictions: Array, windows: Array) -> float:
    """Return half the mean squared error of predictions (N,) of the last value of each window (N, T + 1)."""
    return float(0.5 * np.square(predictions - windows[:, -1]).mean())


def linear_regression(train_windows: Array, test_windows: Array) -> Array:
    """Return predictions (N,) of the last values of the test windows, by least squares over the training windows."""
    x, x_test = (np.column_stack([part[:, :-1], np.ones(len(part))]) for part in (train_windows, test_windows))
    weights, *_ = np.linalg.lstsq(x, train_windows[:, -1], rcond=None)
    predictions: Array = x_test @ weights
    return predictions


def train_as_article(windows: Array, updates: int, batch: int, rng: np.random.Generator) -> Parameters:
    """Train by Adagrad at a rate of 0.025, from weights drawn from U(-1e-4, 1e-4)."""
    shapes = NETWORK.shapes()
    parameters: Parameters = {
        name: rng.uniform(-1e-4, 1e-4, shape).astype(np.float32) for name, shape in shapes.items()
    }
    batches = last_value_batches(windows, batch, rng)
    training = train(NETWORK, parameters, batches, steps=updates, rate=ARTICLE_RATE, optimizer=Adagrad(), clip=0.0)
    for _ in training:
        pass
    return parameters


def train_better(windows: Array, updates: int, batch: int, rng: np.random.Generator) -> Parameters:
    """Train by Adam at a rate that falls to zero, from orthogonal weights."""
    batches = last_value_batches(windows, batch, rng)
    return train_from_scratch(NETWORK, batches, steps=updates, rate=cosine_decay(RATE), rng=rng, clip=1.0)


def last_value_batches(windows: Array, B: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Yield batches of windows (N, T + 1): x (T, B, 1), and targets (T, B, 1) that are NaN before the last step."""
    while True:
        batch = windows[rng.integers(len(windows), size=B)].T[..., None].astype(np.float32)
        targets = np.full_like(batch[1:], np.nan)
        targets[-1] = batch[-1]
        yield batch[:-1], targets


def predict(parameters: Parameters, windows: Array) -> Array:
    """Return the value (N,) that the network predicts after the first T values of each window (N, T + 1)."""
    predictions: Array = NETWORK.output(parameters, windows[:, :-1].T[..., None].astype(np.float32))[-1, :, 0]
    return predictions


def forecast(updates: int, rng: np.random.Generator) -> tuple[float, Curves]:
    """Train a network and forecast 180 steps; return the root mean square error and the curves."""
    x = np.arange(FORECAST_TRAIN + PROMPT + AHEAD) * FORECAST_SPACING
    y = curve(x)
    noisy = (y + noise(len(x), rng)).astype(np.float32)
    batches = endless(lambda: random_pieces(noisy[:FORECAST_TRAIN], FORECAST_T, BATCH, rng))
    rate = cosine_decay(FORECAST_RATE)
    parameters = train_from_scratch(NETWORK, batches, steps=updates, rate=rate, rng=rng, clip=1.0)
    predictions = generate(parameters, noisy[FORECAST_TRAIN:][:PROMPT], AHEAD)
    error = float(np.sqrt(np.square(predictions - y[-AHEAD:]).mean()))
    lines = {"truth": (x[-AHEAD:], y[-AHEAD:]), "forecast": (x[-AHEAD:], predictions)}
    return error, Curves("A forecast of 180 steps from its own predictions", "x", lines)


def random_pieces(values: Array, T: int, B: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return random pieces of the values (N,): x (T, B, 1), and the value after each step as its target."""
    positions = rng.integers(len(values) - T, size=B) + np.arange(T + 1)[:, None]
    pieces = values[positions][..., None]
    return pieces[:-1], pieces[1:]


def generate(parameters: Parameters, prompt: Array, n: int) -> Array:
    """Return n values (n,): the network reads the prompt, then its own predictions."""
    state = NETWORK.initial_state(1)
    x, predictions = prompt.reshape(-1, 1, 1), []
    for _ in range(n):
        scores, state, _ = NETWORK.forward(parameters, x, state)
        x = scores[-1:]
        predictions.append(float(x[0, 0, 0]))
    return np.array(predictions)
