"""Fixtures of the fuzz tests: the program as processes, and a loop over generated cases.

Each test exists twice: `short` checks a few cases, the same in every run; `long`, which has the marker `fuzz`, checks
as many as its share of --fuzz-minutes allows. The counts and findings of long tests are printed at the end.
"""

import itertools
import os
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from tests.fuzz.oracles import Program

LONGEST_CASE = 1000
"""Characters of a case that a finding shows, without repetitions."""
SECONDS = pytest.StashKey[float]()
Case = TypeVar("Case")

if sys.platform != "linux":  # the limits of processes, and what replaces a full disk, are those of Linux
    collect_ignore_glob = ["test_*.py"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the long tests unless they are asked for, and divide the time among those that are left."""
    minutes, long_items = config.getoption("fuzz_minutes"), [item for item in items if _is_long(item)]
    if minutes is None and "fuzz" not in config.getoption("markexpr"):
        config.hook.pytest_deselected(items=long_items)
        items[:] = [item for item in items if not _is_long(item)]
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    config.stash[SECONDS] = 60.0 * (1.0 if minutes is None else minutes) * min(1.0, workers / max(1, len(long_items)))


def _is_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("fuzz") is not None


class Fuzz:
    """A loop over generated cases; `counts` has the numbers of inputs, and of what else the tests count.

    A case that fails becomes a finding, with the seed that repeats it, and the loop continues.
    """

    def __init__(self, node: pytest.Item, first_seed: int, seconds: float) -> None:
        self.counts: Counter[str] = Counter()
        self._findings: dict[str, str] = {}
        self._node, self._first_seed, self._seconds = node, first_seed, seconds
        self._deadline = 0.0

    def __call__(self, cases: SearchStrategy[Case], check: Callable[[Case], Iterable[str]], *, examples: int) -> None:
        """Check a batch of so many examples, or batches until the time is up; `check` yields the faults of a case."""
        self._deadline = time.monotonic() + self._seconds
        for number in itertools.count(self._first_seed):
            self._check_batch(number, cases, check, examples)
            if time.monotonic() >= self._deadline:
                break
        findings = list(self._findings.values())
        self._node.user_properties.append(("fuzz", {"counts": dict(self.counts), "findings": findings}))
        if findings:
            pytest.fail("\n".join(findings), pytrace=False)

    def _check_batch(
        self, number: int, cases: SearchStrategy[Case], check: Callable[[Case], Iterable[str]], examples: int
    ) -> None:
        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def check_case(case: Case) -> None:
            if self._seconds and time.monotonic() >= self._deadline:
                return  # the batch was begun when there was time left
            self.counts["inputs"] += 1
            for fault in _faults(check, case):
                kind = re.sub(r"\d+|/\S+|'[^']*'", "", fault)[:100]
                self._findings.setdefault(kind, f"seed {number}: {fault}\n    case: {_shown(case)}")

        check_case()


def _shown(case: object) -> str:
    """Return a case as ASCII, with what is repeated often written once."""
    return re.sub(r"(.{1,60}?)\1{4,}", r"\1…", ascii(case)[:50_000])[:LONGEST_CASE]


def _faults(check: Callable[[Case], Iterable[str]], case: Case) -> Iterable[str]:
    try:
        yield from check(case)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        yield f"{type(error).__name__} in {place.name}, line {place.lineno}: {error!s:.500}"


@pytest.fixture(params=["short", pytest.param("long", marks=pytest.mark.fuzz)])
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    """A loop over generated cases; its findings fail the test."""
    if request.param == "short":
        return Fuzz(request.node, 0, 0.0)
    return Fuzz(request.node, request.config.getoption("fuzz_seed"), request.config.stash[SECONDS])


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program, without the settings of the user who runs the tests, and without a network."""
    home = str(tmp_path_factory.mktemp("home"))
    variables = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR")
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    inherited = {name: value for name in ("PATH", "PYTHONPATH") if (value := os.environ.get(name))}
    program = Program(
        inherited | dict.fromkeys(variables, home) | proxies | {"LANG": "C.UTF-8", "TERM": "xterm-256color"}
    )
    yield program
    program.close()


@pytest.fixture(scope="session")
def old_runs() -> Path:
    """The folder of the runs of charrnn 0.4.0, one of each kind, and of their texts; read only."""
    return Path(__file__).parent.parent / "fixtures" / "runs-0.4.0"
