"""Sessions: recovery from what is not finite, stopping, and ending on time."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from charrnn.config import NetworkConfig, TrainingConfig
from charrnn.errors import RunError
from charrnn.network import Array, Ids, Network, Parameters, Workspace
from charrnn.parallel.threads import GradientEngine, serial
from charrnn.run.commands import Command, EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import CommandApplied, Evaluated, Event, Finished, Recovered, Sampled, Saved, StepDone
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

    def read_best(self) -> Parameters:
        assert self.best is not None
        return self.best

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
        evaluate=lambda parameters: Evaluation.from_nats(5.0, tokens=10, characters=10, unknown=0),
        sample=lambda parameters, step: f"step {step}",
        probe=None,
        save_best=disk.save_best,
        read_best=disk.read_best,
        save_last=disk.save_last,
        clock=Clock(),
        rest=lambda: None,
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


def script(lines: dict[int, list[Command]]) -> Iterator[list[Command]]:
    """What is told at each listening, counted from 1."""
    number = 0
    while True:
        number += 1
        yield lines.get(number, [])


def events_of(lines: dict[int, list[Command]], disk: Disk | None = None, **settings: float) -> list[Event]:
    running = session(disk or Disk(), serial(NETWORK, Workspace), script(lines), **settings)
    return list(running.run())


def after(events: list[Event], command: str) -> Event:
    """The event just before the word that the command was obeyed."""
    index = next(
        i for i, event in enumerate(events) if isinstance(event, CommandApplied) and event.command == command
    )
    return events[index - 1]


@pytest.mark.parametrize(
    ("command", "kind"), [(EvaluateNow(), Saved), (SampleNow(), Sampled), (SaveNow(), Saved), (RestoreBest(), Saved)]
)
def test_a_command_is_obeyed_at_its_step_and_journaled(command: Command, kind: type[Event]) -> None:
    events = events_of({17: [command]})
    done = after(events, command.kind)
    assert isinstance(done, kind)
    assert done.step == 17
    assert [event.step for event in events if isinstance(event, StepDone)] == list(range(1, 61))


def test_an_evaluation_that_was_asked_for_does_not_change_the_run() -> None:
    asked, plain = Disk(), Disk()
    assert any(isinstance(event, Evaluated) and event.step == 17 for event in events_of({17: [EvaluateNow()]}, asked))
    events_of({}, plain)
    assert asked.last is not None
    assert plain.last is not None
    for name, weights in plain.last.parameters.items():
        np.testing.assert_array_equal(weights, asked.last.parameters[name])


def test_the_time_of_a_pause_is_not_the_runs() -> None:
    plain = events_of({})
    paused = events_of({10: [Pause()], 500: [Resume()]})
    assert paused[-1].time < plain[-1].time + 20.0  # the clock ticks at each asking; 490 of them were a pause
    steps = [event.step for event in paused if isinstance(event, StepDone)]
    assert steps == list(range(1, 61))


def test_a_paused_run_obeys_and_can_be_stopped() -> None:
    events = events_of({10: [Pause()], 20: [SampleNow()], 30: [Stop()]})
    assert [event.command for event in events if isinstance(event, CommandApplied)] == ["pause", "sample", "stop"]
    assert max(event.step for event in events) == 10


def test_the_learning_rate_is_scaled_from_the_next_step_on_and_kept_within_bounds() -> None:
    events = events_of({10: [ScaleRate(0.5)], 20: [ScaleRate(1e9), ScaleRate(math.nan)]}, schedule="constant")  # type: ignore[arg-type]
    rates = {event.step: event.learning_rate for event in events if isinstance(event, StepDone)}
    assert rates[10] == pytest.approx(0.01)
    assert rates[11] == pytest.approx(0.005)
    assert rates[60] == pytest.approx(0.005)
    outcomes = [event.outcome for event in events if isinstance(event, CommandApplied)]
    assert "0.5" in outcomes[0]
    assert all("between" in outcome for outcome in outcomes[1:])


def test_back_to_best_brings_the_best_weights_back() -> None:
    disk = Disk()
    running = session(disk, serial(NETWORK, Workspace), script({25: [RestoreBest()]}))
    for event in running.run():  # every evaluation says the same, so the first one is the best
        if isinstance(event, CommandApplied):
            assert disk.best is not None
            for name, weights in disk.best.items():
                np.testing.assert_array_equal(running.state.parameters[name], weights)
            return
    pytest.fail("the command was not obeyed")


def test_back_to_best_before_any_evaluation_says_so() -> None:
    events = events_of({1: [RestoreBest()]})
    steered = next(event for event in events if isinstance(event, CommandApplied))
    assert "no evaluation" in steered.outcome


@pytest.mark.parametrize("command", [SaveNow(), Stop()])
def test_what_is_told_at_the_last_step_does_not_keep_the_run_from_its_evaluation(command: Command) -> None:
    disk = Disk()
    events = events_of({60: [command]}, disk, evaluate_every=10_000)
    assert [event.step for event in events if isinstance(event, Evaluated)] == [60]
    assert events[-1] == Finished(60, events[-1].time, "done", 0.5)
    assert disk.best is not None
