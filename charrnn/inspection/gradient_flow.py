"""Gradient flow over a text: norms of the gradient by the number of steps back, over several windows."""

import numpy as np

from charrnn.network.arrays import Parameters
from charrnn.network.gradient_flow import GradientFlow, gradient_flow
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText

FLOW_STEPS = 128
FLOW_STREAMS = 16


def text_gradient_flow(network: Network, parameters: Parameters, text: EncodedText) -> GradientFlow:
    """Return the gradient flow over a text of one token or more.

    The beginning of the text is cut into up to FLOW_STREAMS windows of up to FLOW_STEPS + 1 tokens, each read from
    the initial state. Computed in float64, in which small gradients do not underflow.
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
