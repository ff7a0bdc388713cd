"""`charrnn bench`: speed of matrix products, training and sampling on this machine, beside PyTorch's."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.arguments import Threads, choice_option, json_lines
from charrnn.cli.console import print_message, write_json, write_line
from charrnn.cli.tables import Column, print_table, write_headings, write_row

if TYPE_CHECKING:
    from charrnn.benchmark.speed import SamplingSpeed, Speed, TrainingSpeed

CELLS = ("tanh", "lstm", "gru")
"""The cells that PyTorch has too."""
DISTURBED = (
    "other programs kept cores busy, so these speeds are too low, PyTorch's by far more than charrnn's; "
    "run the benchmark again on an idle machine"
)
TORCH_COLUMNS = frozenset({"torch_characters_per_second", "ratio"})

AsJson = Annotated[bool, json_lines("result")]
Quick = Annotated[bool, typer.Option("--quick", help="Take fewer steps, and skip the largest models.")]
Cell = Annotated[str, choice_option("Recurrent cell to measure.", CELLS)]


def bench(as_json: AsJson = False, quick: Quick = False, threads: Threads = None, cell: Cell = "tanh") -> None:
    """Measure how fast this machine trains and samples, beside PyTorch if it is installed."""
    from charrnn.benchmark.pytorch import INSTALL_COMMAND, load_torch
    from charrnn.benchmark.speed import QUICK, BenchSettings, measure
    from charrnn.blas import physical_cores

    settings, torch = (QUICK if quick else BenchSettings()).with_cell(cell), load_torch()
    threads = threads or physical_cores()
    write = _JsonLines() if as_json else None if sys.stdout.isatty() else _PlainLines(with_torch=torch is not None)
    if torch is None:
        print_message(f"PyTorch is not installed, so nothing is compared; to install it: {INSTALL_COMMAND}")
    speeds = []
    for number, speed in enumerate(measure(settings, threads, torch), 1):
        note = f"; other programs kept {speed.others_busy:.1f} cores busy" if disturbed(speed, threads) else ""
        print_message(f"{number} of {len(settings.sizes) + 2}: {summary(speed)}{note}")
        speeds.append(speed)
        if write is not None:
            write(speed)
    if write is None:
        print_tables(speeds, with_torch=torch is not None)
    if any(disturbed(speed, threads) for speed in speeds):
        print_message(DISTURBED)


def fields_of(speed: "Speed") -> dict[str, Any]:
    """Return a result as a flat dict whose `measure` is machine, training or sampling."""
    values = asdict(speed)
    size: dict[str, Any] = values.pop("size", {})
    return {"measure": type(speed).__name__.removesuffix("Speed").lower()} | size | values


def disturbed(speed: "Speed", threads: int, processors: int | None = None) -> bool:
    """Return True if other programs took more than a tenth of one of the processors that the threads need."""
    from charrnn.benchmark.interleaved import usable_processors

    spare = (processors or usable_processors()) - threads
    return speed.others_busy is not None and speed.others_busy > max(0, spare) + 0.1


def summary(speed: "Speed") -> str:
    """Return a result as one line."""
    values = fields_of(speed)
    if values["measure"] == "machine":
        kernel = f"{values['library']} {values['kernel']}".strip()
        return f"products: {_giga(values['peak_flops'])} GFLOP/s, {kernel}, threads: {values['threads']}"
    ratio = f", {values['ratio']:.2f} × PyTorch" if values["ratio"] is not None else ""
    sizes = f"{values['layers']} × {values['hidden']}"
    return f"{values['measure']} {sizes}: {values['characters_per_second']:,.0f} characters/s{ratio}"


def _giga(operations: float) -> str:
    return f"{operations / 1e9:.0f}"


class _JsonLines:
    def __call__(self, speed: "Speed") -> None:
        write_json(fields_of(speed))


class _PlainLines:
    """Tab-separated lines; a line that begins with # names the columns before the first of each measure."""

    def __init__(self, *, with_torch: bool) -> None:
        self._omitted = frozenset() if with_torch else TORCH_COLUMNS
        self._measure = ""

    def __call__(self, speed: "Speed") -> None:
        values = {name: value for name, value in fields_of(speed).items() if name not in self._omitted}
        if values["measure"] != self._measure:
            self._measure = values["measure"]
            write_headings(values)
        write_row(map(_plain, values.values()))


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value)


_TRAINING = ("training", "T", "B", "parameters", "steps", "loss", "characters/s", "GFLOP/s", "of peak")
_SAMPLING = ("sampling, one thread", "characters", "characters/s")


def print_tables(speeds: "list[Speed]", *, with_torch: bool) -> None:
    """Print the speed of the machine, a table of training and a table of sampling."""
    from charrnn.benchmark.speed import MachineSpeed, SamplingSpeed, TrainingSpeed

    for speed in speeds:
        if isinstance(speed, MachineSpeed):
            write_line(summary(speed))
    training = [
        (*_training_cells(speed), *_torch_cells(speed)) for speed in speeds if isinstance(speed, TrainingSpeed)
    ]
    sampling = [
        (*_sampling_cells(speed), *_torch_cells(speed)) for speed in speeds if isinstance(speed, SamplingSpeed)
    ]
    for (first, *headings), rows in ((_TRAINING, training), (_SAMPLING, sampling)):
        headings += ["PyTorch", "ratio"] * with_torch
        write_line("")
        print_table([Column(first), *(Column(heading, right=True) for heading in headings)], rows)


def _training_cells(speed: "TrainingSpeed") -> tuple[str, ...]:
    size = speed.size
    return (
        f"{size.layers} × {size.hidden}",
        str(size.window),
        str(size.batch),
        f"{speed.parameters:,}",
        str(speed.steps),
        f"{speed.loss:.3f}",
        f"{speed.characters_per_second:,.0f}",
        _giga(speed.product_flops),
        f"{speed.share_of_peak:.0%}",
    )


def _sampling_cells(speed: "SamplingSpeed") -> tuple[str, ...]:
    rate = f"{speed.characters_per_second:,.0f}"
    return f"{speed.layers} × {speed.hidden}", f"{speed.characters:,}", rate


def _torch_cells(speed: "TrainingSpeed | SamplingSpeed") -> tuple[str, ...]:
    """Return PyTorch's speed and the ratio; nothing if PyTorch was not measured."""
    if speed.torch_characters_per_second is None or speed.ratio is None:
        return ()
    return f"{speed.torch_characters_per_second:,.0f}", f"{speed.ratio:.2f}"
