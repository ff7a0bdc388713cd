"""`charrnn runs`: the runs in a folder, what they are and how far they got."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn.cli.output import duration, print_json, say
from charrnn.errors import CharrnnError, UsageError
from charrnn.text.shown import visible

if TYPE_CHECKING:
    from charrnn.config import RunConfig

FILES = ("config.json", "tokenizer.json", "model.safetensors", "metrics.jsonl", "checkpoints")
"""A folder that holds one of them is taken for a run."""
SILENCE = 600.0
"""Seconds after which a run that writes nothing is no longer thought to be under way."""

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of runs, or a run.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; default off.")]


@dataclass(frozen=True)
class Summary:
    """What is told of one run. Where `fault` is not None, the rest may be missing."""

    path: str
    state: str
    age: float
    text: str | None = None
    characters: int | None = None
    cell: str | None = None
    layers: int | None = None
    hidden: int | None = None
    embedding: int | None = None
    parameters: int | None = None
    step: int | None = None
    nats_per_character: float | None = None
    bits_per_character: float | None = None
    fault: str | None = None


def runs(folder: Folder = Path("runs"), as_json: AsJson = False) -> None:
    """List the runs in a folder, the latest first, with their best validation loss."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name one that holds runs, or make a run with charrnn train")
    found = sorted((summarize(path) for path in _runs_in(folder)), key=lambda each: each.age)
    if as_json:
        print_json({"runs": [asdict(each) for each in found]})
    elif not found:
        say(f"there are no runs in {folder}; make one with charrnn train")
    elif sys.stdout.isatty():
        _print_table(found)
    else:
        for each in found:
            typer.echo("\t".join(_row(each).values()))


def _runs_in(folder: Path) -> Iterator[Path]:
    for path in (folder, *sorted(folder.iterdir())):
        if path.is_dir() and any((path / name).exists() for name in FILES):
            yield path


def summarize(path: Path) -> Summary:
    """One run, as far as it can be read."""
    from charrnn.checkpoint import RunFolder

    age = max(0.0, time.time() - max(each.stat().st_mtime for each in _files(path)))
    try:
        config = RunFolder(path).read_config()
        journal = list(_journal(path / "metrics.jsonl"))
        fault = _fault_of_model(path, journal)
    except (CharrnnError, OSError) as error:
        return Summary(str(path), "broken", age, fault=str(error))
    state = "broken" if fault else _state(journal, age)
    return Summary(str(path), state, age, **_settings(config), **_course(journal), fault=fault)


def _files(path: Path) -> list[Path]:
    return [path, *(path / name for name in FILES if (path / name).exists())]


def _settings(config: "RunConfig") -> dict[str, Any]:
    from charrnn.network.model import Network

    return {
        "text": ", ".join(config.text.sources),
        "characters": config.text.characters,
        **{name: getattr(config.network, name) for name in ("cell", "layers", "hidden", "embedding")},
        "parameters": Network(config.network).parameter_count(),
    }


def _journal(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of metrics.jsonl that are more than a step, and the last one; what is no event is passed over."""
    lines: Iterable[str] = path.read_text("utf-8", errors="replace").splitlines() if path.exists() else []
    lines = [line for line in lines if line.startswith("{") and line.endswith("}")]
    for number, line in enumerate(lines, start=1):
        if line.startswith('{"event": "step"') and number < len(lines):
            continue
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if isinstance(values.get("step"), int):
            yield values


def _course(journal: list[dict[str, Any]]) -> dict[str, Any]:
    """The last step, and the best of the evaluations."""
    losses = [_losses(values) for values in journal if values.get("event") == "evaluation"]
    nats, bits = min((pair for pair in losses if pair is not None), default=(None, None))
    step = journal[-1]["step"] if journal else 0
    return {"step": step, "nats_per_character": nats, "bits_per_character": bits}


def _losses(values: dict[str, Any]) -> tuple[float, float] | None:
    nats, bits = values.get("nats_per_character"), values.get("bits_per_character")
    return (nats, bits) if isinstance(nats, float) and isinstance(bits, float) else None


def _state(journal: list[dict[str, Any]], age: float) -> str:
    """How the run ended, if it did: a run that was killed has no word on that."""
    last = journal[-1] if journal else {}
    if last.get("event") == "finish":
        return "finished" if last.get("reason") == "done" else "stopped"
    return "under way" if age < SILENCE else "broken off"


def _fault_of_model(path: Path, journal: list[dict[str, Any]]) -> str | None:
    """Why the model cannot be loaded; None if it can, or if there is none because training has just begun."""
    from charrnn.language.model import LanguageModel

    if not any(values.get("event") in ("evaluation", "checkpoint") for values in journal):
        return None
    try:
        LanguageModel.load(path)
    except CharrnnError as error:
        return str(error)
    return None


def _row(each: Summary) -> dict[str, str]:
    """What a person reads, by column."""
    known = each.parameters is not None
    return {
        "run": each.path,
        "state": each.state,
        "age": duration(each.age),
        "text": each.text or "",
        "size": f"{each.layers} × {each.hidden}" if known else "",
        "parameters": f"{each.parameters:,}" if known else "",
        "steps": f"{each.step:,}" if known else "",
        "nats": "" if each.nats_per_character is None else f"{each.nats_per_character:.4f}",
        "bits": "" if each.bits_per_character is None else f"{each.bits_per_character:.4f}",
        "fault": each.fault or "",
    }


def _print_table(found: list[Summary]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [_row(each) for each in found]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in rows[0]:
        if name != "fault" and any(row[name] for row in rows):
            words = name in ("run", "text")
            left = words or name == "state"
            table.add_column(name, justify="left" if left else "right", no_wrap=not words, overflow="fold")
    shown = [str(column.header) for column in table.columns]
    for row in rows:
        table.add_row(*(Text(visible(row[name])) for name in shown))
    console = Console()
    console.print(table)
    for each in found:
        if each.fault:
            console.print(Text(visible(f"{each.path} is broken: {each.fault}")))
