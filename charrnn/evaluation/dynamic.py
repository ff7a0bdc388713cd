"""Dynamic evaluation: how well a network predicts a text while its weights follow that text.

ids (N,) → log p (N,). The text is one stream, read in windows. Each window is scored with the weights as they were
before anything of it was learned from; only then is one gradient step taken on it. So names, spellings and habits
are learned as they appear, and nothing is known ahead (Mikolov et al. 2010; Krause et al. 2018, "Dynamic evaluation
of neural sequence models"). The weights that are given stay as they are: a copy of them moves.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.errors import UsageError
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import cross_entropy, log_softmax
from charrnn.network.network import Network
from charrnn.training.clipping import global_norm

LONGEST_STEP = 1e3
"""The largest `longest_step`: with it, weights stay finite over any text."""
SMALLEST_NORM = 1e-20
"""A gradient below this counts as one of this norm, so that no step overflows."""


@dataclass(frozen=True)
class Adaptation:
    """How weights follow a text. After each window: w ← w - rate · g, and then w ← w + decay · (w₀ - w).

    g is the gradient of the mean surprise of the `window` tokens in nats, w₀ what the weights were at first. A step
    rate · g whose norm over all weights is above `longest_step` is shortened to it, so that the weights, and with
    them every log p, stay finite at any rate. Rate 0 leaves the weights alone.

    The defaults were found on held-out parts of Shakespeare and of the built-in English, at 256 units; on a text
    that is unlike what the network was trained on, a rate two or three times as high gains more.
    """

    rate: float = 0.01
    window: int = 20
    decay: float = 0.0003
    longest_step: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate < math.inf:
            raise UsageError(f"the rate is {self.rate:g}; it must be a number from 0")
        if self.window < 1:
            raise UsageError(f"the window is {self.window}; it must be 1 token or more")
        if not 0.0 <= self.decay <= 1.0:
            raise UsageError(f"the decay is {self.decay:g}; it must be from 0 to 1")
        if not 0.0 < self.longest_step <= LONGEST_STEP:
            raise UsageError(
                f"the longest step is {self.longest_step:g}; it must be above 0, at most {LONGEST_STEP:g}"
            )


def dynamic_log_probabilities(
    network: Network, parameters: Parameters, ids: Ids, before: int, adaptation: Adaptation | None = None
) -> Array:
    """log p (N,) in nats of each token of ids (N,), read after the token `before` by weights that follow the text.

    It is 0 for the beginning of a document, which nothing predicts. There is no dropout.

    >>> model = LanguageModel.load(run)
    >>> ids = model.tokenizer.encode("a quay by the quay by the quay by the quay by the quay")
    >>> dynamic = dynamic_log_probabilities(model.network, model.parameters, ids, initial_id(model.tokenizer))
    >>> dynamic.sum() > model.token_log_probabilities(ids, initial_id(model.tokenizer)).sum()
    np.True_
    """
    adaptation = adaptation or Adaptation()
    workspace = Workspace(next(iter(parameters.values())).dtype)
    weights = {name: w.copy() for name, w in parameters.items()}
    stream = np.concatenate([[before], ids]).astype(np.int64)[:, None]  # (N + 1, 1)
    N, state = len(ids), network.start(1, workspace.dtype)
    logp: Array = np.zeros((N, 1), workspace.dtype)
    with np.errstate(all="ignore"):
        for begin in range(0, N, adaptation.window):
            end = min(begin + adaptation.window, N)
            inputs, targets = stream[begin:end], stream[begin + 1 : end + 1]  # (T, 1)
            logits, state, back = network.forward(weights, inputs, state, None, workspace)
            counted = network.counted(targets)
            logp[begin:end] = np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]
            if counted is not None:
                logp[begin:end] *= counted
            if adaptation.rate > 0.0 and end < N:
                _, dlogits = cross_entropy(logits, targets, adaptation.window, workspace, counted)
                gradients, _ = back(dlogits)
                _follow(weights, gradients, parameters, adaptation)
    return logp[:, 0]


def _follow(weights: Parameters, gradients: Parameters, origin: Parameters, adaptation: Adaptation) -> None:
    """Move the weights down the gradients, which are written over, and then a little back towards their origin.

    A gradient whose norm is not finite teaches nothing: there is only the way back.
    """
    norm = global_norm(gradients)
    rate = min(adaptation.rate, adaptation.longest_step / max(norm, SMALLEST_NORM))
    for name, w in weights.items():
        g = gradients[name]
        if math.isfinite(norm):
            g *= rate
            w -= g
        np.subtract(origin[name], w, out=g)
        g *= adaptation.decay
        w += g
