"""`charrnn bench`: JSON, tab-separated lines and tables, with PyTorch's columns only where it was measured."""

import json
import sys
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from charrnn.benchmark import interleaved, speed
from charrnn.benchmark.speed import BenchSettings, MachineSpeed, SamplingSpeed, Size, TrainingSpeed
from charrnn.cli import bench as command

TINY = Size(16, 2, 8, 8)

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a tiny benchmark without PyTorch; it returns stdout and stderr."""

    def peak(threads: int) -> float:
        return 1e9 * threads

    monkeypatch.setattr(speed, "matmul_peak", peak)
    monkeypatch.setattr(speed, "QUICK", BenchSettings((TINY,), turns=2, seconds=0.0))
    monkeypatch.setattr(speed, "SAMPLING_SIZE", TINY)
    monkeypatch.setattr(speed, "SAMPLED_CHARACTERS", 4)
    monkeypatch.setattr(interleaved, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(interleaved, "MAX_TURN_STEPS", 3)
    monkeypatch.setitem(sys.modules, "torch", None)  # an import raises ImportError

    def invoke(*arguments: str) -> tuple[str, str]:
        app = typer.Typer()
        app.command()(command.bench)
        result = CliRunner().invoke(app, [*arguments, "--quick", "--threads", "1"])
        assert result.exit_code == 0, result.output
        return result.stdout, result.stderr

    return invoke


def test_json_has_one_object_per_line_for_machine_training_and_sampling(run: Run) -> None:
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


def test_without_torch_its_columns_are_omitted_and_a_message_names_the_remedy(run: Run) -> None:
    stdout, stderr = run()
    lines = [line.split("\t") for line in stdout.splitlines()]
    assert [line[0] for line in lines] == ["#measure", "machine", "#measure", "training", "#measure", "sampling"]
    assert all(len(names) == len(values) for names, values in zip(lines[::2], lines[1::2], strict=True))
    assert not any("torch" in name or name == "ratio" for name in (*lines[2], *lines[4]))
    assert sum("pip install" in line for line in stderr.splitlines()) == 1
    assert "3 of 3" in stderr


@pytest.mark.parametrize(("torch_speed", "ratio"), [(None, None), (2e5, 4.0)])
def test_tables_have_columns_for_torch_only_if_it_was_measured(
    torch_speed: float | None,
    ratio: float | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    machine = MachineSpeed("openblas", "SkylakeX", 1, 2e9, 0.0)
    training = TrainingSpeed(TINY, 65, 10, 1, 12, 4.1, 8e5, 1e9, 0.5, torch_speed, ratio, 0.0)
    sampling = SamplingSpeed(16, 2, 100, 8e3, torch_speed, ratio, 0.0)
    command.print_tables([machine, training, sampling], with_torch=torch_speed is not None)
    tables = capsys.readouterr().out
    assert "800,000" in tables
    assert ("PyTorch" in tables) == ("4.00" in tables) == (torch_speed is not None)


@pytest.mark.parametrize(
    ("others_busy", "threads", "processors", "disturbed"),
    [(0.05, 2, 2, False), (0.3, 2, 2, True), (0.9, 1, 2, False), (1.3, 1, 2, True), (None, 2, 2, False)],
)
def test_measurement_is_disturbed_if_others_take_processors_that_it_needs(
    others_busy: float | None, threads: int, processors: int, disturbed: bool
) -> None:
    result = MachineSpeed("openblas", "SkylakeX", threads, 1e9, others_busy)
    assert command.disturbed(result, threads, processors) == disturbed
