"""`charrnn inspect`: what is inside a trained network, and what its units follow in a text."""

import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.arguments import Encoding, Model
from charrnn.cli.console import print_message, standard_input, write_json
from charrnn.errors import UsageError
from charrnn.text.escape import visible_line

if TYPE_CHECKING:
    from charrnn.inspection.units import Reading
    from charrnn.language.model import LanguageModel

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="TEXT",
        help="What to read: a file, - for stdin, or the name of a text; default what the run held out of its own.",
        show_default=False,
    ),
]
Neuron = Annotated[
    str | None,
    typer.Option(metavar="LAYER:UNIT", help="Show the text with this unit's activation; both count from 0."),
]
Top = Annotated[int, typer.Option(help="Units to name for each thing that units may follow.")]
Length = Annotated[int, typer.Option(help="Characters to read at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")]

WIDEST_LINE = 100
BAR = 10


@dataclass(frozen=True)
class Shade:
    """How an activation from `lowest` on is shown: a sign below the text, and a colour behind it."""

    lowest: float
    sign: str
    style: str


SHADES = (
    Shade(0.6, "#", "white on rgb(178,24,43)"),
    Shade(0.2, "+", "black on rgb(244,165,130)"),
    Shade(-0.2, " ", ""),
    Shade(-0.6, "-", "black on rgb(146,197,222)"),
    Shade(-math.inf, "=", "white on rgb(33,102,172)"),
)
WHITE_SPACE = {"\n": "⏎", "\t": "⇥"}
LEGEND = "below the text: # from 0.6, + from 0.2, - below -0.2, = below -0.6"


def inspect(
    model: Model,
    text: Source = None,
    encoding: Encoding = "utf-8",
    neuron: Neuron = None,
    top: Top = 3,
    length: Length = 5000,
    as_json: AsJson = False,
) -> None:
    """Tell what is inside a model: its arrays, its gradient flow, and the units that follow something in a text."""
    for name, number in (("top", top), ("length", length)):
        if number < 1:
            raise UsageError(f"--{name} is {number}; it must be 1 or above")
    from charrnn.blas import single_threaded
    from charrnn.inspection.units import own_text, read
    from charrnn.language.cloze import load_model
    from charrnn.language.model import LanguageModel

    language_model = load_model(model)
    if not isinstance(language_model, LanguageModel):
        raise UsageError(f"{model} was trained with --cloze, and inspect is for models that read on; name such a one")
    place = None if neuron is None else _place(neuron, language_model)
    with single_threaded():
        said, what = own_text(language_model, length) if text is None else _text(text, encoding, length)
        print_message(f"reading {what}")
        reading = read(language_model, said)
        if place is None:
            _write(_anatomy(language_model, reading, top), as_json=as_json)
        else:
            _write_neuron(reading, place, as_json=as_json)


def _place(said: str, model: "LanguageModel") -> tuple[int, int]:
    """The layer and the unit; UsageError if the model has no such."""
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", said)
    place = (int(found[1]), int(found[2])) if found else (-1, -1)
    L, H = model.network.config.layers, model.network.config.hidden
    if not (0 <= place[0] < L and 0 <= place[1] < H):
        units = f"LAYER:UNIT, from 0:0 to {L - 1}:{H - 1}"
        raise UsageError(f"--neuron is {said!r}, and this model has no such unit; name one as {units}")
    return place


def _text(source: str, encoding: str, length: int) -> tuple[str, str]:
    """The first `length` characters of a text, and what they are."""
    from charrnn.text.chunks import head
    from charrnn.text.corpus import read_corpus

    corpus = read_corpus((source,), encoding=encoding, stdin=standard_input())
    read = head(corpus.chunks(), length)
    return read, f"{len(read):,} of the {corpus.report.characters:,} characters of the text"


def _anatomy(model: "LanguageModel", reading: "Reading", top: int) -> dict[str, Any]:
    """All that is told of a model, under the names that --json and a pipe have."""
    from charrnn.inspection.units import rank
    from charrnn.inspection.weights import flow_over, layer_figures, parameter_figures, steps_back
    from charrnn.text.tokenizers import initial_id

    network, parameters = model.network, model.parameters
    sizes = ("cell", "vocabulary", "embedding", "layers", "hidden")
    flow = flow_over(network, parameters, reading.ids, initial_id(model.tokenizer))
    back = steps_back(flow)
    neurons: dict[str, dict[str, float]] = {}
    for each in rank(reading.activations, reading.features(), top):
        neurons.setdefault(each.feature, {})[f"{each.layer}:{each.unit}"] = each.correlation
    return {
        "network": {name: getattr(network.config, name) for name in sizes},
        "parameter_count": network.parameter_count(),
        "parameters": {each.pop("name"): each for each in map(asdict, parameter_figures(parameters))},
        "characters": sum(map(len, reading.pieces)),
        "tokens": len(reading.ids),
        "layers": [asdict(each) for each in layer_figures(network, parameters, reading.activations)],
        "gradient_flow": {"steps_back": back, "norms": flow.norms[:, [-1 - steps for steps in back]].tolist()},
        "neurons": neurons,
    }


def _write(values: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(values)
    elif sys.stdout.isatty():
        _print_tables(values)
    else:
        for name, value in _flat(values):
            typer.echo(f"{name}\t{value}")


def _flat(values: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A line for each value, under the names that lead to it; numbers in a list are one value."""
    rows = dict(enumerate(values)) if isinstance(values, list) and isinstance(values[0], dict | list) else values
    if isinstance(rows, dict):
        for key, inner in rows.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, " ".join(map(_plain, rows if isinstance(rows, list | tuple) else [rows]))


def _plain(value: str | int | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


# On a terminal.


def _print_tables(values: dict[str, Any]) -> None:
    arrays, layers, neurons = values["parameters"], values["layers"], values["neurons"]
    back, norms = values["gradient_flow"].values()
    sizes = (f"{name} {size}" for name, size in values["network"].items())
    typer.echo(f"{', '.join(sizes)}; {values['parameter_count']:,} parameters\n")
    shapes = ((name, each.values()) for name, each in arrays.items())
    figures = ((name, " × ".join(map(str, shape)), *_short(rest)) for name, (shape, *rest) in shapes)
    _print_table(("parameters", "shape", "count", "mean", "deviation", "norm"), figures)
    _print_table([name.replace("_", " ") for name in layers[0]], (_short(each.values()) for each in layers))
    typer.echo("norm of the last step's dL/dh")
    columns = [column for each in norms for column in (_short(each), _bars(each))]
    names = [name for l in range(len(norms)) for name in (f"layer {l}", "")]
    _print_table(("steps back", *names), zip(_short(back), *columns, strict=True))
    units = (", ".join(f"{unit} {r:+.2f}" for unit, r in each.items()) for each in neurons.values())
    _print_table(("followed by layer:unit, correlation", ""), zip(neurons, units, strict=True))


def _short(figures: Iterable[int | float]) -> list[str]:
    return [f"{figure:,}" if isinstance(figure, int) else f"{figure:.3g}" for figure in figures]


def _bars(norms: list[float]) -> list[str]:
    """The logarithm of each norm as a bar, two cells for a factor of ten, the largest of them whole."""
    finite = [norm for norm in norms if 0.0 < norm < math.inf]
    return ["█" * max(0, BAR + round(2 * math.log10(norm / max(finite)))) if norm in finite else "" for norm in norms]


def _print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number and column else "left")
    for row in rows:
        table.add_row(*row)
    Console(markup=False, emoji=False).print(table, "")


def _write_neuron(reading: "Reading", place: tuple[int, int], *, as_json: bool) -> None:
    """The text with one unit's h after each token: as numbers, a line a token in a pipe, in colour on a terminal."""
    from charrnn.inspection.units import correlations

    layer, unit = place
    one = reading.activations[:, layer : layer + 1, unit : unit + 1]
    h: list[float] = one[:, 0, 0].tolist()
    if as_json:
        r = {name: float(each[0, 0]) for name, each in correlations(one, reading.features()).items()}
        tokens = {"pieces": reading.pieces, "activations": h}
        write_json({"layer": layer, "unit": unit, "correlations": r} | tokens)
    elif sys.stdout.isatty():
        _print_neuron(reading.pieces, h)
    else:
        for piece, value in zip(reading.pieces, h, strict=True):
            typer.echo(f"{visible_line(piece)}\t{value:.4f}")


def _print_neuron(pieces: Sequence[str], h: Sequence[float]) -> None:
    """Lines of the text, each with a line of signs below it: what the colours say is never said by them alone."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    print_message(LEGEND)
    console = Console()
    for line in _wrapped(pieces, h, min(console.width, WIDEST_LINE), cell_len):
        signs = "".join(shade.sign * cell_len(shown) for shown, shade in line).rstrip()
        console.print(Text.assemble(*((shown, shade.style) for shown, shade in line)), no_wrap=True, crop=False)
        console.print(Text(signs))


def _wrapped(
    pieces: Sequence[str], h: Sequence[float], width: int, cell_len: Callable[[str], int]
) -> Iterator[list[tuple[str, Shade]]]:
    """The pieces as a terminal may show them, in lines of up to `width` cells that end where the text's own do."""
    line: list[tuple[str, Shade]] = []
    cells = 0
    for piece, value in zip(pieces, h, strict=True):
        shown = WHITE_SPACE.get(piece) or visible_line(piece)
        if line and cells + cell_len(shown) > width:
            yield line
            line, cells = [], 0
        line.append((shown, next((each for each in SHADES if value >= each.lowest), SHADES[2])))
        cells += cell_len(shown)
        if piece.endswith("\n"):
            yield line
            line, cells = [], 0
    if line:
        yield line
