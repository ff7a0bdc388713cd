"""Optimizers: three steps of each against the formulas, with and without weight decay."""

import math
from dataclasses import replace

import numpy as np
import pytest

from charrnn.config import TrainingConfig
from charrnn.network.arrays import Parameters
from charrnn.training.optimizers import OPTIMIZERS, PIECE, Adam, Optimizer, initial_moments, make_optimizer

GRADIENTS = (0.5, -1.0, 2.0)
RATE = 0.1


def by_formula(name: str, decay: float = 0.0) -> float:
    """Return the weight after three steps from 1.0, in plain arithmetic."""
    w, a, b = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, start=1):
        w -= RATE * decay * w
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


def after_three_steps(optimizer: Optimizer, gradients: tuple[float, ...]) -> Parameters:
    """Return a matrix W and a bias b, of ones at first, after an update for each gradient."""
    parameters: Parameters = {"W": np.ones((3, 2)), "b": np.ones(2)}
    moments = initial_moments(optimizer, parameters)
    for step, g in enumerate(gradients, start=1):
        optimizer.update(parameters, {"W": np.full((3, 2), g), "b": np.full(2, g)}, moments, RATE, step)
    return parameters


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_three_steps_are_those_of_the_formula(name: str) -> None:
    parameters = after_three_steps(OPTIMIZERS[name], GRADIENTS)
    np.testing.assert_allclose(parameters["W"], by_formula(name), rtol=1e-12)
    np.testing.assert_allclose(parameters["b"], by_formula(name), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_weight_decay_shrinks_matrices_by_the_rate_and_leaves_biases(name: str) -> None:
    optimizer = make_optimizer(TrainingConfig(steps=3, optimizer=name, lr=RATE, weight_decay=0.2))
    parameters = after_three_steps(optimizer, GRADIENTS)
    np.testing.assert_allclose(parameters["W"], by_formula(name, decay=0.2), rtol=1e-12)
    np.testing.assert_allclose(parameters["b"], by_formula(name), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_weight_decay_does_not_depend_on_the_gradient(name: str) -> None:
    """Three steps at rate 0.1 with decay 0.2 and no gradient leave (1 - 0.02)³ = 0.941192 of a weight."""
    optimizer = replace(OPTIMIZERS[name], weight_decay=0.2)
    parameters = after_three_steps(optimizer, (0.0, 0.0, 0.0))
    np.testing.assert_allclose(parameters["W"], 0.941192, rtol=1e-12)
    assert (parameters["b"] == 1.0).all()


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_weight_decay_reaches_every_piece_of_a_matrix_once(name: str) -> None:
    optimizer = replace(OPTIMIZERS[name], weight_decay=0.5)
    parameters: Parameters = {"W": np.ones((3, PIECE), np.float32)}
    gradients: Parameters = {"W": np.zeros((3, PIECE), np.float32)}
    optimizer.update(parameters, gradients, initial_moments(optimizer, parameters), RATE, 1)
    assert parameters["W"].dtype == np.float32
    assert (parameters["W"] == np.float32(0.95)).all()


def test_a_run_has_no_weight_decay_unless_it_is_given() -> None:
    assert make_optimizer(TrainingConfig(steps=3)) == Adam()
    assert make_optimizer(TrainingConfig(steps=3, weight_decay=0.1)) == Adam(weight_decay=0.1)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_an_array_of_many_pieces_is_updated_to_its_end_and_in_place(name: str) -> None:
    optimizer, rng = OPTIMIZERS[name], np.random.default_rng(0)
    shape = (3, PIECE)
    w, g = rng.standard_normal(shape), rng.standard_normal(shape)
    parameters: Parameters = {"w": w.copy()}
    kept = parameters["w"]
    moments = initial_moments(optimizer, parameters)
    optimizer.update(parameters, {"w": g}, moments, RATE, 1)
    alone: Parameters = {"w": w[-1:, -5:].copy()}
    optimizer.update(alone, {"w": g[-1:, -5:].copy()}, initial_moments(optimizer, alone), RATE, 1)
    assert parameters["w"] is kept
    np.testing.assert_allclose(kept[-1:, -5:], alone["w"], rtol=1e-12)
    assert (kept != w).all()


def test_moments_are_named_after_their_weights() -> None:
    assert set(initial_moments(Adam(), {"head.W": np.ones(2)})) == {"m.head.W", "v.head.W"}


def test_the_first_step_of_adam_is_the_rate_for_any_gradient() -> None:
    for g in (1e-3, 1.0, 1e3):
        parameters: Parameters = {"w": np.zeros(1)}
        Adam().update(parameters, {"w": np.array([g])}, initial_moments(Adam(), parameters), RATE, 1)
        assert parameters["w"][0] == pytest.approx(-RATE, rel=1e-4)
