"""Gradient flow: how much of the last step's error reaches each earlier state, layer by layer.

ids (T, B) and a state → norms (L, T) of dL/dh[t], where L is the loss of the window's last step alone, so that the
norm at t has come back through T - 1 - t steps: it vanishes or explodes with the powers of the recurrence (Bengio et
al. 1994; Pascanu et al. 2013).
"""

from dataclasses import dataclass

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import cross_entropy
from charrnn.network.network import Network
from charrnn.network.observed_cell import ObservedCell

SATURATED = 0.97
"""A unit with |h| above this has tanh' < 0.06: it passes hardly any gradient."""


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
    """Read a window (T, B) from `state` (L, S, B, H), and back-propagate the loss of its last step.

    The network must read in one direction.
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
