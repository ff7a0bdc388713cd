"""The same model in PyTorch, to measure beside: the one file that knows torch, which need not be installed.

ids (T, B) → nn.Embedding → nn.RNN (tanh), nn.LSTM or nn.GRU → nn.Linear → cross-entropy, then clipping by norm and
Adam, all as PyTorch brings them, Adam in its fused form, which is its fastest. The twin begins with the weights that
it is given and takes the same steps, so that the two can be held against each other in numbers too. PyTorch's layers
add two biases where one is enough: the second is zero and is not trained.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.network.arrays import Ids, Parameters
from charrnn.network.network import Network
from charrnn.training.optimizers import Adam

OLDEST = (2, 4)
"""The first PyTorch whose fused Adam runs on a CPU."""

REMEDY = "pip install 'torch>=2.4' --index-url https://download.pytorch.org/whl/cpu"


def load_torch() -> Any | None:
    """PyTorch, or None where it is absent, cannot be loaded, or is too old."""
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError):
        return None
    major, minor = str(torch.__version__).split(".")[:2]
    return torch if (int(major), int(minor)) >= OLDEST else None


@contextmanager
def torch_threads(torch: Any | None, threads: int) -> Iterator[None]:
    """Let PyTorch use this many threads inside the `with`; nothing where there is no PyTorch."""
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


CELLS = {"tanh": "RNN", "lstm": "LSTM", "gru": "GRU"}
"""The cells that PyTorch has too, by the name of their layer there."""
GATES = {"lstm": (0, 1, 3, 2)}
"""The order of our gates there, where it is another."""


class TorchTwin:
    """A network with an embedding, and all that its training needs, in PyTorch."""

    def __init__(self, torch: Any, network: Network, parameters: Parameters, *, rate: float, clip: float) -> None:
        config = network.config
        self._torch, self._clip = torch, clip
        self._embedding = torch.nn.Embedding(config.vocabulary, config.embedding)
        self._rnn = getattr(torch.nn, CELLS[config.cell])(config.embedding, config.hidden, config.layers)
        self._head = torch.nn.Linear(config.hidden, config.vocabulary)
        self._take(parameters, config)
        parts = (self._embedding, self._rnn, self._head)
        self._trained = [w for part in parts for w in part.parameters() if w.requires_grad]
        constants = Adam()
        betas = (constants.beta1, constants.beta2)
        self._optimizer = torch.optim.Adam(self._trained, rate, betas, constants.epsilon, fused=True)
        self._state: Any = None

    def _take(self, parameters: Parameters, config: NetworkConfig) -> None:
        """Copy the weights; PyTorch's layers hold theirs transposed, and may have the gates in another order."""
        H = config.hidden
        order = GATES.get(config.cell, tuple(range(self._rnn.weight_hh_l0.shape[0] // H)))
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
            for ours, given in pairs:
                ours.copy_(self._torch.from_numpy(given))

    def parameter_count(self) -> int:
        """How many numbers are trained."""
        return sum(int(w.numel()) for w in self._trained)

    def step(self, inputs: Ids, targets: Ids) -> float:
        """One update from a window (T, B), the state carried on from the last: mean nats a token before it."""
        torch = self._torch
        self._optimizer.zero_grad()
        y, state = self._rnn(self._embedding(torch.from_numpy(inputs)), self._state)  # (T, B, H), (L, B, H)
        logits = self._head(y).flatten(0, 1)  # (T·B, V)
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(targets).flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, self._clip)
        self._optimizer.step()
        self._state = tuple(each.detach() for each in state) if isinstance(state, tuple) else state.detach()
        return float(loss.item())

    def speak(self, first: int, length: int, seed: int = 0) -> list[int]:
        """Sample tokens after the token `first`: one step of the network, softmax and a draw for each."""
        torch, state, tokens = self._torch, None, [first]
        rng = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for _ in range(length):
                x = self._embedding(torch.tensor([tokens[-1:]]))  # (1, 1, E)
                y, state = self._rnn(x, state)
                p = torch.softmax(self._head(y[0, 0]), dim=0)  # (V,)
                tokens.append(int(torch.multinomial(p, 1, generator=rng).item()))
        return tokens[1:]
