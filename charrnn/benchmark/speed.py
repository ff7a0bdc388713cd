"""Speed of training and sampling on this machine, relative to its matrix products and to PyTorch.

`BenchSettings` → one `MachineSpeed`, a `TrainingSpeed` per size, one `SamplingSpeed`. A training step is that of a
run: fetch, forward, backward, clip and update.

charrnn and PyTorch take turns in one process (see `interleaved`). Every result has `others_busy`: the mean number of
processors that other programs kept busy meanwhile, None if the system does not report it. If other programs use
processors that the products need, all speeds are too low, and PyTorch's by far more.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from charrnn.benchmark.interleaved import Candidate, CpuLoad, time_interleaved
from charrnn.benchmark.pytorch import TorchTwin, torch_threads
from charrnn.blas import blas_info, matmul_peak, single_threaded
from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.network.cells import CELLS
from charrnn.network.network import Network
from charrnn.network.vectorizers import ONEHOT_VOCABULARY
from charrnn.parallel.threads import shard_count, threaded
from charrnn.text.batches import Windows
from charrnn.training.optimizers import initial_moments, make_optimizer
from charrnn.training.state import TrainingState
from charrnn.training.trainer import Trainer

VOCABULARY = 65


@dataclass(frozen=True)
class Size:
    """Size of a model (L layers of H units, an embedding of width H) and of its windows (T steps, B streams)."""

    hidden: int
    layers: int
    window: int
    batch: int
    cell: str = "tanh"

    @property
    def config(self) -> NetworkConfig:
        """The configuration of the network."""
        return NetworkConfig(VOCABULARY, self.hidden, self.layers, embedding=self.hidden, cell=self.cell)


SIZES = (
    Size(128, 2, 50, 50),
    Size(256, 2, 64, 64),
    Size(512, 2, 64, 64),
    Size(512, 3, 64, 128),
    Size(1024, 2, 64, 64),
)
SAMPLING_SIZE = Size(512, 2, 1, 1)
SAMPLED_CHARACTERS = 100
"""Characters per step of the sampling benchmark."""


@dataclass(frozen=True)
class BenchSettings:
    """Sizes to measure; each is timed for at least `turns` turns per candidate and at least `seconds` in total."""

    sizes: tuple[Size, ...] = SIZES
    turns: int = 12
    seconds: float = 6.0

    def with_cell(self, cell: str) -> "BenchSettings":
        """Return the same settings with another cell."""
        return replace(self, sizes=tuple(replace(size, cell=cell) for size in self.sizes))


QUICK = BenchSettings(tuple(size for size in SIZES if size.hidden <= 512), turns=3, seconds=0.8)


@dataclass(frozen=True)
class MachineSpeed:
    """Peak speed of float32 matrix products: `peak_flops` (FLOP/s) on `threads` threads, by a library's kernel."""

    library: str
    kernel: str
    threads: int
    peak_flops: float
    others_busy: float | None


@dataclass(frozen=True)
class TrainingSpeed:
    """Training speed of a size: the median of the turns, `steps` in all.

    `loss` is that of the last step, in nats per character. `product_flops` is `product_operations` per second, and
    `share_of_peak` its share of the peak speed of the machine. `ratio` is the speed divided by PyTorch's, None
    without PyTorch.
    """

    size: Size
    vocabulary: int
    parameters: int
    threads: int
    steps: int
    loss: float
    characters_per_second: float
    product_flops: float
    share_of_peak: float
    torch_characters_per_second: float | None
    ratio: float | None
    others_busy: float | None


@dataclass(frozen=True)
class SamplingSpeed:
    """Sampling speed on one thread: the median of the turns, `characters` in all."""

    hidden: int
    layers: int
    characters: int
    characters_per_second: float
    torch_characters_per_second: float | None
    ratio: float | None
    others_busy: float | None


Speed = MachineSpeed | TrainingSpeed | SamplingSpeed


def product_operations(config: NetworkConfig, T: int, B: int, shards: int) -> int:
    """Return the floating-point operations of all matrix products of one training step.

    A product (m, k) @ (k, n) is m·k·n multiply-adds, that is 2·m·k·n operations. Every weight matrix takes part in
    three products per character: forward, the gradient of its input, and its own gradient. So each of the T·B
    characters of a window takes

    - 6·H·G·H for Wh of every layer, and as many for Wx of every layer above the first; G is the number of gates;
    - 6·H·V for the head;
    - 2·V·G·H for the product with the one-hot matrix that sums the first layer's gradient by character, if the
      vocabulary is small enough for this method.

    The first layer's input is gathered from a table of V projected vectors. With an embedding, that table and its
    backward pass are three products of V rows, 6·V·E·G·H per shard for any number of characters. (This is an upper
    bound: a window of fewer than V characters projects only those that occur.) A one-hot input has none.
    """
    V, E, H, L = config.vocabulary, config.embedding, config.hidden, config.layers
    N = CELLS[config.cell].gates * H
    per_character = 6 * (L * H * N + (L - 1) * H * N + H * V)
    if V <= ONEHOT_VOCABULARY:
        per_character += 2 * V * N
    return T * B * per_character + shards * 6 * V * E * N


def measure(settings: BenchSettings, threads: int, torch: Any | None) -> Iterator[Speed]:
    """Yield the speed of the machine, of training at each size, and of sampling.

    `torch` is the module of that name, None to measure without PyTorch.
    """
    info, load = blas_info(), CpuLoad()
    peak = matmul_peak(threads)
    yield MachineSpeed(info.library, info.architecture, threads, peak, load.others_busy())
    for size in settings.sizes:
        yield measure_training(size, settings, threads, peak, torch)
    yield measure_sampling(replace(SAMPLING_SIZE, cell=settings.sizes[0].cell), settings, torch)


def measure_training(
    size: Size, settings: BenchSettings, threads: int, peak: float, torch: Any | None
) -> TrainingSpeed:
    """Measure whole training steps, with clipping and the optimizer."""
    T, B, training = size.window, size.batch, TrainingConfig(steps=1)
    trainer, state = make_trainer(size, threads, training)
    candidates: list[Candidate] = [lambda: trainer.step(state, training.lr).loss]
    if torch is not None:
        twin = TorchTwin(torch, size.config, state.parameters, rate=training.lr, clip=training.clip)
        numbers, rng = itertools.count(), np.random.default_rng(0)
        candidates.append(lambda: twin.step(*trainer.windows.window(next(numbers), rng)))
    with single_threaded(), torch_threads(torch, threads):
        load = CpuLoad()
        timings = time_interleaved(candidates, settings.turns, settings.seconds)
    flops = product_operations(size.config, T, B, shard_count(threads, B)) / timings[0].seconds
    return TrainingSpeed(
        size=size,
        vocabulary=VOCABULARY,
        parameters=Network.from_config(size.config).parameter_count(),
        threads=threads,
        steps=timings[0].steps,
        loss=timings[0].last,
        characters_per_second=T * B / timings[0].seconds,
        product_flops=flops,
        share_of_peak=flops / peak,
        torch_characters_per_second=T * B / timings[1].seconds if torch is not None else None,
        ratio=timings[1].seconds / timings[0].seconds if torch is not None else None,
        others_busy=load.others_busy(),
    )


def measure_sampling(size: Size, settings: BenchSettings, torch: Any | None) -> SamplingSpeed:
    """Measure sampling, one character at a time, on one thread."""
    network, n = Network.from_config(size.config), SAMPLED_CHARACTERS
    rng = np.random.default_rng(0)
    parameters = network.initialize(rng)
    tokens = sample_tokens(RnnPredictor(network, parameters), np.zeros(1, np.int64), Sampling(), rng)
    candidates: list[Candidate] = [lambda: float(len(list(itertools.islice(tokens, n))))]
    if torch is not None:
        twin = TorchTwin(torch, size.config, parameters, rate=0.0, clip=1.0)
        candidates.append(lambda: float(len(twin.sample(0, n))))
    with single_threaded(), torch_threads(torch, 1):
        load = CpuLoad()
        timings = time_interleaved(candidates, settings.turns, settings.seconds)
    return SamplingSpeed(
        hidden=size.hidden,
        layers=size.layers,
        characters=n * timings[0].steps,
        characters_per_second=n / timings[0].seconds,
        torch_characters_per_second=n / timings[1].seconds if torch is not None else None,
        ratio=timings[1].seconds / timings[0].seconds if torch is not None else None,
        others_busy=load.others_busy(),
    )


def make_trainer(size: Size, threads: int, training: TrainingConfig) -> tuple[Trainer[Windows], TrainingState]:
    """Return a trainer and its initial state, as a run has them, over 64 windows of random characters."""
    network, rng = Network.from_config(size.config), np.random.default_rng(training.seed)
    ids = rng.integers(VOCABULARY, size=size.batch * size.window * 64 + size.batch)
    engine = threaded(network, shard_count(threads, size.batch))
    optimizer = make_optimizer(training)
    parameters = network.initialize(rng)
    state = TrainingState(parameters, initial_moments(optimizer, parameters), network.initial_state(size.batch), rng)
    windows = Windows(ids, size.window, size.batch)
    return Trainer(windows, engine, optimizer, training.clip, training.clip_by), state
