"""Tables of `charrnn inspect` on a terminal: arrays, layers, gradient flow, and units with what they follow."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from charrnn.cli.console import write_line
from charrnn.cli.tables import Column, print_table

LONGEST_BAR = 10


def print_report(report: dict[str, Any]) -> None:
    """Print the report of a model; the report has the keys of --json."""
    arrays, layers, units = report["parameters"], report["layers"], report["neurons"]
    steps_back, norms = report["gradient_flow"].values()
    sizes = (f"{name} {size}" for name, size in report["network"].items())
    write_line(f"{', '.join(sizes)}; {report['parameter_count']:,} parameters\n")
    figures = ((name, array.values()) for name, array in arrays.items())
    rows = ((name, " × ".join(map(str, shape)), *_short(rest)) for name, (shape, *rest) in figures)
    _print(("parameters", "shape", "count", "mean", "deviation", "norm"), rows)
    _print([name.replace("_", " ") for name in layers[0]], (_short(layer.values()) for layer in layers))
    write_line("norm of the last step's dL/dh")
    columns = [column for layer_norms in norms for column in (_short(layer_norms), _bars(layer_norms))]
    headings = [heading for l in range(len(norms)) for heading in (f"layer {l}", "")]
    _print(("steps back", *headings), zip(_short(steps_back), *columns, strict=True))
    followers = (", ".join(f"{unit} {r:+.2f}" for unit, r in ranked.items()) for ranked in units.values())
    _print(("followed by layer:unit, correlation", ""), zip(units, followers, strict=True))


def _print(headings: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, with all columns but the first aligned on the right if they have a heading."""
    columns = [Column(heading, right=bool(index and heading), wrap=True) for index, heading in enumerate(headings)]
    print_table(columns, rows)
    write_line("")


def _short(figures: Iterable[int | float]) -> list[str]:
    return [f"{figure:,}" if isinstance(figure, int) else f"{figure:.3g}" for figure in figures]


def _bars(norms: list[float]) -> list[str]:
    """Return the logarithm of each norm as a bar: the largest norm has 10 cells, a factor of ten is two cells."""
    finite = [norm for norm in norms if 0.0 < norm < math.inf]
    lengths = (LONGEST_BAR + round(2 * math.log10(norm / max(finite))) if norm in finite else 0 for norm in norms)
    return ["█" * max(0, length) for length in lengths]
