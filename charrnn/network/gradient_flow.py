"""Gradient flow: norms of the gradient of the last step's loss at each earlier state, layer by layer.

ids (T, B) and a state → norms (L, T) of dL/dh[t], where L is the loss of the window's last step alone. The gradient
at t has been propagated back through T - 1 - t steps, so that it vanishes or explodes exponentially with that number
(Bengio et al. 1994; Pascanu et al. 2013).
"""

from dataclasses import dataclass

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import cross_entropy
from charrnn.network.network import Network
from charrnn.network.observed_cell import ObservedCell

SATURATED = 0.97
"""|h| above which a tanh unit counts as saturated: its slope is below 0.06, so that it passes hardly any gradient."""


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """Norms (L, T) of dL/dh[t] over all streams, and the share (L,) of saturated units over all steps."""

    norms: Array
    saturated: Array


def gradient_flow(
    network: Network,
    parameters: Parameters,
    inputs: Ids,
    targets: Ids,
    state: Array,
    workspace: Workspace | None = None,
) -> GradientFlow:
    """Return the gradient flow of one window of ids (T, B), read from `state` (L, S, B, H).

    The body of the network must be a `Stack`.
    """
    workspace = workspace or Workspace.like(parameters)
    cell = ObservedCell(network.body.cell)
    with np.errstate(all="ignore"):
        logits, _, backward = network.with_cell(cell).forward(parameters, inputs, state, workspace=workspace)
        saturated = [float((np.abs(h) > SATURATED).mean()) for h in cell.h]
        _, dlogits = cross_entropy(logits, targets, inputs.shape[1], workspace)
        dlogits[:-1] = 0.0
        backward(dlogits)
    return GradientFlow(np.stack(cell.gradient_norms[::-1]), np.array(saturated))
