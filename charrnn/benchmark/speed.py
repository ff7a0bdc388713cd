"""Speed: how fast this machine trains and samples, as a share of what it can multiply, and beside PyTorch.

BenchSettings → one `MachineSpeed`, a `TrainingSpeed` for each size, one `SamplingSpeed`. A training step is the whole
of it: fetch, forward, backward, clip and update, as a run takes it.

What is compared takes turns in one process (see `turns`). Every result has `others_busy`: how many processors other
programs kept busy meanwhile, None where the system does not tell. Where they are wanted for the products, all speeds
are too low, and PyTorch's by far more.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from charrnn.benchmark.interleaved import Candidate, Watch, take_turns
from charrnn.benchmark.pytorch import TorchTwin, torch_threads
from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.network.arrays import Workspace
from charrnn.network.cells import CELLS
from charrnn.network.network import Network
from charrnn.network.vectorizers import ONEHOT_VOCABULARY
from charrnn.parallel.blas import blas_info, has_small_matrix_kernel, matmul_peak, single_threaded
from charrnn.parallel.threads import shard_count, threaded
from charrnn.text.batches import Windows
from charrnn.training.optimizers import OPTIMIZERS, fresh_moments
from charrnn.training.trainer import Trainer, TrainingState

VOCABULARY = 65


@dataclass(frozen=True)
class Size:
    """What is trained: L layers of H units, windows of T steps of B streams. The embedding is as wide as a layer."""

    hidden: int
    layers: int
    window: int
    batch: int
    cell: str = "tanh"

    @property
    def network(self) -> Network:
        return Network(NetworkConfig(VOCABULARY, self.hidden, self.layers, embedding=self.hidden, cell=self.cell))


SIZES = (
    Size(128, 2, 50, 50),
    Size(256, 2, 64, 64),
    Size(512, 2, 64, 64),
    Size(512, 3, 64, 128),
    Size(1024, 2, 64, 64),
)
SAMPLING_SIZE = Size(512, 2, 1, 1)
UTTERANCE = 100  # characters


@dataclass(frozen=True)
class BenchSettings:
    """What to measure, and how long: `turns` of each at least, and more while `seconds` a size last."""

    sizes: tuple[Size, ...] = SIZES
    turns: int = 12
    seconds: float = 6.0


def of_cell(effort: BenchSettings, cell: str) -> BenchSettings:
    """The same with another cell."""
    return replace(effort, sizes=tuple(replace(size, cell=cell) for size in effort.sizes))


QUICK = BenchSettings(tuple(size for size in SIZES if size.hidden <= 512), turns=3, seconds=0.8)


@dataclass(frozen=True)
class MachineSpeed:
    """Float32 products at their best: `peak_flops` a second on `threads` threads, by this kernel of this library."""

    library: str
    kernel: str
    threads: int
    peak_flops: float
    others_busy: float | None


@dataclass(frozen=True)
class TrainingSpeed:
    """A size and its speed: the median of the turns, `steps` in all; `loss` is the last step's, in nats a character.

    `product_flops` are the operations of `product_operations` done a second, and `share_of_peak` what part of the
    machine's peak they are. `ratio` is how many times as fast as PyTorch; None where there is no PyTorch.
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
    """How fast a model speaks on one thread: the median of the turns, `characters` in all."""

    hidden: int
    layers: int
    characters: int
    characters_per_second: float
    torch_characters_per_second: float | None
    ratio: float | None
    others_busy: float | None


Speed = MachineSpeed | TrainingSpeed | SamplingSpeed


def product_operations(config: NetworkConfig, T: int, B: int, shards: int) -> int:
    """Floating-point operations of all matrix products of one training step.

    A product (m, k) @ (k, n) is m·k·n multiply-adds, or twice as many operations. Every weight matrix that the
    characters of a window pass through takes part in three products a character: forward, the way back to its
    input, and its own gradient. So each of the T·B characters costs

    - 6·H·G·H for Wh of every layer, and as many for Wx of every layer above the first, G being the cell's gates;
    - 6·H·V for the head;
    - 2·V·G·H for the product with the one-hot matrix that sums the first layer's gradient by character, if the
      vocabulary is small enough that it is done so.

    The first layer's input is gathered from a table of V projected vectors. With an embedding that table and its
    way back are three products of V rows, 6·V·E·G·H a shard however many characters there are (at most: a window
    of fewer than V characters projects only those that occur). A one-hot input has none.
    """
    V, E, H, L = config.vocabulary, config.embedding, config.hidden, config.layers
    N = CELLS[config.cell].gates * H
    a_character = 6 * (L * H * N + (L - 1) * H * N + H * V)
    if V <= ONEHOT_VOCABULARY:
        a_character += 2 * V * N
    return T * B * a_character + shards * 6 * V * E * N


def measure(effort: BenchSettings, threads: int, torch: Any | None) -> Iterator[Speed]:
    """Measure everything on this many threads, one result after the other; `torch` is the module, if there is one."""
    info, watch = blas_info(), Watch()
    peak = matmul_peak(threads)
    yield MachineSpeed(info.library, info.architecture, threads, peak, watch.others())
    for size in effort.sizes:
        yield measure_training(size, effort, threads, peak, torch)
    yield measure_sampling(replace(SAMPLING_SIZE, cell=effort.sizes[0].cell), effort, torch)


def measure_training(
    size: Size, effort: BenchSettings, threads: int, peak: float, torch: Any | None
) -> TrainingSpeed:
    """The speed of a whole training step, the optimizer's and clipping's part included."""
    network, T, B = size.network, size.window, size.batch
    training = TrainingConfig(steps=1)
    trainer, state = _trainer(size, threads, training)
    contestants: list[Candidate] = [lambda: trainer.step(state, training.lr).loss]
    if torch is not None:
        twin = TorchTwin(torch, network, state.parameters, rate=training.lr, clip=training.clip)
        numbers, rng = itertools.count(), np.random.default_rng(0)
        contestants.append(lambda: twin.step(*trainer.windows.window(next(numbers), rng)))
    with single_threaded(), torch_threads(torch, threads):
        watch = Watch()
        scores = take_turns(contestants, effort.turns, effort.seconds)
    flops = product_operations(network.config, T, B, shard_count(threads, B)) / scores[0].seconds
    return TrainingSpeed(
        size=size,
        vocabulary=VOCABULARY,
        parameters=network.parameter_count(),
        threads=threads,
        steps=scores[0].steps,
        loss=scores[0].last,
        characters_per_second=T * B / scores[0].seconds,
        product_flops=flops,
        share_of_peak=flops / peak,
        torch_characters_per_second=T * B / scores[1].seconds if torch is not None else None,
        ratio=scores[1].seconds / scores[0].seconds if torch is not None else None,
        others_busy=watch.others(),
    )


def measure_sampling(size: Size, effort: BenchSettings, torch: Any | None) -> SamplingSpeed:
    """The speed of speaking, one character at a time, on one thread."""
    network, n = size.network, UTTERANCE
    rng = np.random.default_rng(0)
    parameters = network.initialize(rng)
    tokens = sample_tokens(RnnPredictor(network, parameters), np.zeros(1, np.int64), Sampling(), rng)
    contestants: list[Candidate] = [lambda: float(len(list(itertools.islice(tokens, n))))]
    if torch is not None:
        twin = TorchTwin(torch, network, parameters, rate=0.0, clip=1.0)
        contestants.append(lambda: float(len(twin.speak(0, n))))
    with single_threaded(), torch_threads(torch, 1):
        watch = Watch()
        scores = take_turns(contestants, effort.turns, effort.seconds)
    return SamplingSpeed(
        hidden=size.hidden,
        layers=size.layers,
        characters=n * scores[0].steps,
        characters_per_second=n / scores[0].seconds,
        torch_characters_per_second=n / scores[1].seconds if torch is not None else None,
        ratio=scores[1].seconds / scores[0].seconds if torch is not None else None,
        others_busy=watch.others(),
    )


def _trainer(size: Size, threads: int, training: TrainingConfig) -> tuple[Trainer[Windows], TrainingState]:
    """Trainer and first state as a run has them, over a text of random characters of 64 windows."""
    network, rng = size.network, np.random.default_rng(training.seed)
    ids = rng.integers(VOCABULARY, size=size.batch * size.window * 64 + size.batch)
    panels = has_small_matrix_kernel()
    engine = threaded(network, shard_count(threads, size.batch), lambda: Workspace(panels=panels))
    optimizer = OPTIMIZERS[training.optimizer]
    parameters = network.initialize(rng)
    state = TrainingState(parameters, fresh_moments(optimizer, parameters), network.start(size.batch), rng)
    windows = Windows(ids, size.window, size.batch)
    return Trainer(windows, engine, optimizer, training.clip, training.clip_by), state
