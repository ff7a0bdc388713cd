"""Signals at any moment: nothing is lost, and a training goes on to the same weights."""

import shutil
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.fuzz.conftest import Fuzz
from tests.fuzz.oracles import KILLED, Kill, Program, changes, snapshot
from tests.fuzz.trainings import OPTIONS, Training

CODES = {signal.SIGKILL: {KILLED, 0}, signal.SIGINT: {130, 0}, signal.SIGTERM: {143, 0}}
"""Exit codes after a signal, or after an end that came before it."""
LONG_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("sample", "character", "--length", "1000000000"),
    ("sample", "subword", "--length", "1000", "--count", "1000000", "--json"),
    ("score", "character", "long.txt"),
    ("eval", "lstm", "long.txt", "--threads", "1"),
    ("eval", "character", "long.txt", "--dynamic", "--mix"),
    ("eval", "word", "long.txt", "--keystrokes", "--words", "100000"),
    ("rescore", "byte", "long.txt"),
    ("inspect", "character", "long.txt"),
    ("complete", "subword", "-"),
    ("train", "long.txt", "--tokenizer", "subword", "--no-tui", "--out", "new"),
    ("lab", "sine"),
    ("bench", "--quick"),
)


@dataclass(frozen=True)
class Baseline:
    """The weights of a training that nothing interrupts, and the seconds that it takes."""

    digest: str
    seconds: float


@pytest.fixture(scope="session")
def baseline(program: Program, story: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Baseline]:
    """A function that returns the baseline of a training with some options."""
    known: dict[tuple[tuple[str, ...], bool], Baseline] = {}

    def measure(options: tuple[str, ...], *, fresh: bool) -> Baseline:
        if (options, fresh) not in known:
            folder = tmp_path_factory.mktemp("baseline")
            shutil.copy(story, folder / "text.txt")
            training, start = Training(program, folder, options), time.monotonic()
            assert list(training.train(fresh=fresh).faults({0})) == []
            known[options, fresh] = Baseline(training.digest(), time.monotonic() - start)
        return known[options, fresh]

    return measure


def test_a_training_that_is_killed_goes_on_to_the_same_weights(
    fuzz: Fuzz, program: Program, story: Path, baseline: Callable[..., Baseline], tmp_path: Path
) -> None:
    def check(case: tuple[tuple[str, ...], list[tuple[signal.Signals, float, bool]]]) -> Iterable[str]:
        options, kills = case
        folder = tmp_path / "case"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(story, folder / "text.txt")
        training = Training(program, folder, options)
        for number, fraction, fresh in kills:
            moment = fraction * baseline(options, fresh=fresh).seconds
            outcome = training.train(kills=[Kill(number, moment)], fresh=fresh)
            fuzz.counts["kills"] += outcome.code != 0
            if outcome.began:
                yield from outcome.faults(CODES[number])
            yield from program("runs", ".", "--json", folder=folder).faults({0})
        yield from training.finish(baseline(options, fresh=False).digest)
        if (folder / "text.txt").read_bytes() != story.read_bytes():
            yield "the text has changed"

    kills = st.tuples(st.sampled_from(list(CODES)), st.floats(0.0, 1.1), st.integers(0, 4).map(lambda n: not n))
    fuzz(st.tuples(st.sampled_from(OPTIONS), st.lists(kills, min_size=1, max_size=3)), check, examples=6)


def test_every_command_ends_when_it_is_interrupted(
    fuzz: Fuzz, program: Program, story: Path, old_runs: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(old_runs, tmp_path / "folder"))
    (folder / "long.txt").write_bytes(story.read_bytes() * 500)

    def check(case: tuple[tuple[str, ...], signal.Signals, float, bool]) -> Iterable[str]:
        words, number, moment, fresh = case
        before = snapshot(folder)
        outcome = program(*words, folder=folder, kills=[Kill(number, moment)], fresh=fresh)
        fuzz.counts["kills"] += outcome.code != 0
        if outcome.began:
            yield from outcome.faults(CODES[number])
        shutil.rmtree(folder / "new", ignore_errors=True)
        if changed := changes(before, snapshot(folder)):
            yield f"{outcome.command} changes {changed}"

    signals = st.sampled_from([signal.SIGINT, signal.SIGINT, signal.SIGTERM])
    moments = st.one_of(st.floats(0.0, 0.3), st.floats(0.3, 3.0))
    fresh = st.integers(0, 3).map(lambda number: not number)
    fuzz(st.tuples(st.sampled_from(LONG_COMMANDS), signals, moments, fresh), check, examples=8)
