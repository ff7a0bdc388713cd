"""The gated recurrent unit: its equations, its gates, and another implementation."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.network.arrays import Array, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS

T, B, D, H = 6, 3, 4, 5


def sigma(a: Array) -> Array:
    result: Array = 1.0 / (1.0 + np.exp(-a))
    return result


def equations(z: Array, q: Array, state: Array) -> Array:
    (z_r, z_u, z_n), (q_r, q_u, q_n) = np.split(z, 3, axis=1), np.split(q, 3, axis=1)
    r, u = sigma(z_r + q_r), sigma(z_u + q_u)
    n = np.tanh(z_n + r * q_n)
    h: Array = (1.0 - u) * n + u * state[0]
    return h[None]


def test_the_states_are_those_of_the_equations(
    assert_equations: Callable[[str, Callable[..., Array]], None],
) -> None:
    assert_equations("gru", equations)


def test_an_open_update_gate_keeps_the_state_and_a_closed_one_replaces_it(
    step_with_gates: Callable[[str, list[Array], Array], Array],
) -> None:
    state = np.random.default_rng(0).normal(size=(1, B, H))
    closed, opened = np.full((B, H), -1e3), np.full((B, H), 1e3)
    np.testing.assert_allclose(step_with_gates("gru", [closed, opened, opened], state), state, rtol=1e-14)
    np.testing.assert_array_equal(step_with_gates("gru", [closed, closed, opened], state), 1.0)


def test_a_closed_reset_gate_hides_the_state_from_the_candidate() -> None:
    rng = np.random.default_rng(0)
    z = np.hstack([np.full((B, 2 * H), -1e3), rng.normal(size=(B, H))])[None]
    Wh = rng.normal(size=(H, 3 * H))
    Wh[:, : 2 * H] = 0.0
    y, _, _ = unroll(CELLS["gru"], {"l.Wh": Wh}, "l", z.copy(), rng.normal(size=(1, B, H)), Workspace(np.float64))
    np.testing.assert_array_equal(y[0], np.tanh(z[0, :, 2 * H :]))


def test_the_initial_bias_is_zero() -> None:
    np.testing.assert_array_equal(CELLS["gru"].bias(H), np.zeros(3 * H))


def test_the_unit_of_pytorch_gives_the_same_outputs() -> None:
    """PyTorch's unit has a bias inside the reset gate as well, which is zero here."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    Wx, Wh, b = (rng.normal(0.0, 0.3, shape) for shape in ((D, 3 * H), (H, 3 * H), (3 * H,)))
    x, state = rng.normal(size=(T, B, D)), rng.normal(size=(1, B, H))
    layer = torch.nn.GRU(D, H).double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(Wx.T))
        layer.weight_hh_l0.copy_(torch.tensor(Wh.T))
        layer.bias_ih_l0.copy_(torch.tensor(b))
        layer.bias_hh_l0.zero_()
        expected, _ = layer(torch.tensor(x), torch.tensor(state))
    y, _, _ = unroll(CELLS["gru"], {"l.Wh": Wh}, "l", x @ Wx + b, state, Workspace(np.float64))
    np.testing.assert_allclose(y, expected.numpy(), atol=1e-12)
