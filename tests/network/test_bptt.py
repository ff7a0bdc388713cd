"""Back-propagation through time: worked examples, resets, and the gradients of one layer."""

import numpy as np
import pytest

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Mask, Parameters, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS
from charrnn.network.cells.elman import Tanh
from charrnn.network.gradient_check import check_gradients

T, B, H = 6, 3, 5
F64 = np.float64


def run_layer(parameters: Parameters, x: Array, state: Array, workspace: Workspace) -> tuple[Array, Array]:
    """Return y and the last state of a tanh layer over vectors x (T, B, D)."""
    z, _ = affine(parameters, "l.Wx", "l.b", x, workspace)
    y, last, _ = unroll(Tanh(), parameters, "l", z, state, workspace)
    return y, last


def test_the_worked_example_has_the_right_twelve_digits() -> None:
    parameters: Parameters = {
        "l.Wx": np.array([[0.5, 0.6]]),
        "l.Wh": np.array([[0.1, 0.2], [0.3, 0.4]]),
        "l.b": np.array([0.1, -0.1]),
        "head.W": np.array([[1.0], [2.0]]),
        "head.b": np.array([0.1]),
    }
    workspace = Workspace(F64)
    y, last = run_layer(parameters, np.array([[[1.0]], [[2.0]]]), np.zeros((1, 1, 2)), workspace)
    output, _ = affine(parameters, "head.W", "head.b", y, workspace)
    states = [[0.5370495669980352, 0.46211715726000974], [0.8597381843462615, 0.8836664119437349]]
    np.testing.assert_allclose(y[:, 0], states, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.arctanh(y[1, 0]), [1.2923401038778066, 1.3922567763036109], rtol=0, atol=1e-12)
    np.testing.assert_allclose(output[:, 0, 0], [1.5612838815180548, 2.727071008233731], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(last[0], y[1])


def test_one_step_gives_the_published_numbers() -> None:
    N, D, width = 3, 10, 4
    parameters: Parameters = {
        "l.Wx": np.linspace(-0.1, 0.9, D * width).reshape(D, width),
        "l.Wh": np.linspace(-0.3, 0.7, width * width).reshape(width, width),
        "l.b": np.linspace(-0.2, 0.4, width),
    }
    x, state = np.linspace(-0.4, 0.7, N * D).reshape(1, N, D), np.linspace(-0.2, 0.5, N * width).reshape(1, N, width)
    y, _ = run_layer(parameters, x, state, Workspace(F64))
    published = [
        [-0.5817208894, -0.5018203226, -0.4123277085, -0.3141009840],
        [0.6685469230, 0.7956237812, 0.8775555281, 0.9279596661],
        [0.9793450054, 0.9914421288, 0.9964669105, 0.9985435332],
    ]
    np.testing.assert_allclose(y[0], published, rtol=0, atol=1e-9)


def test_one_matrix_over_input_and_state_gives_the_same_states_as_two() -> None:
    rng, D = np.random.default_rng(0), 4
    x, Wx, Wh, b = (rng.normal(size=shape) for shape in ((T, B, D), (D, H), (H, H), (H,)))
    y, _ = run_layer({"l.Wx": Wx, "l.Wh": Wh, "l.b": b}, x, np.zeros((1, B, H)), Workspace(F64))
    h, W = np.zeros((B, H)), np.vstack([Wx, Wh])
    for t in range(T):
        h = np.tanh(np.hstack([x[t], h]) @ W + b)
        np.testing.assert_allclose(y[t], h, rtol=0, atol=1e-14)


def some_resets() -> Mask:
    """Return a mask (T, B) that resets the first stream at step 2, the second at 0 and 4, and the third never."""
    resets = np.zeros((T, B), np.bool_)
    resets[2, 0] = resets[0, 1] = resets[4, 1] = True
    return resets


@pytest.mark.parametrize("cell", CELLS)
def test_after_a_reset_the_states_are_those_of_a_window_that_begins_there(cell: str) -> None:
    rng, G, S = np.random.default_rng(0), CELLS[cell].gates, CELLS[cell].states
    z = rng.normal(size=(T, 1, G * H))
    parameters: Parameters = {"l.Wh": rng.normal(0.0, 0.3, (H, G * H))}
    state, resets = rng.normal(size=(S, 1, H)), some_resets()[:, :1]
    whole, last, _ = unroll(CELLS[cell], parameters, "l", z.copy(), state, Workspace(F64), resets)
    head, _, _ = unroll(CELLS[cell], parameters, "l", z[:2].copy(), state, Workspace(F64))
    tail, tail_last, _ = unroll(CELLS[cell], parameters, "l", z[2:].copy(), np.zeros_like(state), Workspace(F64))
    np.testing.assert_array_equal(whole[:1], head[:1])  # y of the step before the reset is cleared
    np.testing.assert_array_equal(whole[2:], tail)
    np.testing.assert_array_equal(last, tail_last)


@pytest.mark.parametrize("with_resets", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradients_of_input_weights_and_state_are_the_central_differences(cell: str, with_resets: bool) -> None:
    """Of a loss that depends on every output and on the last state."""
    rng, G, S = np.random.default_rng(0), CELLS[cell].gates, CELLS[cell].states
    resets = some_resets() if with_resets else None
    dy, dlast = rng.normal(size=(T, B, H)), rng.normal(size=(S, B, H))
    if resets is not None:
        dy[:-1][resets[1:]] = 0.0  # no loss depends on y of the step before a reset
    arrays: Parameters = {
        "z": rng.normal(size=(T, B, G * H)),
        "l.Wh": rng.normal(0.0, 0.5, (H, G * H)),
        "state": rng.normal(0.0, 0.5, (S, B, H)),
    }

    def loss(at: Parameters) -> float:
        y, last, _ = unroll(CELLS[cell], at, "l", at["z"].copy(), at["state"], Workspace(F64), resets)
        return float((y * dy).sum() + (last * dlast).sum())

    _, _, backward = unroll(CELLS[cell], arrays, "l", arrays["z"].copy(), arrays["state"], Workspace(F64), resets)
    dz, gradients, dstate = backward(dy, dlast)
    check = check_gradients(loss, arrays, {"z": dz, "state": dstate, **gradients}, entries=30, rng=rng)
    assert check.passed, check.suspects
