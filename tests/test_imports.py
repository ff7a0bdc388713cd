"""What an import brings with it: no screen below the command line, and nothing heavy for a line of help."""

import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

import charrnn
from charrnn.cli import app

SCREENS = {"typer", "click", "rich", "textual"}
HEAVY = {"numpy", "textual", "sentencepiece", "safetensors", "torch"}
SHELL = ("charrnn.cli", "charrnn.tui", "charrnn.__main__")

CORE = sorted(
    module.name
    for module in pkgutil.walk_packages(charrnn.__path__, "charrnn.", onerror=None)
    if not module.name.startswith(SHELL)
)


def imported_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after this code, whatever the code exits with."""
    report = "import sys\ntry:\n    {}\nfinally:\n    sys.stderr.write('\\n@' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", report.format(code)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.partition("\n@")[2].split()}


def commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of the group itself, of each of its commands, and of theirs."""
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


@pytest.mark.parametrize("module", ["charrnn", *CORE])
def test_the_core_knows_no_screen(module: str) -> None:
    assert not imported_by(f"import {module}") & SCREENS


def test_every_part_of_the_core_is_looked_at() -> None:
    assert {name.split(".")[1] for name in CORE} >= {"config", "text", "network", "training", "language", "run"}
    assert "charrnn.network.cells.elman" in CORE


COMMANDS = [*commands(typer.main.get_command(app))]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    found = imported_by(f"sys.argv = ['charrnn', *{command}, '--help']; from charrnn.cli import main; main()")
    assert "typer" in found
    assert not found & HEAVY


def test_the_commands_are_those_of_the_application() -> None:
    assert {(), ("train",), ("corpora", "get"), ("lab",)} <= {*COMMANDS}


def test_the_public_names_are_loaded_when_they_are_used() -> None:
    assert "numpy" not in imported_by("import charrnn")
    assert "numpy" in imported_by("from charrnn import LanguageModel")


def test_the_core_does_not_need_sentencepiece_or_torch_to_be_imported() -> None:
    assert not imported_by("import charrnn.pipeline.start, charrnn.lab.experiments.gradcheck") & {
        "sentencepiece",
        "torch",
    }
