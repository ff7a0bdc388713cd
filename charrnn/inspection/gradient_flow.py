"""Gradient flow over a text: how far back the error of a token reaches, averaged over windows of the text."""

import numpy as np

from charrnn.network.arrays import Parameters
from charrnn.network.gradient_flow import GradientFlow, gradient_flow
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText

FLOW_STEPS = 128
FLOW_STREAMS = 16


def text_gradient_flow(network: Network, parameters: Parameters, text: EncodedText) -> GradientFlow:
    """Return the gradient flow over a text of one token or more.

    The text is cut into windows of up to FLOW_STEPS + 1 tokens, which are read side by side, each from the initial
    state. Computed in float64, so that a gradient may vanish without being lost.
    """
    T = min(FLOW_STEPS + 1, len(text.ids))
    B = min(FLOW_STREAMS, len(text.ids) // T)
    targets = text.ids[: T * B].reshape(B, T).T  # (T, B)
    inputs = np.concatenate([[text.previous_id], text.ids[: T * B - 1]]).reshape(B, T).T
    exact: Parameters = {name: array.astype(np.float64) for name, array in parameters.items()}
    return gradient_flow(network, exact, inputs, targets, network.initial_state(B, np.float64))


def steps_back(flow: GradientFlow) -> list[int]:
    """Return the steps 0, 1, 2, 4, 8, … within the window of the flow."""
    T = flow.norms.shape[1]
    return [0, *(1 << n for n in range(T.bit_length()) if 1 << n < T)]
