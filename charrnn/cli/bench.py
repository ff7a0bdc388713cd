"""`charrnn bench`: how fast this machine multiplies, trains and samples, and PyTorch beside it where there is one."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.console import print_message, write_json
from charrnn.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from charrnn.benchmark.speed import SamplingSpeed, Speed, TrainingSpeed

_DISTURBED = (
    "other programs were using the cores: speeds are too low, and PyTorch's by far more than charrnn's; "
    "run it again when the machine is calm"
)
_TORCH = frozenset({"torch_characters_per_second", "ratio"})


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each result; default off.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer steps, and no large model; default off.")] = False,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Threads to compute on; default one a core.", show_default=False),
    ] = None,
    cell: Annotated[str, typer.Option(help="tanh, lstm or gru.")] = "tanh",
) -> None:
    """Measure how fast this machine trains and samples, beside PyTorch where it is installed."""
    from charrnn.benchmark.pytorch import CELLS, REMEDY, load_torch
    from charrnn.benchmark.speed import QUICK, BenchSettings, measure, of_cell
    from charrnn.parallel.blas import physical_cores

    if cell not in CELLS:
        raise UsageError(f"--cell {cell} is not measured; choose one of {', '.join(CELLS)}")
    effort, torch, results = of_cell(QUICK if quick else BenchSettings(), cell), load_torch(), []
    threads = threads or physical_cores()
    write = _JsonLines() if as_json else None if sys.stdout.isatty() else _PlainLines(with_torch=torch is not None)
    if torch is None:
        print_message(f"without PyTorch to compare with; to get it: {REMEDY}")
    for number, speed in enumerate(measure(effort, threads, torch), 1):
        note = f"; other programs kept {speed.others_busy:.1f} cores busy" if disturbed(speed, threads) else ""
        print_message(f"{number} of {len(effort.sizes) + 2}: {in_words(speed)}{note}")
        results.append(speed)
        if write is not None:
            write(speed)
    if write is None:
        _print_tables(results, with_torch=torch is not None)
    if any(disturbed(speed, threads) for speed in results):
        print_message(_DISTURBED)


def fields_of(speed: "Speed") -> dict[str, Any]:
    """A result as a flat dict, `measure` first: machine, training or sampling."""
    values = asdict(speed)
    size: dict[str, Any] = values.pop("size", {})
    return {"measure": type(speed).__name__.removesuffix("Speed").lower()} | size | values


def disturbed(speed: "Speed", threads: int, processors: int | None = None) -> bool:
    """Whether other programs took more than a tenth of one of the processors that the threads wanted."""
    from charrnn.benchmark.interleaved import usable_processors

    spare = (processors or usable_processors()) - threads
    return speed.others_busy is not None and speed.others_busy > max(0, spare) + 0.1


def in_words(speed: "Speed") -> str:
    """A result in a line for people."""
    values = fields_of(speed)
    if values["measure"] == "machine":
        kernel = f"{values['library']} {values['kernel']}".strip()
        return f"products at {_giga(values['peak_flops'])} GFLOP/s, {kernel}, threads: {values['threads']}"
    beside = f", {values['ratio']:.2f} × PyTorch" if values["ratio"] is not None else ""
    sizes = f"{values['layers']} × {values['hidden']}"
    return f"{values['measure']} {sizes}: {values['characters_per_second']:,.0f} characters/s{beside}"


def _giga(operations: float) -> str:
    return f"{operations / 1e9:.0f}"


class _JsonLines:
    def __call__(self, speed: "Speed") -> None:
        write_json(fields_of(speed))


class _PlainLines:
    """Tab-separated lines; before the first of each kind one that begins with # and names the columns."""

    def __init__(self, *, with_torch: bool) -> None:
        self._left_out = frozenset() if with_torch else _TORCH
        self._measure = ""

    def __call__(self, speed: "Speed") -> None:
        values = {name: value for name, value in fields_of(speed).items() if name not in self._left_out}
        if values["measure"] != self._measure:
            self._measure = values["measure"]
            typer.echo("#" + "\t".join(values))
        typer.echo("\t".join(map(_plain, values.values())))
        sys.stdout.flush()


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value)


def _print_tables(results: "list[Speed]", *, with_torch: bool) -> None:
    from rich.console import Console

    from charrnn.benchmark.speed import MachineSpeed, SamplingSpeed, TrainingSpeed

    console = Console()
    training, sampling = _table(_TRAINING, with_torch), _table(_SAMPLING, with_torch)
    for speed in results:
        if isinstance(speed, MachineSpeed):
            console.print(in_words(speed), markup=False, highlight=False)
        elif isinstance(speed, TrainingSpeed):
            training.add_row(*_training_cells(speed), *_beside(speed))
        elif isinstance(speed, SamplingSpeed):
            sampling.add_row(*_sampling_cells(speed), *_beside(speed))
    console.print("", training, "", sampling, sep="\n")


_TRAINING = ("training", "T", "B", "parameters", "steps", "loss", "characters/s", "GFLOP/s", "of peak")
_SAMPLING = ("sampling, one thread", "characters", "characters/s")


def _table(headings: tuple[str, ...], with_torch: bool) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in (*headings, "PyTorch", "ratio") if with_torch else headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right", no_wrap=True)
    return table


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


def _beside(speed: "TrainingSpeed | SamplingSpeed") -> tuple[str, ...]:
    """The two columns of PyTorch; none where it was not there."""
    if speed.torch_characters_per_second is None or speed.ratio is None:
        return ()
    return f"{speed.torch_characters_per_second:,.0f}", f"{speed.ratio:.2f}"
