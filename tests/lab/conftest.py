"""Fixtures of the laboratory's tests: one BLAS thread, and the findings of an experiment."""

from collections.abc import Iterator
from typing import Protocol

import pytest

from charrnn.blas import single_threaded
from charrnn.lab.protocol import EXPERIMENTS, Finding


class RunExperiment(Protocol):
    """Runs an experiment by name, at full size unless `steps` are given; returns its findings."""

    def __call__(self, name: str, steps: int | None = None, seed: int = 0) -> list[Finding]: ...


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    """Keep small products on one thread, as the command does."""
    with single_threaded():
        yield


@pytest.fixture
def run_experiment() -> RunExperiment:
    def run(name: str, steps: int | None = None, seed: int = 0) -> list[Finding]:
        experiment = EXPERIMENTS[name]
        results = experiment.load().run(seed, steps or experiment.steps)
        return [result for result in results if isinstance(result, Finding)]

    return run
