"""Cells: their equations written out, their gradients, what their gates do, and that all train language models."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from charrnn import LanguageModel
from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.language.predictor import RnnPredictor, advance_each
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS
from charrnn.network.gradient_check import check_gradients
from charrnn.network.losses import cross_entropy
from charrnn.network.network import Network
from charrnn.pipeline.start import resume_run, start_run

V, H, B = 7, 5, 3
F64 = np.float64


def sigma(x: Array) -> Array:
    result: Array = 1.0 / (1.0 + np.exp(-x))
    return result


def elman(f: Callable[[Array], Array]) -> Callable[[Array, Array, Array], Array]:
    return lambda z, q, state: f(z + q)[None]


def lstm(z: Array, q: Array, state: Array) -> Array:
    i, f, o, g = np.split(z + q, 4, axis=1)
    c = sigma(f) * state[1] + sigma(i) * np.tanh(g)
    return np.stack([sigma(o) * np.tanh(c), c])


def gru(z: Array, q: Array, state: Array) -> Array:
    (z_r, z_u, z_n), (q_r, q_u, q_n) = np.split(z, 3, axis=1), np.split(q, 3, axis=1)
    r, u = sigma(z_r + q_r), sigma(z_u + q_u)
    n = np.tanh(z_n + r * q_n)
    h: Array = (1.0 - u) * n + u * state[0]
    return h[None]


ORDER = np.concatenate([np.arange(2 * H), np.arange(3 * H, 4 * H), np.arange(2 * H, 3 * H)])
"""From i, f, g, o to i, f, o, g."""

EQUATIONS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "tanh": elman(np.tanh),
    "relu": elman(lambda x: np.maximum(x, 0.0)),
    "sigmoid": elman(sigma),
    "identity": elman(lambda x: x),
    "lstm": lstm,
    "gru": gru,
}
"""z (B, G·H), h @ Wh (B, G·H) and the state (S, B, H) before → the state after."""


def make(cell: str, layers: int = 2, dropout: float = 0.0, start: int | None = None, hidden: int = H) -> Network:
    return Network(NetworkConfig(V, hidden, layers, 4, dropout, cell, bos_id=start))


def weights(network: Network, seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in network.shapes().items()}


def a_state(network: Network, streams: int = B) -> Array:
    state: Array = np.random.default_rng(2).normal(0.0, 0.5, network.start(streams).shape)
    return state


def test_every_cell_is_here() -> None:
    assert set(EQUATIONS) == set(CELLS)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("panels", [False, True])
def test_the_states_are_those_of_the_equations(cell: str, panels: bool) -> None:
    T, width = 6, 32
    G, S = CELLS[cell].gates, CELLS[cell].states
    rng = np.random.default_rng(0)
    z, Wh = rng.normal(size=(T, B, G * width)), rng.normal(0.0, 0.2, (width, G * width))
    state = rng.normal(0.0, 0.5, (S, B, width))
    expected: Array = state
    states = []
    for t in range(T):
        expected = EQUATIONS[cell](z[t], expected[0] @ Wh, expected)
        states.append(expected[0])
    y, last, _ = unroll(CELLS[cell], Wh, z.copy(), state, "any", Workspace(F64, panels=panels))
    np.testing.assert_allclose(y, states, rtol=0, atol=1e-12)
    np.testing.assert_allclose(last, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize(("layers", "dropout", "start"), [(1, 0.0, None), (2, 0.3, None), (3, 0.0, 2)])
def test_the_gradients_are_those_of_central_differences(
    cell: str, layers: int, dropout: float, start: int | None, T: int
) -> None:
    network = make(cell, layers, dropout, start)
    tokens = np.random.default_rng(1).integers(V, size=(T + 1, B))
    inputs, targets = tokens[:-1], tokens[1:]
    masks = network.dropout_masks(B, np.random.default_rng(3), F64)
    arrays = weights(network) | {"state": a_state(network)}

    def loss(at: Parameters) -> float:
        workspace = Workspace(F64)
        logits, _, _ = network.forward(at, inputs, at["state"], masks, workspace)
        return cross_entropy(logits, targets, 1, workspace, network.counted(targets))[0]

    workspace = Workspace(F64)
    for _ in range(2):  # the second time in a workspace that was used
        logits, _, back = network.forward(arrays, inputs, arrays["state"], masks, workspace)
        _, dlogits = cross_entropy(logits, targets, 1, workspace, network.counted(targets))
        gradients, dstate = back(dlogits)
    check = check_gradients(loss, arrays, gradients | {"state": dstate}, entries=40, rng=np.random.default_rng(0))
    assert check.passed, check.suspects


def step(cell: str, z: Array, state: Array) -> Array:
    """One step without a recurrent product: the gates are what z says."""
    width = state.shape[-1]
    Wh = np.zeros((width, CELLS[cell].gates * width))
    _, after, _ = unroll(CELLS[cell], Wh, z[None].copy(), state, "any", Workspace(F64))
    return after


def test_an_lstm_keeps_what_its_gates_keep_and_forgets_what_they_forget() -> None:
    state = np.random.default_rng(0).normal(size=(2, B, H))
    shut, open_, anything = np.full((B, H), -1e3), np.full((B, H), 1e3), np.ones((B, H))
    kept = step("lstm", np.hstack([shut, open_, anything, anything]), state)
    np.testing.assert_array_equal(kept[1], state[1])
    forgotten = step("lstm", np.hstack([shut, shut, anything, anything]), state)
    np.testing.assert_array_equal(forgotten[1], 0.0)
    written = step("lstm", np.hstack([open_, shut, open_, open_]), state)
    np.testing.assert_array_equal(written[1], 1.0)
    np.testing.assert_allclose(written[0], np.tanh(1.0))


def test_a_gru_keeps_its_state_where_the_update_gate_is_open() -> None:
    state = np.random.default_rng(0).normal(size=(1, B, H))
    shut, open_ = np.full((B, H), -1e3), np.full((B, H), 1e3)
    np.testing.assert_allclose(step("gru", np.hstack([shut, open_, open_]), state), state, rtol=1e-14)
    np.testing.assert_array_equal(step("gru", np.hstack([shut, shut, open_]), state), 1.0)


def test_the_forget_gate_begins_open_and_stays_as_it_was_saved(tmp_path: Path) -> None:
    parameters = make("lstm").initialize(np.random.default_rng(0))
    for l in range(2):
        np.testing.assert_array_equal(parameters[f"layers.{l}.b"], [0.0] * H + [1.0] * H + [0.0] * 2 * H)
    np.testing.assert_array_equal(parameters["head.b"], 0.0)
    path = tmp_path / "text.txt"
    path.write_text("some text that is learned\n" * 30, "utf-8")
    overrides = Overrides(hidden=8, layers=1, steps=8, bptt=8, batch=4, cell="lstm", lr=0.1)
    list(start_run(tmp_path / "run", TextConfig((str(path),)), overrides).train())
    learned = LanguageModel.load(tmp_path / "run").parameters["layers.0.b"]
    assert (learned[8:16] != 1.0).any()


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_after_the_other_is_the_window(cell: str) -> None:
    network = make(cell)
    parameters = weights(network)
    ids = np.random.default_rng(4).integers(V, size=12)
    logits, end, _ = network.forward(parameters, ids[:, None], network.start(1, F64), None, Workspace(F64))
    predictor = RnnPredictor(network, parameters)
    state = predictor.start()
    for token, expected in zip(ids.tolist(), logits[:, 0], strict=True):
        before = state
        found, state = predictor.advance([token], state)
        np.testing.assert_allclose(found, expected, atol=1e-12)
        for each, after in advance_each(predictor, [token, token], [before, before]):
            np.testing.assert_allclose(each, expected, atol=1e-12)
            np.testing.assert_allclose(after, state, atol=1e-12)
    np.testing.assert_allclose(state, end, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_trains_a_language_model_and_goes_on_to_the_bit(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the lamp was lit by ottoline, who had never been late\n" * 40, "utf-8")
    overrides = Overrides(hidden=16, layers=2, bptt=16, batch=8, steps=60, evaluate_every=30, cell=cell, lr=0.01)
    overrides |= {"dropout": 0.1, "threads": 2}
    events = list(start_run(tmp_path / "whole", TextConfig((str(path),)), overrides).train())
    losses = [event.loss for event in events if event.kind == "step"]  # type: ignore[attr-defined]
    assert losses[-1] < losses[0] - 0.6
    broken = start_run(tmp_path / "broken", TextConfig((str(path),)), overrides).train()
    for event in broken:
        if event.kind == "checkpoint" and event.step == 30:
            break
    broken.close()  # type: ignore[attr-defined]
    list(resume_run(tmp_path / "broken").train())
    one, two = (LanguageModel.load(tmp_path / name).parameters for name in ("whole", "broken"))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


def test_the_cells_of_another_library_are_the_same() -> None:
    """Its LSTM has o behind g; its GRU resets after the product, with a bias that is zero here."""
    torch = pytest.importorskip("torch")
    T, D = 6, 4
    rng = np.random.default_rng(0)
    for cell, theirs in (("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU)):
        G = CELLS[cell].gates
        Wx, Wh, b = (rng.normal(0.0, 0.3, shape) for shape in ((D, G * H), (H, G * H), (G * H,)))
        x, state = rng.normal(size=(T, B, D)), rng.normal(size=(CELLS[cell].states, B, H))
        layer = theirs(D, H).double()
        with torch.no_grad():
            layer.weight_ih_l0.copy_(torch.tensor(Wx.T))
            layer.weight_hh_l0.copy_(torch.tensor(Wh.T))
            layer.bias_ih_l0.copy_(torch.tensor(b))
            layer.bias_hh_l0.zero_()
            h0 = tuple(torch.tensor(each)[None] for each in state)
            y, _ = layer(torch.tensor(x), h0 if cell == "lstm" else h0[0])
        if cell == "lstm":
            Wx, Wh, b = (each[..., ORDER] for each in (Wx, Wh, b))
        ours, _, _ = unroll(CELLS[cell], Wh, x @ Wx + b, state, "any", Workspace(F64))
        np.testing.assert_allclose(ours, y.numpy(), atol=1e-12)
