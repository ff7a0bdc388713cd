"""Sessions: recovery from what is not finite, stopping, and ending on time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.errors import RunError
from charrnn.events import Command, Evaluated, Event, Finished, Recovered, Saved, StepDone, Stop
from charrnn.language.evaluation import Evaluation
from charrnn.network import Array, Ids, Network, Parameters, Workspace
from charrnn.parallel.threads import GradientEngine, serial
from charrnn.text.batches import Windows
from charrnn.training.optimizers import Adam, fresh_moments
from charrnn.training.session import RECOVERIES_IN_A_ROW, Session
from charrnn.training.trainer import Trainer, TrainingState

NETWORK = Network(NetworkConfig(vocabulary=5, hidden=12, layers=1, embedding=0))
TEXT = np.tile([1, 2, 3, 4, 1, 3], 200)


class Clock:
    """Tells a second more every time it is asked."""

    def __init__(self, tick: float = 1.0) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@dataclass
class Disk:
    """What a session has saved."""

    best: Parameters | None = None
    last: TrainingState | None = None

    def save_best(self, parameters: Parameters) -> None:
        self.best = {name: w.copy() for name, w in parameters.items()}

    def save_last(self, state: TrainingState) -> None:
        self.last = state.copy()


class Faulty:
    """An engine whose gradients are not finite at the calls of the given numbers, counted from 1."""

    def __init__(self, calls: Iterable[int]) -> None:
        self.right, self.calls, self.count = serial(NETWORK, Workspace), set(calls), 0

    def __call__(
        self, parameters: Parameters, inputs: Ids, targets: Ids, state: Array, rng: np.random.Generator
    ) -> tuple[float, Parameters, Array]:
        self.count += 1
        loss, gradients, carried = self.right(parameters, inputs, targets, state, rng)
        if self.count in self.calls:
            gradients["head.W"][0, 0] = np.nan
            carried = carried * np.nan
        return loss, gradients, carried


def session(
    disk: Disk, engine: GradientEngine, commands: Iterator[list[Command]] | None = None, **settings: float
) -> Session:
    values = {"bptt": 10, "batch": 4, "lr": 0.01, "evaluate_every": 10, "warmup": 0.0} | settings
    if "minutes" not in values:
        values.setdefault("steps", 60)
    config = TrainingConfig(**values)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    parameters = NETWORK.initialize(rng)
    state = TrainingState(parameters, fresh_moments(Adam(), parameters), NETWORK.start(config.batch), rng)
    trainer = Trainer(Windows(TEXT, config.bptt, config.batch), engine, Adam(), config.clip, config.clip_by)
    return Session(
        config=config,
        trainer=trainer,
        state=state,
        total_steps=config.steps,
        evaluate=lambda parameters: Evaluation.of(5.0, tokens=10, characters=10, unknown=0),
        sample=None,
        save_best=disk.save_best,
        save_last=disk.save_last,
        clock=Clock(),
        commands=(lambda: next(commands)) if commands else tuple,
    )


def of_kind(kind: type[Event], events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def test_a_text_that_repeats_itself_is_learned() -> None:
    events = list(session(Disk(), serial(NETWORK, Workspace), steps=300).run())
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    assert losses[0] > 1.0
    assert np.mean(losses[-20:]) < 0.1


def test_a_gradient_that_is_not_finite_never_reaches_the_weights_and_halves_the_rate() -> None:
    disk = Disk()
    running = session(disk, Faulty([15]), schedule="constant")  # type: ignore[arg-type]
    good: TrainingState | None = None
    rates = []
    for event in running.run():
        assert all(np.isfinite(w).all() for w in running.state.parameters.values())
        assert np.isfinite(running.state.carried).all()
        if isinstance(event, Saved) and event.step == 10:
            good = running.state.copy()
        if isinstance(event, Recovered):
            assert good is not None
            assert (event.back_to_step, event.in_a_row, event.rate_scale) == (10, 1, 0.5)
            for name, w in good.parameters.items():
                np.testing.assert_array_equal(running.state.parameters[name], w)
            for name, moment in good.moments.items():
                np.testing.assert_array_equal(running.state.moments[name], moment)
            assert running.state.window == 15
        if isinstance(event, StepDone):
            rates.append(event.learning_rate)
    assert rates[:14] == [0.01] * 14
    assert set(rates[14:]) == {0.005}
    assert running.state.step == 60


def test_five_recoveries_in_a_row_are_survived_and_the_sixth_fault_ends_the_run_with_advice() -> None:
    survived = list(session(Disk(), Faulty(range(15, 20))).run())
    assert [event.in_a_row for event in survived if isinstance(event, Recovered)] == [1, 2, 3, 4, 5]
    assert isinstance(survived[-1], Finished)
    disk = Disk()
    with pytest.raises(RunError, match="lower --lr"):
        list(session(disk, Faulty(range(15, 15 + RECOVERIES_IN_A_ROW + 1))).run())
    assert disk.last is not None
    assert disk.last.step == 10


def test_recoveries_with_a_checkpoint_between_them_are_not_in_a_row() -> None:
    events = list(session(Disk(), Faulty([15, 35]), steps=80).run())
    assert [event.in_a_row for event in events if isinstance(event, Recovered)] == [1, 1]
    assert [event.rate_scale for event in events if isinstance(event, Recovered)] == [0.5, 0.25]


def test_told_to_stop_it_finishes_the_step_saves_and_ends() -> None:
    commands: list[list[Command]] = [[], [], [Stop()]]
    disk = Disk()
    events = list(session(disk, serial(NETWORK, Workspace), iter(commands)).run())
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"
    assert disk.last is not None
    assert disk.last.step == 3
    assert disk.best is not None


def test_by_minutes_the_run_and_its_cosine_end_on_the_minute() -> None:
    events = list(session(Disk(), serial(NETWORK, Workspace), minutes=20.0).run())
    steps = [event for event in events if isinstance(event, StepDone)]
    assert events[-1].time == pytest.approx(20 * 60, rel=0.01)
    assert steps[-1].learning_rate < 1e-3 * steps[0].learning_rate
    assert len(steps) > 100


def test_evaluations_come_at_every_interval_and_thrice_within_the_first() -> None:
    events = list(session(Disk(), serial(NETWORK, Workspace), steps=100, evaluate_every=40).run())
    assert [event.step for event in of_kind(Evaluated, events)] == [10, 20, 30, 40, 80, 100]


def test_a_checkpoint_is_written_every_five_minutes_even_between_evaluations() -> None:
    running = session(Disk(), serial(NETWORK, Workspace), steps=200, evaluate_every=10_000)
    saves = [event.time for event in running.run() if isinstance(event, Saved)]
    assert len(saves) == 3
    assert max(np.diff([0.0, *saves])) < 310


def test_the_state_is_cleared_at_the_start_of_a_pass_and_carried_otherwise() -> None:
    seen: list[bool] = []
    right = serial(NETWORK, Workspace)

    def watching(
        parameters: Parameters, inputs: Ids, targets: Ids, state: Array, rng: np.random.Generator
    ) -> tuple[float, Parameters, Array]:
        seen.append(bool((state == 0.0).all()))
        return right(parameters, inputs, targets, state, rng)

    running = session(Disk(), watching)
    list(running.run())
    per_epoch = running.trainer.windows.per_epoch
    assert per_epoch == 30
    assert [number for number, cleared in enumerate(seen) if cleared] == [0, 30]
