"""The affine map: its values, its gradients, and the names that they are returned under."""

import numpy as np

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.gradient_check import check_gradients

T, B, D, N = 4, 3, 5, 2


def random_arrays() -> Parameters:
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(T, B, D)), "head.W": rng.normal(size=(D, N)), "head.b": rng.normal(size=N)}


def apply(arrays: Parameters) -> Array:
    return affine(arrays, "head.W", "head.b", arrays["x"], Workspace(np.float64))[0]


def test_y_is_x_times_w_plus_b_at_every_step() -> None:
    arrays = random_arrays()
    y = apply(arrays)
    assert y.shape == (T, B, N)
    for t in range(T):
        np.testing.assert_allclose(y[t], arrays["x"][t] @ arrays["head.W"] + arrays["head.b"], rtol=0, atol=1e-14)


def test_the_gradients_are_the_central_differences_under_the_names_of_the_weights() -> None:
    arrays, dy = random_arrays(), np.random.default_rng(1).normal(size=(T, B, N))
    _, backward = affine(arrays, "head.W", "head.b", arrays["x"], Workspace(np.float64))
    gradients = backward(dy.copy())
    assert gradients.parameters.keys() == {"head.W", "head.b"}
    check = check_gradients(
        lambda at: float((apply(at) * dy).sum()), arrays, {**gradients.parameters, "x": gradients.inputs}
    )
    assert check.passed, check.suspects
    assert gradients.state.size == 0
