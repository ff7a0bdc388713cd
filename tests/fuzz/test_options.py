"""Random command lines, valid and invalid, for every command."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import strategies as st

from charrnn.cli import app
from charrnn.cli.option_names import FLAGS
from tests.fuzz.conftest import Fuzz
from tests.fuzz.generators import Word, command_lines, train_lines
from tests.fuzz.oracles import Program, Streams, changes, snapshot

ROOT: Any = typer.main.get_command(app)
LONG = ("train", "bench", "lab")
"""Commands that take long when their options are valid."""
COMMANDS = {(name,): command for name, command in ROOT.commands.items() if name not in LONG} | {
    ("corpora", name): command for name, command in ROOT.commands["corpora"].commands.items()
}
ENDS = ("epochs", "steps", "minutes")
AFFORDABLE = (("hidden", "4"), ("layers", "1"), ("bptt", "8"), ("batch", "2"), ("threads", "1"))


@pytest.fixture
def folder(old_runs: Path, tmp_path: Path) -> Path:
    """A folder with runs and texts."""
    return Path(shutil.copytree(old_runs, tmp_path / "folder"))


def test_train_takes_valid_options_and_refuses_the_others(fuzz: Fuzz, program: Program, folder: Path) -> None:
    def check(case: tuple[list[Word], bool]) -> Iterable[str]:
        words, terminal = case
        fuzz.counts["commands"] += 1
        line = [word for option in words for word in option.words]
        given = {word.words[0] for word in words}
        defaults = [word for name, value in AFFORDABLE if FLAGS[name] not in given for word in (FLAGS[name], value)]
        if not given & {FLAGS[end] for end in ENDS}:
            defaults += ["--steps", "2"]
        before = snapshot(folder)
        outcome = program(
            *("train", "texts/names.txt", "--out", "new", "--no-tui", *defaults, *line),
            folder=folder,
            streams=Streams(terminal=terminal),
        )
        yield from outcome.faults({2} if any(not word.valid for word in words) else {0, 1, 2})
        if outcome.code == 2 and (folder / "new").exists():
            yield f"wrong usage leaves a run: {outcome.command}"
        shutil.rmtree(folder / "new", ignore_errors=True)
        if changed := changes(before, snapshot(folder)):
            yield f"{outcome.command} changes {changed}"

    fuzz(st.tuples(train_lines(FLAGS), st.booleans()), check, examples=50)


def test_every_other_command_obeys_or_refuses_its_command_line(fuzz: Fuzz, program: Program, folder: Path) -> None:
    def check(case: tuple[tuple[str, ...], tuple[str, ...], str, bool]) -> Iterable[str]:
        name, words, stdin, terminal = case
        fuzz.counts["commands"] += 1
        before = snapshot(folder)
        streams = Streams(stdin=stdin.encode(), terminal=terminal, keys=b"\x04q" if terminal else b"")
        outcome = program(*name, *words, folder=folder, streams=streams)
        yield from outcome.faults({0, 1, 2})
        if changed := changes(before, snapshot(folder)):
            yield f"{outcome.command} changes {changed}"

    lines = [st.tuples(st.just(name), command_lines(command)) for name, command in COMMANDS.items()]
    cases = st.builds(
        lambda line, stdin, terminal: (*line, stdin, terminal and line[0] not in (("play",), ("watch",))),
        st.one_of(lines),
        st.sampled_from(["", "The lamp\n", "one\ttwo\n-1.5\tthree\n", "\ud7ff\x00\n"]),
        st.booleans(),
    )
    fuzz(cases, check, examples=80)


@pytest.mark.parametrize("command", LONG)
def test_long_commands_refuse_what_does_not_exist(command: str, program: Program, tmp_path: Path) -> None:
    for words in (("nowhere",), ("--nowhere",), ("--json=1",), ("\x1b[31m",), ("a", "b", "c")):
        for terminal in (False, True):
            outcome = program(command, *words, folder=tmp_path, streams=Streams(terminal=terminal))
            assert list(outcome.faults({2})) == []
