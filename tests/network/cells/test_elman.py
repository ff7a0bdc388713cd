"""Simple recurrent cells: the equation of each, the slope of each, and the logistic function."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest

from charrnn.network.arrays import Array
from charrnn.network.cells.elman import Elman, Identity, ReLU, Sigmoid, Tanh, logistic

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0.0),
    "sigmoid": lambda a: np.asarray(1.0 / (1.0 + np.exp(-a))),
    "identity": lambda a: a,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_states_are_those_of_the_equation(
    name: str, assert_equations: Callable[[str, Callable[..., Array]], None]
) -> None:
    assert_equations(name, lambda z, q, state: ACTIVATIONS[name](z + q)[None])


@pytest.mark.parametrize("cell", [Tanh(), ReLU(), Sigmoid(), Identity()])
def test_the_slope_is_the_derivative_of_the_activation(cell: Elman) -> None:
    a = np.linspace(-3.0, 3.0, 50).reshape(1, 5, 10)  # without 0, where the rectifier has none

    def activation(a: Array) -> Array:
        out = np.empty_like(a)
        cell.activate(a.copy(), out)
        return out

    slope = np.empty_like(a)
    cell.slope(activation(a), slope)
    np.testing.assert_allclose(slope, (activation(a + 1e-6) - activation(a - 1e-6)) / 2e-6, rtol=0, atol=1e-9)


def test_the_logistic_function_does_not_overflow() -> None:
    a = np.array([-1e4, -1.0, 0.0, 1.0, 1e4], np.float32)
    out = np.empty_like(a)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logistic(a, out)
    np.testing.assert_allclose(out, [0.0, 0.26894142, 0.5, 0.73105858, 1.0], rtol=1e-6)
    logistic(a, a)
    np.testing.assert_array_equal(a, out)
