"""Speed: what is counted and compared is what it says; no test looks at a clock."""

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from charrnn.benchmark import interleaved, speed
from charrnn.benchmark.pytorch import TorchTwin, load_torch
from charrnn.cli import bench as cli
from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.network.arrays import Parameters, Workspace
from charrnn.network.network import Network
from charrnn.parallel.threads import threaded

TINY = speed.Size(16, 2, 8, 8)
EFFORT = speed.BenchSettings((TINY,), turns=2, seconds=0.0)


@pytest.fixture(autouse=True)
def _little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def peak(threads: int) -> float:
        return 1e9 * threads

    monkeypatch.setattr(speed, "matmul_peak", peak)
    monkeypatch.setattr(speed, "QUICK", EFFORT)
    monkeypatch.setattr(speed, "SAMPLING_SIZE", TINY)
    monkeypatch.setattr(interleaved, "REST", 0.0)
    monkeypatch.setattr(interleaved, "MOST_STEPS", 3)
    monkeypatch.setattr(speed, "UTTERANCE", 4)


class Counting(np.ndarray[Any, Any]):
    """An array that notes the operations of every matrix product it takes part in, those of `@` too."""

    operations: list[int]

    def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(x) for x in inputs]
        if ufunc.__name__ == "matmul":
            (*_, m, k), (*_, n) = plain[0].shape, plain[1].shape
            stacked = np.broadcast_shapes(plain[0].shape[:-2], plain[1].shape[:-2])
            Counting.operations.append(2 * math.prod(stacked) * m * k * n)
        if "out" in options:
            options["out"] = tuple(np.asarray(out) for out in options["out"])
        return np.asarray(getattr(ufunc, method)(*plain, **options)).view(Counting)


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The operations of every `np.matmul`, and of `@` with a weight, from now on."""
    monkeypatch.setattr(Counting, "operations", [], raising=False)
    matmul: Callable[..., Any] = np.matmul

    def counted(a: Any, b: Any, **options: Any) -> Any:
        return matmul(a.view(Counting), b, **options)

    monkeypatch.setattr(np, "matmul", counted)
    return Counting.operations


@pytest.mark.parametrize("panels", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("V", "E", "H", "L"), [(65, 32, 32, 1), (65, 48, 64, 3), (65, 0, 32, 2), (300, 16, 32, 2)])
def test_the_formula_counts_the_products_that_are_done(
    operations: list[int], V: int, E: int, H: int, L: int, threads: int, panels: bool
) -> None:
    network, T, B = Network(NetworkConfig(V, H, L, E)), 50, 16
    rng = np.random.default_rng(0)
    parameters: Parameters = {name: w.view(Counting) for name, w in network.initialize(rng).items()}
    ids = rng.integers(V, size=(T + 1, B))
    operations.clear()  # of the initializers
    compute = threaded(network, threads, lambda: Workspace(panels=panels))
    compute(parameters, ids[:-1], ids[1:], network.start(B), rng)
    assert sum(operations) == pytest.approx(speed.product_operations(network.config, T, B, threads), rel=0.01)


def contest(A: float, B: float, least: int, seconds: float = 0.0) -> tuple[str, list[interleaved.Score]]:
    """A and B, whose steps take so long, by a clock that only they move: the order of their steps, and the scores."""
    order: list[str] = []
    now = [0.0]

    def step(name: str, takes: float) -> float:
        order.append(name)
        now[0] += takes
        return float(len(order))

    scores = interleaved.take_turns(
        [lambda: step("A", A), lambda: step("B", B)], least, seconds, clock=lambda: now[0]
    )
    return "".join(order), scores


def test_the_contestants_take_turns_and_the_warm_up_does_not_count() -> None:
    order, scores = contest(A=1.0, B=2.0, least=4)
    assert order == "AB" * (interleaved.WARM_UP + 4)
    assert scores == [interleaved.Score(1.0, 4, len(order) - 1), interleaved.Score(2.0, 4, len(order))]


def test_a_turn_has_several_steps_where_they_are_short_and_their_time_is_that_of_one() -> None:
    order, (A, B) = contest(A=interleaved.TURN * 0.6, B=1.0, least=3)
    assert order == "AB" * interleaved.WARM_UP + "AAB" * 3
    assert (A.steps, B.steps) == (6, 3)
    assert A.seconds == pytest.approx(interleaved.TURN * 0.6)


def test_more_turns_are_taken_while_time_lasts() -> None:
    _, scores = contest(A=1.0, B=1.0, least=1, seconds=9.5)
    assert [score.steps for score in scores] == [5, 5]


STAT = "cpu  9 9 9 9 9\ncpu0 100 20 3 4000 50 6\ncpu1 10 2 0 400 5 6\ncpu12 7 7 7 7 7\nintr 1 2 3\n"


def test_the_time_of_others_is_that_of_programs_on_the_processors_that_may_be_used() -> None:
    assert interleaved.busy_ticks(STAT, {0}) == 123
    assert interleaved.busy_ticks(STAT, {0, 1}) == 135


def test_a_watch_without_a_source_tells_nothing(tmp_path: Path) -> None:
    assert interleaved.Watch(tmp_path / "missing").others() is None


@pytest.mark.parametrize(
    ("others", "threads", "processors", "disturbed"),
    [(0.05, 2, 2, False), (0.3, 2, 2, True), (0.9, 1, 2, False), (1.3, 1, 2, True), (None, 2, 2, False)],
)
def test_others_disturb_where_they_take_what_the_threads_want(
    others: float | None, threads: int, processors: int, disturbed: bool
) -> None:
    result = speed.MachineSpeed("openblas", "SkylakeX", threads, 1e9, others)
    assert cli.disturbed(result, threads, processors) == disturbed


def test_the_full_bench_has_the_sizes_and_at_least_twelve_steps() -> None:
    sizes = [(s.hidden, s.layers, s.window, s.batch) for s in speed.BenchSettings().sizes]
    assert sizes == [(128, 2, 50, 50), (256, 2, 64, 64), (512, 2, 64, 64), (512, 3, 64, 128), (1024, 2, 64, 64)]
    assert speed.BenchSettings().turns >= 12


def test_a_row_is_a_real_training_and_its_numbers_agree() -> None:
    row = speed.measure_training(TINY, EFFORT, threads=2, peak=1e9, torch=None)
    assert 0.0 < row.loss < 2 * math.log(row.vocabulary)
    assert row.steps in range(EFFORT.turns, 3 * EFFORT.turns + 1)
    T, B = TINY.window, TINY.batch
    operations = speed.product_operations(TINY.network.config, T, B, shards=2)
    assert row.product_flops == pytest.approx(row.characters_per_second / (T * B) * operations)
    assert row.share_of_peak == pytest.approx(row.product_flops / 1e9)
    assert row.parameters == 65 * 16 + 2 * (16 * 16 + 16 * 16 + 16) + 16 * 65 + 65


def run(*arguments: str) -> tuple[str, str]:
    app = typer.Typer()
    app.command()(cli.bench)
    result = CliRunner().invoke(app, [*arguments, "--quick", "--threads", "1"])
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # an import raises ImportError


def test_json_is_an_object_a_line_machine_then_training_then_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    without_torch(monkeypatch)
    machine, training, sampling = map(json.loads, run("--json")[0].splitlines())
    assert set(machine) == {"measure", "library", "kernel", "threads", "peak_flops", "others_busy"}
    assert machine["peak_flops"] == 1e9
    sizes = ("hidden", "layers", "window", "batch")
    assert [training[name] for name in sizes] == [TINY.hidden, TINY.layers, TINY.window, TINY.batch]
    rates = {"measure", "others_busy", "characters_per_second", "torch_characters_per_second", "ratio"}
    assert set(training) == rates | {*sizes} | {
        "cell", "vocabulary", "parameters", "threads", "steps", "loss", "product_flops", "share_of_peak"
    }  # fmt: skip
    assert set(sampling) == rates | {"hidden", "layers", "characters"}
    assert training["ratio"] is sampling["ratio"] is None


def test_without_torch_its_columns_are_left_out_and_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_torch(monkeypatch)
    out, messages = run()
    lines = [line.split("\t") for line in out.splitlines()]
    assert [line[0] for line in lines] == ["#measure", "machine", "#measure", "training", "#measure", "sampling"]
    assert all(len(names) == len(values) for names, values in zip(lines[::2], lines[1::2], strict=True))
    assert not any("torch" in name or name == "ratio" for name in (*lines[2], *lines[4]))
    assert sum("pip install" in line for line in messages.splitlines()) == 1
    assert "3 of 3" in messages


@pytest.mark.parametrize("version", ["1.13.1", "2.3.0+cpu"])
def test_a_torch_that_is_too_old_is_none(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    class Old:
        __version__ = version

    monkeypatch.setitem(sys.modules, "torch", Old())
    assert load_torch() is None


def test_a_terminal_gets_tables_with_the_columns_of_torch_only_if_it_is_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for theirs, ratio in ((None, None), (2e5, 4.0)):
        row = speed.TrainingSpeed(TINY, 65, 10, 1, 12, 4.1, 8e5, 1e9, 0.5, theirs, ratio, 0.0)
        spoken = speed.SamplingSpeed(16, 2, 100, 8e3, theirs, ratio, 0.0)
        cli._print_tables(
            [speed.MachineSpeed("openblas", "SkylakeX", 1, 2e9, 0.0), row, spoken], with_torch=theirs is not None
        )
        shown = capsys.readouterr().out
        assert "800,000" in shown
        assert ("PyTorch" in shown) == ("4.00" in shown) == (theirs is not None)


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_the_twin_is_the_same_model_and_takes_the_same_steps(cell: str) -> None:
    torch = pytest.importorskip("torch")
    size = replace(TINY, cell=cell)
    network, training, rng = size.network, TrainingConfig(steps=1), np.random.default_rng(0)
    trainer, state = speed._trainer(size, 2, training)
    twin = TorchTwin(torch, network, state.parameters, rate=training.lr, clip=training.clip)
    assert twin.parameter_count() == network.parameter_count()
    for number in range(4):
        ours, theirs = trainer.step(state, training.lr).loss, twin.step(*trainer.windows.window(number, rng))
        assert theirs == pytest.approx(ours, abs=1e-4)


def test_the_products_of_a_cell_with_gates_are_counted() -> None:
    tanh, lstm = (replace(TINY, cell=cell).network.config for cell in ("tanh", "lstm"))
    head = 6 * 8 * 8 * TINY.hidden * 65
    counts = [speed.product_operations(config, 8, 8, 1) - head for config in (tanh, lstm)]
    assert counts[1] == 4 * counts[0]


def test_with_torch_there_is_a_ratio_and_its_threads_are_set_back() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    rows = [cli.fields_of(row) for row in list(speed.measure(EFFORT, 1, torch))[1:]]
    for row in rows:
        assert row["ratio"] == pytest.approx(row["characters_per_second"] / row["torch_characters_per_second"])
    assert torch.get_num_threads() == before


def test_the_twin_speaks_tokens_of_the_vocabulary() -> None:
    torch = pytest.importorskip("torch")
    parameters = TINY.network.initialize(np.random.default_rng(0))
    tokens = TorchTwin(torch, TINY.network, parameters, rate=0.0, clip=1.0).speak(0, 20)
    assert len(tokens) == 20
    assert all(0 <= token < 65 for token in tokens)
