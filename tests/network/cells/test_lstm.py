"""Long short-term memory: its equations, its gates, its initial bias, and another implementation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.language.model import LanguageModel
from charrnn.network.arrays import Array, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS
from charrnn.network.network import Network
from charrnn.pipeline.start import start_run

T, B, D, H = 6, 3, 4, 5
FROM_IFGO = np.concatenate([np.arange(2 * H), np.arange(3 * H, 4 * H), np.arange(2 * H, 3 * H)])
"""Columns in the order i, f, g, o → the order i, f, o, g."""


def sigma(a: Array) -> Array:
    result: Array = 1.0 / (1.0 + np.exp(-a))
    return result


def equations(z: Array, q: Array, state: Array) -> Array:
    i, f, o, g = np.split(z + q, 4, axis=1)
    c = sigma(f) * state[1] + sigma(i) * np.tanh(g)
    return np.stack([sigma(o) * np.tanh(c), c])


def test_the_states_are_those_of_the_equations(
    assert_equations: Callable[[str, Callable[..., Array]], None],
) -> None:
    assert_equations("lstm", equations)


def test_the_gates_keep_forget_and_write_the_memory(
    step_with_gates: Callable[[str, list[Array], Array], Array],
) -> None:
    state = np.random.default_rng(0).normal(size=(2, B, H))
    closed, opened, ones = np.full((B, H), -1e3), np.full((B, H), 1e3), np.ones((B, H))
    kept = step_with_gates("lstm", [closed, opened, ones, ones], state)
    np.testing.assert_array_equal(kept[1], state[1])
    forgotten = step_with_gates("lstm", [closed, closed, ones, ones], state)
    np.testing.assert_array_equal(forgotten[1], 0.0)
    written = step_with_gates("lstm", [opened, closed, opened, opened], state)
    np.testing.assert_array_equal(written[1], 1.0)
    np.testing.assert_allclose(written[0], np.tanh(1.0))


def test_the_initial_bias_of_the_forget_gate_is_one() -> None:
    parameters = Network.from_config(NetworkConfig(7, H, 2, 4, cell="lstm")).initialize(np.random.default_rng(0))
    for l in range(2):
        np.testing.assert_array_equal(parameters[f"layers.{l}.b"], [0.0] * H + [1.0] * H + [0.0] * 2 * H)
    np.testing.assert_array_equal(parameters["head.b"], 0.0)


def test_a_loaded_model_has_the_learned_bias_and_not_the_initial_one(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("some text that is learned\n" * 30, "utf-8")
    overrides = Overrides(hidden=8, layers=1, steps=8, bptt=8, batch=4, cell="lstm", lr=0.1)
    run = start_run(tmp_path / "run", TextConfig((str(path),)), overrides)
    list(run.train())
    bias = LanguageModel.load(tmp_path / "run").parameters["layers.0.b"]
    assert (bias[8:16] != 1.0).any()


def test_the_layer_of_pytorch_gives_the_same_outputs() -> None:
    """PyTorch orders the columns i, f, g, o."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    Wx, Wh, b = (rng.normal(0.0, 0.3, shape) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,)))
    x, state = rng.normal(size=(T, B, D)), rng.normal(size=(2, B, H))
    layer = torch.nn.LSTM(D, H).double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(Wx.T))
        layer.weight_hh_l0.copy_(torch.tensor(Wh.T))
        layer.bias_ih_l0.copy_(torch.tensor(b))
        layer.bias_hh_l0.zero_()
        expected, _ = layer(torch.tensor(x), tuple(torch.tensor(array)[None] for array in state))
    Wx, Wh, b = (array[..., FROM_IFGO] for array in (Wx, Wh, b))
    y, _, _ = unroll(CELLS["lstm"], {"l.Wh": Wh}, "l", x @ Wx + b, state, Workspace(np.float64))
    np.testing.assert_allclose(y, expected.numpy(), atol=1e-12)
