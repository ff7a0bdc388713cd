"""Random weights and states, and the gradient check of one window."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pytest

from charrnn.network.arrays import Array, Inputs, Parameters, Targets, Workspace
from charrnn.network.encoder_decoder import EncoderDecoder
from charrnn.network.gradient_check import GradientCheck, check_gradients
from charrnn.network.network import Network

DEVIATION = 0.5


class CheckWindow(Protocol):
    """Checks the gradients of one window: those of the weights, of the initial state, and of vectors as inputs."""

    def __call__(
        self,
        network: Network,
        inputs: Inputs,
        targets: Targets,
        *,
        dropout_masks: Array | None = None,
        entries: int | None = None,
        column_panels: bool | None = None,
    ) -> GradientCheck: ...


@pytest.fixture(scope="session")
def random_weights() -> Callable[[Network | EncoderDecoder], Parameters]:
    """A function that draws the weights of a network from N(0, 0.5²) in float64; always the same."""

    def draw(network: Network | EncoderDecoder) -> Parameters:
        rng = np.random.default_rng(0)
        return {name: rng.normal(0.0, DEVIATION, shape) for name, shape in network.shapes().items()}

    return draw


@pytest.fixture(scope="session")
def random_state() -> Callable[..., Array]:
    """A function that draws a state (L, S, B, H) from N(0, 0.5²) in float64; always the same."""

    def draw(network: Network, B: int) -> Array:
        return np.random.default_rng(2).normal(0.0, DEVIATION, network.initial_state(B).shape)

    return draw


@pytest.fixture(scope="session")
def check_window(
    random_weights: Callable[[Network], Parameters], random_state: Callable[[Network, int], Array]
) -> CheckWindow:
    """A function that checks the gradients of one window in a workspace that was used before."""

    def check(
        network: Network,
        inputs: Inputs,
        targets: Targets,
        *,
        dropout_masks: Array | None = None,
        entries: int | None = None,
        column_panels: bool | None = None,
    ) -> GradientCheck:
        workspace = Workspace(np.float64, column_panels=column_panels)
        arrays = random_weights(network) | {"state": random_state(network, inputs.shape[1])}
        padding = np.isnan(inputs)
        if inputs.dtype.kind == "f":
            arrays["inputs"] = np.where(padding, 0.0, inputs)

        def loss(at: Parameters) -> float:
            x = np.where(padding, np.nan, at["inputs"]) if "inputs" in at else inputs
            visible = network.body.visible(x, targets)
            scores, _, _ = network.forward(at, visible, at["state"], dropout_masks=dropout_masks, workspace=workspace)
            return network.head.loss(scores, targets, 1, workspace, network.loss_mask(targets))[0]

        loss(arrays)
        gradients = network.loss_and_gradients(
            arrays, inputs, targets, arrays["state"], dropout_masks=dropout_masks, n_targets=1, workspace=workspace
        ).gradients
        named = gradients.parameters | {"state": gradients.state}
        if "inputs" in arrays:
            named["inputs"] = gradients.inputs
        return check_gradients(loss, arrays, named, entries=entries, rng=np.random.default_rng(0))

    return check
