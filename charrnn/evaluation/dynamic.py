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
from charrnn.language.predictor import not_finite
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import cross_entropy, target_log_probabilities
from charrnn.network.network import Network
from charrnn.text.encoded import EncodedText
from charrnn.text.progress import OnShare
from charrnn.training.clipping import global_norm

LARGEST_STEP = 1e3
"""Largest allowed `longest_step`: with it, weights stay finite over any text."""
LARGEST_STATE = 1e4
"""Absolute value of h above which the network reads on from the initial state, with the initial weights."""
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
    name: str = "the model",
) -> Array:
    """Return log p (N,) in nats of each token of a text, under weights that adapt to it, without dropout.

    It is 0 for a token that begins a document. Raises ModelError with the `name` of the model if the initial weights
    predict no finite probabilities.

    >>> from charrnn.text.encoded import encode_text
    >>> model = LanguageModel.load(run)
    >>> text = encode_text("a quay by the quay by the quay by the quay by the quay", model.tokenizer)
    >>> dynamic = dynamic_log_probabilities(model.network, model.parameters, text)
    >>> dynamic.sum() > model.token_log_probabilities(text).sum()
    np.True_
    """
    adapting = _Adapting(network, parameters, adaptation or Adaptation(), name)
    stream = np.concatenate([[text.previous_id], text.ids]).astype(np.int64)[:, None]  # (N + 1, 1)
    N, window = len(text.ids), adapting.adaptation.window
    log_p: Array = np.zeros(N, next(iter(parameters.values())).dtype)
    with np.errstate(all="ignore"):
        for begin in range(0, N, window):
            end = min(begin + window, N)
            inputs, targets = stream[begin:end], stream[begin + 1 : end + 1]  # (T, 1)
            log_p[begin:end] = adapting.read(inputs, targets, adapt=end < N)
            if on_share is not None:
                on_share(end / N)
    return log_p


class _Adapting:
    """Weights that adapt to a text, and the hidden state, which is carried from window to window.

    Adapted weights can make an unbounded state (identity, ReLU) grow without limit. When it is larger than
    LARGEST_STATE after a window, or when logits are not finite, both begin anew, from the initial weights and state.
    """

    def __init__(self, network: Network, parameters: Parameters, adaptation: Adaptation, name: str) -> None:
        self.network, self.initial, self.adaptation, self._name = network, parameters, adaptation, name
        self._workspace = Workspace.like(parameters)
        self._restart()

    def _restart(self) -> None:
        self._weights = {name: w.copy() for name, w in self.initial.items()}
        self._state = self.network.initial_state(1, self._workspace.dtype)

    def read(self, inputs: Ids, targets: Ids, *, adapt: bool) -> Array:
        """Return log p (T,) of a window of targets (T, 1), and then adapt the weights to it."""
        loss_mask = self.network.loss_mask(targets)
        logits, state, backward = self.network.forward(self._weights, inputs, self._state, workspace=self._workspace)
        log_p = target_log_probabilities(logits, targets, loss_mask)
        is_finite = np.isfinite(logits).all(axis=(1, 2))  # (T,)
        if not is_finite.all():
            begin = int(is_finite.argmin())
            return np.concatenate([log_p[:begin, 0], self._read_anew(inputs[begin:], targets[begin:])])
        if adapt and self.adaptation.rate > 0.0:
            _, dlogits = cross_entropy(logits, targets, self.adaptation.window, self._workspace, loss_mask)
            _adapt(self._weights, backward(dlogits).parameters, self.initial, self.adaptation)
        self._state = state
        if not np.abs(state[:, 0]).max() <= LARGEST_STATE:
            self._restart()
        return log_p[:, 0]

    def _read_anew(self, inputs: Ids, targets: Ids) -> Array:
        """Return log p (T,) of a window under the initial weights, read from the initial state."""
        self._restart()
        logits, self._state, _ = self.network.forward(self._weights, inputs, self._state, workspace=self._workspace)
        if not np.isfinite(logits).all():
            raise not_finite(self._name)
        log_p: Array = target_log_probabilities(logits, targets, self.network.loss_mask(targets))[:, 0]
        return log_p


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
