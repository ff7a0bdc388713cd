"""Dynamic evaluation: how well a network predicts a text while its weights follow that text.

ids (N,) → log p (N,). The text is one stream, read in windows. Each window is scored with the weights as they were
before anything of it was learned from; only then is one gradient step taken on it. So names, spellings and habits of
the text are learned as they appear, and nothing is known ahead (Mikolov et al. 2010; Krause et al. 2018, "Dynamic
evaluation of neural sequence models"). The network that is given stays as it is: copies of its weights move.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import cross_entropy, log_softmax
from charrnn.network.model import Network
from charrnn.training.clipping import global_norm


@dataclass(frozen=True)
class Adaptation:
    """How the weights follow a text: w ← w - rate · g + decay · (w₀ - w) after each window.

    g is the gradient of the mean surprise of the window's `window` tokens, w₀ the weight as it was given. The step
    rate · g over all weights is shortened to the length `longest_step` if it is longer.
    """

    rate: float = 0.1
    window: int = 20
    decay: float = 0.001
    longest_step: float = 0.5

    def __post_init__(self) -> None:
        pass


def dynamic_log_probabilities(
    network: Network, parameters: Parameters, ids: Ids, before: int, adaptation: Adaptation | None = None
) -> Array:
    """log p (N,) in nats of each token of ids (N,), read after the token `before` by weights that follow the text.

    It is 0 for the beginning of a document, which nothing predicts. Dropout is off.
    """
    adaptation = adaptation or Adaptation()
    workspace = Workspace(next(iter(parameters.values())).dtype)
    weights = {name: w.copy() for name, w in parameters.items()}
    N, state = len(ids), network.start(1, workspace.dtype)
    tokens = np.concatenate([[before], ids]).astype(np.int64)[:, None]  # (N + 1, 1)
    logp: Array = np.zeros((N, 1), workspace.dtype)
    with np.errstate(all="ignore"):
        for begin in range(0, N, adaptation.window):
            end = min(begin + adaptation.window, N)
            inputs, targets = tokens[begin:end], tokens[begin + 1 : end + 1]  # (T, 1)
            logits, state, back = network.forward(weights, inputs, state, None, workspace)
            counted = network.counted(targets)
            logp[begin:end] = np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]
            if counted is not None:
                logp[begin:end] *= counted
            if end < N and adaptation.rate > 0.0:
                _, dlogits = cross_entropy(logits, targets, adaptation.window, workspace, counted)
                gradients, _ = back(dlogits)
                _follow(weights, gradients, parameters, adaptation, workspace)
    return logp[:, 0]


def _follow(
    weights: Parameters, gradients: Parameters, origin: Parameters, adaptation: Adaptation, workspace: Workspace
) -> None:
    """One step down the gradients, which are written over, and a little of the way back to the origin."""
    norm = global_norm(gradients)
    step = min(adaptation.rate, adaptation.longest_step / max(norm, 1e-20)) if math.isfinite(norm) else 0.0
    for name, w in weights.items():
        g = gradients[name]
        g *= step
        if step:
            w -= g
        np.subtract(origin[name], w, out=g)
        g *= adaptation.decay
        w += g
