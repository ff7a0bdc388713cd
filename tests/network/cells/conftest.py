"""A window through one cell, and the same window by the equations of the cell."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.network.arrays import Array, Workspace
from charrnn.network.bptt import unroll
from charrnn.network.cells import CELLS

T, B = 6, 3

Equations = Callable[[Array, Array, Array], Array]
"""z (B, G·H), h @ Wh (B, G·H) and the state (S, B, H) before a step → the state after it."""


@pytest.fixture(scope="session")
def assert_equations() -> Callable[[str, Equations], None]:
    """A function that compares every state of a window with the equations, with whole matrices and with panels."""

    def compare(name: str, equations: Equations) -> None:
        cell, H = CELLS[name], 32
        rng = np.random.default_rng(0)
        z, Wh = rng.normal(size=(T, B, cell.gates * H)), rng.normal(0.0, 0.2, (H, cell.gates * H))
        initial: Array = rng.normal(0.0, 0.5, (cell.states, B, H))
        state = initial
        expected = []
        for t in range(T):
            state = equations(z[t], state[0] @ Wh, state)
            expected.append(state[0])
        for column_panels in (False, True):
            workspace = Workspace(np.float64, column_panels=column_panels)
            y, last, _ = unroll(cell, {"layer.Wh": Wh}, "layer", z.copy(), initial, workspace)
            np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12)
            np.testing.assert_allclose(last, state, rtol=0, atol=1e-12)

    return compare


@pytest.fixture(scope="session")
def step_with_gates() -> Callable[[str, list[Array], Array], Array]:
    """A function that returns the state after one step with Wh = 0, so that z alone sets the gates."""

    def step(name: str, z: list[Array], state: Array) -> Array:
        cell, H = CELLS[name], state.shape[-1]
        Wh = np.zeros((H, cell.gates * H))
        _, last, _ = unroll(cell, {"layer.Wh": Wh}, "layer", np.hstack(z)[None], state, Workspace(np.float64))
        return last

    return step
