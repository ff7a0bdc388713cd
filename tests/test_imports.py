"""Imports: no screen below the command line, and nothing heavy for a line of help."""

import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import typer

import charrnn
from charrnn.cli import app

SCREENS = {"typer", "click", "rich", "textual"}
HEAVY = {"numpy", "textual", "sentencepiece", "safetensors", "torch"}
WITH_SCREENS = ("charrnn.cli", "charrnn.tui", "charrnn.__main__")

CORE = sorted(
    module.name
    for module in pkgutil.walk_packages(charrnn.__path__, "charrnn.")
    if not module.name.startswith(WITH_SCREENS)
)


def imported_by(*statements: str) -> list[set[str]]:
    """Return the top-level modules that a fresh interpreter has after each of the statements, even if it exits."""
    report = "sys.stderr.write('@' + ' '.join(sys.modules) + '\\n')"
    program = "".join(f"try:\n    {line}\nexcept SystemExit:\n    pass\n{report}\n" for line in statements)
    program = f"import sys\n{program}"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    reports = [line[1:] for line in result.stderr.splitlines() if line.startswith("@")]
    return [{name.partition(".")[0] for name in report.split()} for report in reports]


def commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of a group, of each of its commands, and of theirs."""
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


def test_the_core_imports_no_screen() -> None:
    assert "charrnn.network.cells.elman" in CORE
    reports = imported_by(*(f"import {module}" for module in ("charrnn", *CORE)))
    assert len(reports) == len(CORE) + 1
    assert [module for module, modules in zip(["charrnn", *CORE], reports, strict=True) if modules & SCREENS] == []


def test_help_imports_nothing_heavy() -> None:
    paths = [*commands(typer.main.get_command(app))]
    assert {(), ("train",), ("corpora", "get"), ("lab",)} <= {*paths}
    calls = (f"app([*{path}, '--help'])" for path in paths)
    _, *reports = imported_by("from charrnn.cli import app", *calls)
    assert [path for path, modules in zip(paths, reports, strict=True) if modules & HEAVY] == []
    assert all("typer" in modules for modules in reports)


def test_public_names_are_imported_when_they_are_used() -> None:
    before, after = imported_by("import charrnn", "charrnn.LanguageModel")
    assert "numpy" not in before
    assert "numpy" in after


def test_the_core_needs_neither_sentencepiece_nor_torch() -> None:
    (modules,) = imported_by("import charrnn.pipeline.start, charrnn.lab.experiments.gradcheck")
    assert not modules & {"sentencepiece", "torch"}
