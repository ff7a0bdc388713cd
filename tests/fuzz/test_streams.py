"""Streams that are closed, full or end anywhere, and disks that are full."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz.conftest import Fuzz
from tests.fuzz.oracles import Program, Streams, changes, snapshot
from tests.fuzz.trainings import OPTIONS, Training

TEXT = "The lamp was lit.\nOne\ttwo\nÄ漢\x1b[31m\n".encode()
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--help",),
    ("train", "--help"),
    ("sample", "character", "--length", "300", "--seed", "1"),
    ("sample", "subword", "--length", "20", "--count", "5", "--json", "--prompt", "-"),
    ("complete", "character", "The la"),
    ("complete", "word", "-", "--json"),
    ("fill", "cloze", "-"),
    ("score", "character", "texts/english.txt"),
    ("score", "byte", "-", "--json"),
    ("rescore", "lstm", "-"),
    ("eval", "character", "-", "--threads", "1"),
    ("eval", "character", "texts/names.txt", "--json", "--threads", "1"),
    ("inspect", "character"),
    ("runs", "."),
    ("runs", ".", "--json"),
    ("watch", "character", "--no-tui"),
    ("watch", "character-half", "--json"),
    ("corpora",),
    ("corpora", "show", "english"),
    ("lab",),
    ("manual",),
    ("doctor", "--json"),
    ("sample", "nowhere"),
    ("train", "-", "--out", "new", "--steps", "2", "--hidden", "4", "--bptt", "4", "--batch", "1", "--no-tui"),
    ("train", "texts/names.txt", "--out", "new", "--steps", "2", "--hidden", "4", "--json"),
)

outputs = st.dictionaries(
    st.sampled_from([1, 2]),
    st.one_of(st.sampled_from(["closed", "full", 0, 1]), st.integers(2, 400), st.integers(400, 70_000)),
)
streams = st.builds(
    lambda cut, outputs, stdin_closed: Streams(
        stdin=TEXT[:cut],
        closed=frozenset([number for number, fate in outputs.items() if fate == "closed"] + [0] * stdin_closed),
        full=frozenset(number for number, fate in outputs.items() if fate == "full"),
        reads={number: fate for number, fate in outputs.items() if isinstance(fate, int)},
    ),
    st.integers(0, len(TEXT)),
    outputs,
    st.integers(0, 4).map(lambda number: not number),
)


def test_every_command_survives_its_streams(fuzz: Fuzz, program: Program, old_runs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(old_runs, tmp_path / "folder"))

    def check(case: tuple[tuple[str, ...], Streams, bool]) -> Iterable[str]:
        words, streams, fresh = case
        before, sound = snapshot(folder), Streams(stdin=streams.stdin, closed=streams.closed & {0})
        expected = program(*words, folder=folder, streams=sound)
        yield from expected.faults({0, 1, 2})
        shutil.rmtree(folder / "new", ignore_errors=True)
        outcome = program(*words, folder=folder, streams=streams, fresh=fresh)
        fuzz.counts["commands"] += 2
        yield from outcome.faults(expected_codes(streams, expected.code, writes=bool(expected.stdout)))
        shutil.rmtree(folder / "new", ignore_errors=True)
        if changed := changes(before, snapshot(folder)):
            yield f"{outcome.command} changes {changed}"

    cases = st.tuples(st.sampled_from(COMMANDS), streams, st.integers(0, 9).map(lambda number: not number))
    fuzz(cases, check, examples=35)


def expected_codes(streams: Streams, code: int, *, writes: bool) -> set[int]:
    """Return the exit codes that are right, if a command with sound streams has this code."""
    if code == 0 and writes and 1 in streams.full and not streams.reads and 2 not in streams.full:
        return {1}
    if code == 0 and writes and streams.reads.get(1) == 0 and 2 not in (*streams.full, *streams.reads):
        return {141}
    return {code, 1} | ({141} if streams.reads else set())


def test_a_full_disk_loses_no_run(fuzz: Fuzz, program: Program, story: Path, tmp_path: Path) -> None:
    digests: dict[tuple[str, ...], str] = {}

    def begin(name: str, options: tuple[str, ...]) -> Training:
        folder = tmp_path / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(story, folder / "text.txt")
        return Training(program, folder, options)

    def check(case: tuple[tuple[str, ...], list[int]]) -> Iterable[str]:
        options, sizes = case
        if options not in digests:
            sound = begin("sound", options)
            yield from sound.train().faults({0})
            digests[options] = sound.digest()
        training = begin("case", options)
        for size in sizes:
            fuzz.counts["full disks"] += 1
            yield from training.train(limits={"RLIMIT_FSIZE": size}).faults({0, 1})
        yield from training.finish(digests[options])

    sizes = st.one_of(st.integers(0, 3000), st.integers(3000, 30_000))
    fuzz(st.tuples(st.sampled_from(OPTIONS), st.lists(sizes, min_size=1, max_size=2)), check, examples=6)
