"""Damaged and hostile runs, opened by everything that opens a run."""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st

from charrnn.run.folder import FILES
from tests.fuzz.conftest import Fuzz
from tests.fuzz.mutations import Mutation, mutations
from tests.fuzz.oracles import Outcome, Program, Streams, changes, snapshot

KEPT = [file for file in FILES if not file.startswith("control/")]
"""The files of a run that are still there after every command."""


@pytest.fixture
def names(old_runs: Path) -> list[str]:
    """The names of the old runs, which are of many kinds."""
    return sorted(path.parent.name for path in old_runs.glob("*/config.json"))


def test_a_damaged_run_is_opened_or_refused_and_nothing_else_is_touched(
    fuzz: Fuzz, program: Program, old_runs: Path, names: list[str], tmp_path: Path
) -> None:
    def check(case: tuple[str, list[Mutation], bool, bool]) -> Iterable[str]:
        name, damage, terminal, fresh = case
        folder = tmp_path / "case"
        make_runs(old_runs, name, folder)
        for mutation in damage:
            mutation.apply(folder / "runs" / "run", folder / "elsewhere")
        yield from check_commands(fuzz, program, folder, Streams(terminal=terminal), fresh=fresh)

    cases = st.tuples(
        st.sampled_from(names),
        st.lists(mutations, min_size=1, max_size=2),
        st.booleans(),
        st.integers(0, 31).map(lambda number: not number),
    )
    fuzz(cases, check, examples=20)


def make_runs(old_runs: Path, name: str, folder: Path) -> None:
    """Make a folder with texts, the run to damage, a sound run, and files elsewhere to which links may lead."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(old_runs / "texts", folder / "texts")
    for path in ("runs/run", "runs/sound", "elsewhere"):
        shutil.copytree(old_runs / name, folder / path)
    for file in FILES:
        victim = folder / "elsewhere" / file
        victim.parent.mkdir(exist_ok=True)
        if not victim.exists():
            victim.write_bytes(b"precious")


def check_commands(fuzz: Fuzz, program: Program, folder: Path, streams: Streams, *, fresh: bool) -> Iterator[str]:
    run = folder / "runs" / "run"
    before, kept = snapshot(folder), [file for file in KEPT if (run / file).is_file()]
    for outcome in reading_commands(program, folder, streams, fresh=fresh):
        fuzz.counts["commands"] += 1
        yield from outcome.faults({0, 1, 2})
        if changed := changes(before, snapshot(folder)):
            yield f"a command that only reads changes {changed}: {outcome.command}"
    yield from check_listing(program, folder)
    outcome = program("train", "--resume", "runs/run", "--steps", "42", "--no-tui", folder=folder, streams=streams)
    fuzz.counts["commands"] += 2
    yield from outcome.faults({0, 1, 2})
    if changed := changes(snapshot_without(before, run), snapshot(folder, without=[run])):
        yield f"resuming changes {changed}"
    if lost := [file for file in kept if not (run / file).is_file()]:
        yield f"resuming loses {lost}: {outcome.command}"
    if outcome.code == 0:
        yield from program("eval", "runs/run", "texts/english.txt", folder=folder).faults({0})


def reading_commands(program: Program, folder: Path, streams: Streams, *, fresh: bool) -> Iterator[Outcome]:
    read, text = ("runs/run", "texts/english.txt"), ("--length", "20", "--seed", "1")
    yield program("runs", folder=folder, streams=streams, fresh=fresh)
    yield program("inspect", "runs/run", folder=folder, streams=streams)
    yield program("sample", "run", *text, folder=folder, streams=streams, fresh=fresh)
    yield program("eval", *read, "--threads", "1", folder=folder, streams=streams)
    yield program("watch", "run", "--no-tui", folder=folder, streams=streams, fresh=fresh)
    yield program("watch", "run", "--json", folder=folder, streams=streams)


def check_listing(program: Program, folder: Path) -> Iterator[str]:
    """A damaged run hides none of the others."""
    outcome = program("runs", "--json", folder=folder)
    yield from outcome.faults({0})
    if outcome.code:
        return
    states = {entry["path"]: entry["state"] for entry in json.loads(outcome.stdout)["runs"]}
    if states.get("runs/sound") in (None, "broken"):
        yield f"the sound run is listed as {states.get('runs/sound')}"


def snapshot_without(before: dict[str, object], run: Path) -> dict[str, object]:
    return {path: content for path, content in before.items() if run not in (Path(path), *Path(path).parents)}
