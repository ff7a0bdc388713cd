"""A session on a short periodic text, with a fake clock and storage in memory, for the tests of training."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pytest

from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.network import Network
from charrnn.network.arrays import Parameters
from charrnn.parallel.serial import GradientEngine, serial
from charrnn.run.commands import Command
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Event
from charrnn.text.batches import Windows
from charrnn.training.interfaces import EvaluationProbe, Probes
from charrnn.training.loop import train
from charrnn.training.optimizers import Adam, initial_moments
from charrnn.training.session import Session
from charrnn.training.state import TrainingState
from charrnn.training.trainer import Trainer

NETWORK = Network.from_config(NetworkConfig(vocabulary=5, hidden=12, layers=1, embedding=0))
TEXT = np.tile([1, 2, 3, 4, 1, 3], 200)


@dataclass
class Clock:
    """A clock that advances one second at each reading."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@dataclass
class MemoryStorage:
    """Storage of a session in memory."""

    best: Parameters | None = None
    last: TrainingState | None = None

    def write_best(self, parameters: Parameters) -> None:
        self.best = {name: array.copy() for name, array in parameters.items()}

    def read_best(self) -> Parameters:
        assert self.best is not None
        return self.best

    def write_checkpoint(self, state: TrainingState) -> None:
        self.last = state.copy()


@dataclass
class Toy:
    """A session and its storage; `commands` are sent at the handling of that number, counted from 1."""

    session: Session
    storage: MemoryStorage
    commands: dict[int, list[Command]] = field(default_factory=dict)

    def train(self) -> Iterator[Event]:
        """Yield the events of the session to its end."""
        numbers = iter(range(1, 1_000_000))
        return train(self.session, lambda: self.commands.get(next(numbers), []), wait=lambda: None)


class MakeToy(Protocol):
    """Makes a session; `settings` are options of training, and every evaluation gives the same loss."""

    def __call__(
        self,
        engine: GradientEngine | None = None,
        commands: dict[int, list[Command]] | None = None,
        probes: Probes | None = None,
        **settings: Any,
    ) -> Toy: ...


@pytest.fixture
def evaluation() -> Callable[..., EvaluationProbe]:
    """A factory of evaluation probes."""
    return evaluation_probe


@pytest.fixture
def network() -> Network:
    """The network of the toys."""
    return NETWORK


@pytest.fixture
def toy() -> MakeToy:
    """A factory of sessions."""

    def make(
        engine: GradientEngine | None = None,
        commands: dict[int, list[Command]] | None = None,
        probes: Probes | None = None,
        **settings: Any,
    ) -> Toy:
        values = {"bptt": 10, "batch": 4, "lr": 0.01, "evaluate_every": 10, "warmup": 0.0} | settings
        if "minutes" not in values:
            values.setdefault("steps", 60)
        config = TrainingConfig(**values)
        rng = np.random.default_rng(0)
        parameters = NETWORK.initialize(rng)
        state = TrainingState(
            parameters, initial_moments(Adam(), parameters), NETWORK.initial_state(config.batch), rng
        )
        windows = Windows(TEXT, config.bptt, config.batch)
        trainer = Trainer(windows, engine or serial(NETWORK), Adam(), config.clip, config.clip_by)
        storage = MemoryStorage()
        session = Session(
            config=config,
            validation_tokens=10,
            trainer=trainer,
            state=state,
            total_steps=config.steps,
            probes=probes or constant_probes(),
            storage=storage,
            clock=Clock(),
        )
        return Toy(session, storage, commands or {})

    return make


def constant_probes() -> Probes:
    """Return probes whose evaluation is always 0.5 nats per character."""
    return Probes(evaluate=evaluation_probe(lambda: 5.0), sample=lambda parameters, step: f"step {step}")


def evaluation_probe(nats: Callable[[], float], steps: int = 0) -> EvaluationProbe:
    """Return a probe that gives so many nats on 10 characters, after this many intermediate steps."""

    def evaluate(parameters: Parameters, sample: int | None) -> Generator[float, None, Evaluation]:
        del parameters
        for step in range(steps):
            yield step / steps
        tokens = 10 if sample is None else sample
        return Evaluation.from_nats(nats() * tokens / 10, tokens=tokens, characters=tokens, unknown=0)

    return evaluate
