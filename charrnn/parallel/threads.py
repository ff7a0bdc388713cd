"""The threaded gradient engine: each thread computes a shard of the batch.

Each shard has its own workspace, and BLAS uses one thread per shard: NumPy releases the interpreter lock inside
products, and the threads are joined once per step. The gradients of the shards are added in a fixed order, so that
the same number of shards gives the same bits.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from charrnn.network.arrays import Array, Inputs, Parameters, Targets, Workspace
from charrnn.network.network import LossAndGradients, count_targets
from charrnn.parallel.serial import GradientEngine, Trainable, WindowGradient, serial

FEWEST_STREAMS = 4
"""Smallest number of streams per thread; with fewer, another thread slows a step down."""


def threaded(network: Trainable, threads: int) -> GradientEngine:
    """Return the engine that computes on `threads` threads; the serial one for a single thread."""
    if threads == 1:
        return serial(network)
    workspaces = [Workspace() for _ in range(threads)]
    pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="gradient")

    def compute(
        parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        B, n_targets = inputs.shape[1], count_targets(targets, network.loss_mask(targets))
        masks = network.dropout_masks(B, rng)
        shards = shard_slices(B, threads)

        def compute_shard(i: int) -> LossAndGradients:
            shard = shards[i]
            with np.errstate(all="ignore"):
                return network.loss_and_gradients(
                    parameters,
                    inputs[:, shard],
                    targets[:, shard],
                    state[:, :, shard],
                    dropout_masks=None if masks is None else masks[:, shard],
                    n_targets=n_targets,
                    workspace=workspaces[i],
                )

        futures = [pool.submit(compute_shard, i) for i in range(1, len(shards))]
        return add_shards([compute_shard(0), *(future.result() for future in futures)], n_targets)

    return compute


def add_shards(shards: list[LossAndGradients], n_targets: int) -> WindowGradient:
    """Add the results of the shards of a window, in their order; overwrites the gradients of the first."""
    loss, total = shards[0].loss, shards[0].gradients.parameters
    for shard in shards[1:]:
        loss += shard.loss
        for name, gradient in shard.gradients.parameters.items():
            total[name] += gradient
    states: list[Array] = [shard.state for shard in shards]
    return WindowGradient(loss / n_targets, total, np.concatenate(states, axis=2))


def shard_slices(B: int, shards: int) -> list[slice]:
    """Return at most `shards` slices of B streams, as even as possible, none of them empty."""
    edges = np.linspace(0, B, min(B, shards) + 1).round().astype(int)
    return [slice(int(begin), int(end)) for begin, end in itertools.pairwise(edges)]


def shard_count(requested: int, B: int) -> int:
    """Return the number of threads that a batch of B streams can use, at most `requested`."""
    return max(1, min(requested, B // FEWEST_STREAMS))
