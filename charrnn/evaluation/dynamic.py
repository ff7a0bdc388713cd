"""Dynamic evaluation: log probabilities of a text under a network whose weights adapt to that text.

EncodedText of N tokens → log p (N,). The text is one stream, read in windows. Each window is scored first; then one
gradient step is taken on it, which affects later windows only. The network thus learns names and spellings as they
appear, and no token is seen before it is predicted (Mikolov et al. 2010; Krause et al. 2018, "Dynamic evaluation of
neural sequence models"). The given weights are not changed: a copy of them adapts.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.errors import UsageError
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.losses import cross_entropy, target_log_probabilities
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText
from charrnn.text.progress import OnShare
from charrnn.training.clipping import global_norm

LARGEST_STEP = 1e3
"""Largest allowed `longest_step`: with it, weights stay finite over any text."""
SMALLEST_NORM = 1e-20
"""Smaller gradient norms count as this one, so that no step overflows."""


@dataclass(frozen=True)
class Adaptation:
    """Settings of the adaptation. After each window: w ← w - rate · g, and then w ← w + decay · (w₀ - w).

    g is the gradient of the mean loss of the `window` tokens in nats, w₀ the initial weights. A step rate · g with a
    norm above `longest_step` over all weights is shortened to it, so that the weights, and with them every log p,
    stay finite at any rate. Rate 0 keeps the weights fixed.

    The defaults were chosen on held-out parts of Shakespeare and of the built-in English text, with 256 units. On a
    text unlike the training text, a rate two or three times as high gives a lower loss.
    """

    rate: float = 0.01
    window: int = 20
    decay: float = 0.0003
    longest_step: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate < math.inf:
            raise UsageError(f"`rate` must be 0 or above, got {self.rate:g}")
        if self.window < 1:
            raise UsageError(f"`window` must be 1 token or more, got {self.window}")
        if not 0.0 <= self.decay <= 1.0:
            raise UsageError(f"`decay` must be from 0 to 1, got {self.decay:g}")
        if not 0.0 < self.longest_step <= LARGEST_STEP:
            raise UsageError(f"`longest_step` must be above 0, at most {LARGEST_STEP:g}, got {self.longest_step:g}")


def dynamic_log_probabilities(
    network: Network,
    parameters: Parameters,
    text: EncodedText,
    adaptation: Adaptation | None = None,
    on_share: OnShare | None = None,
) -> Array:
    """Return log p (N,) in nats of each token of a text, under weights that adapt to it, without dropout.

    It is 0 for a token that begins a document.

    >>> model = LanguageModel.load(run)
    >>> text = encode_text("a quay by the quay by the quay by the quay by the quay", model.tokenizer)
    >>> dynamic = dynamic_log_probabilities(model.network, model.parameters, text)
    >>> dynamic.sum() > model.token_log_probabilities(text).sum()
    np.True_
    """
    adaptation = adaptation or Adaptation()
    workspace = Workspace.like(parameters)
    weights = {name: w.copy() for name, w in parameters.items()}
    stream = np.concatenate([[text.previous_id], text.ids]).astype(np.int64)[:, None]  # (N + 1, 1)
    N, state = len(text.ids), network.initial_state(1, workspace.dtype)
    log_p: Array = np.zeros((N, 1), workspace.dtype)
    with np.errstate(all="ignore"):
        for begin in range(0, N, adaptation.window):
            end = min(begin + adaptation.window, N)
            inputs, targets = stream[begin:end], stream[begin + 1 : end + 1]  # (T, 1)
            logits, state, backward = network.forward(weights, inputs, state, workspace=workspace)
            loss_mask = network.loss_mask(targets)
            log_p[begin:end] = target_log_probabilities(logits, targets, loss_mask)
            if adaptation.rate > 0.0 and end < N:
                _, dlogits = cross_entropy(logits, targets, adaptation.window, workspace, loss_mask)
                _adapt(weights, backward(dlogits).parameters, parameters, adaptation)
            if on_share is not None:
                on_share(end / N)
    return log_p[:, 0]


def _adapt(weights: Parameters, gradients: Parameters, initial: Parameters, adaptation: Adaptation) -> None:
    """Take one gradient step, and then one decay step to the initial weights; overwrites the gradients.

    A gradient with a norm that is not finite is not applied.
    """
    norm = global_norm(gradients)
    rate = min(adaptation.rate, adaptation.longest_step / max(norm, SMALLEST_NORM))
    for name, w in weights.items():
        g = gradients[name]
        if math.isfinite(norm):
            g *= rate
            w -= g
        np.subtract(initial[name], w, out=g)
        g *= adaptation.decay
        w += g
