"""PyTorch version of the same model, as a baseline. Only this module imports torch, which need not be installed.

ids (T, B) → nn.Embedding → nn.RNN (tanh), nn.LSTM or nn.GRU → nn.Linear → cross-entropy, then clipping by norm and
Adam in its fused form, the fastest; all are PyTorch's own. The model starts from given weights and takes the same
steps, so that the losses of both can be compared as well. PyTorch's layers have two biases instead of one; the second
stays zero and is not trained.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Ids, Parameters
from charrnn.training.optimizers import Adam

MIN_VERSION = (2, 4)
"""The first version of PyTorch whose fused Adam runs on a CPU."""

INSTALL_COMMAND = "pip install 'torch>=2.4' --index-url https://download.pytorch.org/whl/cpu"


def load_torch() -> Any | None:
    """Return the torch module, or None if it is absent, cannot be loaded, or is too old."""
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError):
        return None
    major, minor = str(torch.__version__).split(".")[:2]
    return torch if (int(major), int(minor)) >= MIN_VERSION else None


@contextmanager
def torch_threads(torch: Any | None, threads: int) -> Iterator[None]:
    """Set the number of PyTorch's threads inside a `with`; do nothing if `torch` is None."""
    if torch is None:
        yield
        return
    previous_threads = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(previous_threads)


LAYER_CLASSES = {"tanh": "RNN", "lstm": "LSTM", "gru": "GRU"}
"""PyTorch's layer class for each cell that both have."""
GATE_ORDER = {"lstm": (0, 1, 3, 2)}
"""Indices of charrnn's gates in PyTorch's order, by cell; the order is the same for other cells."""


class TorchTwin:
    """A network with an embedding, its optimizer and its carried state, in PyTorch."""

    def __init__(
        self, torch: Any, config: NetworkConfig, parameters: Parameters, *, rate: float, clip: float
    ) -> None:
        self._torch, self._clip = torch, clip
        self._embedding = torch.nn.Embedding(config.vocabulary, config.embedding)
        self._rnn = getattr(torch.nn, LAYER_CLASSES[config.cell])(config.embedding, config.hidden, config.layers)
        self._head = torch.nn.Linear(config.hidden, config.vocabulary)
        self._copy_weights(parameters, config)
        parts = (self._embedding, self._rnn, self._head)
        self._trained = [w for part in parts for w in part.parameters() if w.requires_grad]
        constants = Adam()
        betas = (constants.beta1, constants.beta2)
        self._optimizer = torch.optim.Adam(self._trained, rate, betas, constants.epsilon, fused=True)
        self._state: Any = None

    def _copy_weights(self, parameters: Parameters, config: NetworkConfig) -> None:
        """Copy the weights; PyTorch's are transposed, and may have the gates in another order."""
        H = config.hidden
        order = GATE_ORDER.get(config.cell, tuple(range(self._rnn.weight_hh_l0.shape[0] // H)))
        columns = np.concatenate([np.arange(gate * H, (gate + 1) * H) for gate in order])
        pairs = [
            (self._embedding.weight, parameters["vectorizer.weight"]),
            (self._head.weight, parameters["head.W"].T),
            (self._head.bias, parameters["head.b"]),
        ]
        for l in range(config.layers):
            pairs += [
                (getattr(self._rnn, f"weight_ih_l{l}"), parameters[f"layers.{l}.Wx"][:, columns].T),
                (getattr(self._rnn, f"weight_hh_l{l}"), parameters[f"layers.{l}.Wh"][:, columns].T),
                (getattr(self._rnn, f"bias_ih_l{l}"), parameters[f"layers.{l}.b"][columns]),
            ]
            second_bias = getattr(self._rnn, f"bias_hh_l{l}")
            second_bias.requires_grad_(False).zero_()
        with self._torch.no_grad():
            for tensor, array in pairs:
                tensor.copy_(self._torch.from_numpy(array))

    def parameter_count(self) -> int:
        """Return the number of weights that are trained."""
        return sum(int(w.numel()) for w in self._trained)

    def step(self, inputs: Ids, targets: Ids) -> float:
        """Update the weights from a window (T, B); return the mean loss before the update in nats per token.

        The state is carried from call to call.
        """
        torch = self._torch
        self._optimizer.zero_grad()
        y, state = self._rnn(self._embedding(torch.from_numpy(inputs)), self._state)  # (T, B, H), (L, B, H)
        logits = self._head(y).flatten(0, 1)  # (T·B, V)
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(targets).flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, self._clip)
        self._optimizer.step()
        self._state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        return float(loss.item())

    def sample(self, first: int, length: int, seed: int = 0) -> list[int]:
        """Return `length` tokens sampled after the token `first`, one step, softmax and draw per token."""
        torch, state, tokens = self._torch, None, [first]
        rng = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for _ in range(length):
                x = self._embedding(torch.tensor([tokens[-1:]]))  # (1, 1, E)
                y, state = self._rnn(x, state)
                p = torch.softmax(self._head(y[0, 0]), dim=0)  # (V,)
                tokens.append(int(torch.multinomial(p, 1, generator=rng).item()))
        return tokens[1:]
