"""Speed: the operations are counted right, and a row is that of a real training; no test looks at a clock."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from charrnn.benchmark import interleaved, speed
from charrnn.benchmark.speed import BenchSettings, Size, measure_sampling, measure_training, product_operations
from charrnn.config import NetworkConfig
from charrnn.network import Network, Parameters, arrays
from charrnn.parallel.threads import threaded

TINY = Size(16, 2, 8, 8)
SETTINGS = BenchSettings((TINY,), turns=2, seconds=0.0)


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaved, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(interleaved, "MAX_TURN_STEPS", 3)
    monkeypatch.setattr(speed, "SAMPLED_CHARACTERS", 4)


class CountingArray(np.ndarray[Any, Any]):
    """An array that records the operations of every matrix product that it takes part in."""

    operations: list[int]

    def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **options: Any) -> Any:
        operands = [np.asarray(x) for x in inputs]
        if ufunc.__name__ == "matmul":
            (*_, m, k), (*_, n) = operands[0].shape, operands[1].shape
            stacked = np.broadcast_shapes(operands[0].shape[:-2], operands[1].shape[:-2])
            CountingArray.operations.append(2 * math.prod(stacked) * m * k * n)
        if "out" in options:
            options["out"] = tuple(np.asarray(out) for out in options["out"])
        return np.asarray(getattr(ufunc, method)(*operands, **options)).view(CountingArray)


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the operations of every `np.matmul`, and of `@` with a weight, from now on."""
    monkeypatch.setattr(CountingArray, "operations", [], raising=False)
    matmul: Callable[..., Any] = np.matmul

    def counting_matmul(a: Any, b: Any, **options: Any) -> Any:
        return matmul(a.view(CountingArray), b, **options)

    monkeypatch.setattr(np, "matmul", counting_matmul)
    return CountingArray.operations


@pytest.mark.parametrize("column_panels", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("V", "E", "H", "L"), [(65, 32, 32, 1), (65, 48, 64, 3), (65, 0, 32, 2), (300, 16, 32, 2)])
def test_formula_counts_the_products_of_a_training_step(
    operations: list[int],
    V: int,
    E: int,
    H: int,
    L: int,
    threads: int,
    column_panels: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrays, "has_small_matrix_kernel", lambda: column_panels)
    config, T, B = NetworkConfig(V, H, L, E), 50, 16
    network, rng = Network.from_config(config), np.random.default_rng(0)
    parameters: Parameters = {name: w.view(CountingArray) for name, w in network.initialize(rng).items()}
    ids = rng.integers(V, size=(T + 1, B))
    operations.clear()  # those of the initializers
    compute = threaded(network, threads)
    compute(parameters, ids[:-1], ids[1:], network.initial_state(B), rng)
    assert sum(operations) == pytest.approx(product_operations(config, T, B, threads), rel=0.01)


def test_every_gate_has_the_products_of_a_tanh_cell() -> None:
    head = 6 * 8 * 8 * TINY.hidden * 65
    tanh, lstm = (product_operations(replace(TINY, cell=cell).config, 8, 8, 1) - head for cell in ("tanh", "lstm"))
    assert lstm == 4 * tanh


def test_full_benchmark_has_five_sizes_and_at_least_twelve_turns() -> None:
    sizes = [(size.hidden, size.layers, size.window, size.batch) for size in BenchSettings().sizes]
    assert sizes == [(128, 2, 50, 50), (256, 2, 64, 64), (512, 2, 64, 64), (512, 3, 64, 128), (1024, 2, 64, 64)]
    assert BenchSettings().turns >= 12


def test_another_cell_applies_to_every_size() -> None:
    assert {size.cell for size in BenchSettings().with_cell("gru").sizes} == {"gru"}


def test_training_row_agrees_with_itself() -> None:
    row = measure_training(TINY, SETTINGS, threads=2, peak=1e9, torch=None)
    assert 0.0 < row.loss < 2 * math.log(row.vocabulary)
    assert SETTINGS.turns <= row.steps <= 3 * SETTINGS.turns
    T, B = TINY.window, TINY.batch
    operations = product_operations(TINY.config, T, B, shards=2)
    assert row.product_flops == pytest.approx(row.characters_per_second / (T * B) * operations)
    assert row.share_of_peak == pytest.approx(row.product_flops / 1e9)
    assert row.parameters == 65 * 16 + 2 * (16 * 16 + 16 * 16 + 16) + 16 * 65 + 65
    assert row.torch_characters_per_second is row.ratio is None


def test_sampling_row_counts_characters() -> None:
    row = measure_sampling(TINY, SETTINGS, torch=None)
    assert row.characters % speed.SAMPLED_CHARACTERS == 0
    assert row.characters >= SETTINGS.turns * speed.SAMPLED_CHARACTERS
    assert row.characters_per_second > 0.0
