"""`charrnn inspect`: arrays, gradient flow and units of a model, and the text features that units follow."""

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli import shell_completion
from charrnn.cli.arguments import AsJson, Encoding, OptionalModel, number_option, open_language_model, use_latest_run
from charrnn.cli.console import counted, standard_input, write_json, write_line
from charrnn.cli.progress_line import ProgressLine
from charrnn.errors import UsageError
from charrnn.text.escape import visible_line

if TYPE_CHECKING:
    from charrnn.inspection.units import Reading
    from charrnn.language.model import LanguageModel
    from charrnn.text.progress import OnProgress

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="TEXT",
        help="Text to read: a file, - for stdin, or the name of a text.",
        show_default="the validation text of the run",
        autocompletion=shell_completion.corpus_names,
    ),
]
Unit = Annotated[
    str | None,
    typer.Option(
        "--neuron", metavar="LAYER:UNIT", help="Show the text with the activation of this unit; both count from 0."
    ),
]
Top = Annotated[int, number_option("Number of units to list per text feature", 1)]
Length = Annotated[int, number_option("Largest number of characters to read", 1)]


def inspect(
    model: OptionalModel = None,
    text: Source = None,
    encoding: Encoding = "utf-8",
    unit: Unit = None,
    top: Top = 3,
    length: Length = 5000,
    as_json: AsJson = False,
) -> None:
    """Report a model's arrays, gradient flow, and the units that follow features of a text such as quotes."""
    from charrnn.blas import single_threaded
    from charrnn.inspection.units import default_text, read
    from charrnn.text.progress import of_stage

    language_model = open_language_model(model or use_latest_run(), "charrnn inspect")
    layer_and_unit = None if unit is None else _parse_unit(unit, language_model)
    with single_threaded(), ProgressLine() as on_progress:
        passage, description = (
            default_text(language_model, length, on_progress)
            if text is None
            else _read_text(text, encoding, length, on_progress)
        )
        on_progress.print_message(f"reading {description}")
        reading = read(language_model, passage, of_stage(on_progress, "reading"))
        on_progress.clear()
        if layer_and_unit is None:
            _write_report(_report(language_model, reading, top), as_json=as_json)
        else:
            _write_activations(reading, *layer_and_unit, as_json=as_json)


def _parse_unit(argument: str, model: "LanguageModel") -> tuple[int, int]:
    """Return layer and unit of LAYER:UNIT; UsageError if the model has no such unit."""
    match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", argument)
    layer, unit = (int(match[1]), int(match[2])) if match else (-1, -1)
    L, H = model.config.network.layers, model.config.network.hidden
    if not (0 <= layer < L and 0 <= unit < H):
        units = f"LAYER:UNIT, from 0:0 to {L - 1}:{H - 1}"
        raise UsageError(f"--neuron must be {units}, got {argument}")
    return layer, unit


def _read_text(source: str, encoding: str, length: int, on_progress: "OnProgress") -> tuple[str, str]:
    """Return the first `length` characters of a text, and their description."""
    from charrnn.text.chunks import head
    from charrnn.text.corpus import read_corpus

    corpus = read_corpus((source,), encoding=encoding, stdin=standard_input(), on_progress=on_progress)
    passage = head(corpus.chunks(), length)
    return passage, f"{len(passage):,} of the {counted(corpus.report.characters, 'character')} of the text"


def _report(model: "LanguageModel", reading: "Reading", top: int) -> dict[str, Any]:
    """Return the report of a model with the keys of --json."""
    from charrnn.inspection.gradient_flow import steps_back, text_gradient_flow
    from charrnn.inspection.units import rank
    from charrnn.inspection.weights import layer_statistics, parameter_statistics

    network, parameters = model.network, model.parameters
    sizes = ("cell", "vocabulary", "embedding", "layers", "hidden")
    flow = text_gradient_flow(network, parameters, reading.text)
    steps = steps_back(flow)
    neurons: dict[str, dict[str, float]] = {}
    for ranked in rank(reading.activations, reading.features(), top):
        neurons.setdefault(ranked.feature, {})[f"{ranked.layer}:{ranked.unit}"] = ranked.correlation
    return {
        "network": {name: getattr(model.config.network, name) for name in sizes},
        "parameter_count": network.parameter_count(),
        "parameters": {array.pop("name"): array for array in map(asdict, parameter_statistics(parameters))},
        "characters": sum(map(len, reading.pieces)),
        "tokens": len(reading.text.ids),
        "layers": [asdict(layer) for layer in layer_statistics(network, parameters, reading.activations)],
        "gradient_flow": {"steps_back": steps, "norms": flow.norms[:, [-1 - step for step in steps]].tolist()},
        "neurons": neurons,
    }


def _write_report(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(report)
    elif sys.stdout.isatty():
        from charrnn.cli.inspect_tables import print_report

        print_report(report)
    else:
        for name, value in _flat(report):
            write_line(f"{name}\t{value}")


def _flat(values: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value with its path of keys; numbers in a list are one value."""
    rows = dict(enumerate(values)) if isinstance(values, list) and isinstance(values[0], dict | list) else values
    if isinstance(rows, dict):
        for key, inner in rows.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, " ".join(map(_plain, rows if isinstance(rows, list | tuple) else [rows]))


def _plain(value: str | int | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _write_activations(reading: "Reading", layer: int, unit: int, *, as_json: bool) -> None:
    """Write one unit's h after each token of the text: as JSON, as lines, or as colors on a terminal."""
    from charrnn.inspection.units import correlations

    activations = reading.activations[:, layer : layer + 1, unit : unit + 1]  # (N, 1, 1)
    h: list[float] = activations[:, 0, 0].tolist()
    if as_json:
        features = correlations(activations, reading.features())
        r = {feature: float(correlation[0, 0]) for feature, correlation in features.items()}
        tokens = {"pieces": reading.pieces, "activations": h}
        write_json({"layer": layer, "unit": unit, "correlations": r} | tokens)
    elif sys.stdout.isatty():
        from charrnn.cli.unit_view import print_activations

        print_activations(reading.pieces, h)
    else:
        for piece, activation in zip(reading.pieces, h, strict=True):
            write_line(f"{visible_line(piece)}\t{activation:.4f}")
