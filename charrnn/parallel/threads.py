"""Gradient engines: one window of a batch → loss, gradients and the state to carry on.

`serial` and `threaded` make functions of one signature, and the trainer is handed one of them. The threaded one
cuts the batch into shards of streams, one a thread, each with a workspace of its own and a BLAS that keeps to
one thread: NumPy lets go of the interpreter inside products, and there is one join a step. The gradients of the
shards are summed in their order, so that the same number of shards gives the same bits.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.network.arrays import Array, Flags, Parameters, Workspace

Gradient: TypeAlias = tuple[float, Parameters, Array]
"""Mean nats a token, gradients of that mean by name, and the new state (L, S, B, H)."""

Window: TypeAlias = NDArray[Any]
"""Inputs or targets (T, B, …): ids, or vectors. Only the network looks into them."""

MakeWorkspace: TypeAlias = Callable[[], Workspace]


class Trainable(Protocol):
    """A network, as far as its training is concerned; see `Network` for what each of them does."""

    def dropout_masks(self, B: int, rng: np.random.Generator) -> Array | None: ...

    def counted(self, targets: Window) -> Flags | None: ...

    def loss_and_gradients(
        self,
        parameters: Parameters,
        inputs: Window,
        targets: Window,
        state: Array,
        masks: Array | None,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]: ...


class GradientEngine(Protocol):
    """Computes the gradient of one window. What it returns is valid until it is called again."""

    def __call__(
        self, parameters: Parameters, inputs: Window, targets: Window, state: Array, rng: np.random.Generator
    ) -> Gradient:
        """inputs and targets (T, B, …), state (L, S, B, H); `rng` draws the dropout masks of the window."""


def serial(network: Trainable, make_workspace: MakeWorkspace) -> GradientEngine:
    """The engine that computes in the thread that calls it."""
    workspace = make_workspace()

    def compute(
        parameters: Parameters, inputs: Window, targets: Window, state: Array, rng: np.random.Generator
    ) -> Gradient:
        masks, count = network.dropout_masks(inputs.shape[1], rng), _count(network, targets)
        with np.errstate(all="ignore"):  # the trainer looks at the loss and the norm itself
            nats, gradients, new_state = network.loss_and_gradients(
                parameters, inputs, targets, state, masks, count, workspace
            )
        return nats / count, gradients, new_state

    return compute


def threaded(network: Trainable, threads: int, make_workspace: MakeWorkspace) -> GradientEngine:
    """The engine that gives each of `threads` threads a shard of the streams."""
    workspaces = [make_workspace() for _ in range(threads)]
    pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="gradient") if threads > 1 else None
    if pool is None:
        return serial(network, make_workspace)

    def compute(
        parameters: Parameters, inputs: Window, targets: Window, state: Array, rng: np.random.Generator
    ) -> Gradient:
        B, count = inputs.shape[1], _count(network, targets)
        masks = network.dropout_masks(B, rng)
        shards = shard_slices(B, threads)

        def one(i: int) -> Gradient:
            s = shards[i]
            shard_masks = None if masks is None else masks[:, s]
            with np.errstate(all="ignore"):
                return network.loss_and_gradients(
                    parameters, inputs[:, s], targets[:, s], state[:, :, s], shard_masks, count, workspaces[i]
                )

        others = [pool.submit(one, i) for i in range(1, len(shards))]
        results = [one(0), *(future.result() for future in others)]
        nats, total, _ = results[0]
        for more_nats, gradients, _ in results[1:]:
            nats += more_nats
            for name, g in gradients.items():
                total[name] += g
        return nats / count, total, np.concatenate([new_state for _, _, new_state in results], axis=2)

    return compute


def _count(network: Trainable, targets: Window) -> int:
    """How many targets there are to predict, over all streams."""
    counted = network.counted(targets)
    return targets.shape[0] * targets.shape[1] if counted is None else max(1, int(np.count_nonzero(counted)))


def shard_slices(B: int, shards: int) -> list[slice]:
    """B streams cut into at most `shards` runs, as even as can be, none of them empty."""
    edges = np.linspace(0, B, min(B, shards) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(edges)]


def shard_count(requested: int, B: int) -> int:
    """How many threads a batch of B streams feeds: a thread with fewer than four costs more than it brings."""
    return max(1, min(requested, B // 4))
