"""Three steps of every optimizer against the formulas worked out by hand, on one weight."""

import math

import numpy as np
import pytest

from charrnn.network.arrays import Parameters
from charrnn.training.optimizers import OPTIMIZERS, PIECE, Adam, fresh_moments

GRADIENTS = (0.5, -1.0, 2.0)
RATE = 0.1


def by_formula(name: str) -> float:
    """The weight after three steps from 1.0, in plain arithmetic."""
    w, a, b = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, start=1):
        if name == "sgd":
            w -= RATE * g
        elif name == "momentum":
            a = 0.9 * a + g
            w -= RATE * a
        elif name == "adagrad":
            a += g * g
            w -= RATE * g / (math.sqrt(a) + 1e-8)
        elif name == "rmsprop":
            a = 0.95 * a + 0.05 * g * g
            w -= RATE * g / (math.sqrt(a) + 1e-8)
        else:
            a, b = 0.9 * a + 0.1 * g, 0.99 * b + 0.01 * g * g
            w -= RATE * (a / (1 - 0.9**t)) / (math.sqrt(b / (1 - 0.99**t)) + 1e-8)
    return w


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_three_steps_are_those_of_the_formula(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    parameters: Parameters = {"w": np.ones(3)}
    moments = fresh_moments(optimizer, parameters)
    for step, g in enumerate(GRADIENTS, start=1):
        optimizer.update(parameters, {"w": np.full(3, g)}, moments, RATE, step)
    np.testing.assert_allclose(parameters["w"], by_formula(name), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_an_array_of_many_pieces_is_updated_to_its_end_and_in_place(name: str) -> None:
    optimizer, rng = OPTIMIZERS[name], np.random.default_rng(0)
    shape = (3, PIECE)
    w, g = rng.standard_normal(shape), rng.standard_normal(shape)
    parameters: Parameters = {"w": w.copy()}
    kept = parameters["w"]
    moments = fresh_moments(optimizer, parameters)
    optimizer.update(parameters, {"w": g}, moments, RATE, 1)
    alone: Parameters = {"w": w[-1:, -5:].copy()}
    optimizer.update(alone, {"w": g[-1:, -5:].copy()}, fresh_moments(optimizer, alone), RATE, 1)
    assert parameters["w"] is kept
    np.testing.assert_allclose(kept[-1:, -5:], alone["w"], rtol=1e-12)
    assert (kept != w).all()


def test_moments_are_named_after_their_weights() -> None:
    assert set(fresh_moments(Adam(), {"head.W": np.ones(2)})) == {"m.head.W", "v.head.W"}


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient() -> None:
    for g in (1e-3, 1.0, 1e3):
        parameters: Parameters = {"w": np.zeros(1)}
        Adam().update(parameters, {"w": np.array([g])}, fresh_moments(Adam(), parameters), RATE, 1)
        assert parameters["w"][0] == pytest.approx(-RATE, rel=1e-4)
