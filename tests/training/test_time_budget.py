"""The time budget: a run of minutes ends on time, however long its steps, evaluations and checkpoints take."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from charrnn.config import TrainingConfig
from charrnn.network import Network
from charrnn.network.arrays import Array, Inputs, Parameters, Targets
from charrnn.parallel.serial import GradientEngine, WindowGradient, serial
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Event, Finished, StepDone
from charrnn.training.interfaces import EvaluationProbe, Probes
from charrnn.training.time_budget import TimeBudget

VALIDATION_TOKENS = 1000


@dataclass
class VirtualClock:
    """A clock that only work advances."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def timed_engine(network: Network, clock: VirtualClock, seconds: float) -> GradientEngine:
    compute = serial(network)

    def timed(
        parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        clock.now += seconds * rng.uniform(0.5, 1.5)
        return compute(parameters, inputs, targets, state, rng)

    return timed


def timed_evaluation(clock: VirtualClock, seconds: float) -> EvaluationProbe:
    """Return a probe that takes so long for the whole text, and a share of it for a sample."""

    def evaluate(parameters: Parameters, sample: int | None) -> Generator[float, None, Evaluation]:
        tokens = VALIDATION_TOKENS if sample is None else sample
        for window in range(20):
            clock.now += seconds / 20 * tokens / VALIDATION_TOKENS
            yield window / 20
        return Evaluation.from_nats(float(tokens), tokens=tokens, characters=tokens, unknown=0)

    return evaluate


def timed_run(
    toy: Any, network: Network, *, step: float, evaluation: float, save: float, **settings: Any
) -> list[Event]:
    """Return the events of a run whose work takes so many seconds."""
    clock = VirtualClock()
    probes = Probes(evaluate=timed_evaluation(clock, evaluation))
    run = toy(engine=timed_engine(network, clock, step), probes=probes, **settings)
    run.session.clock, run.session.validation_tokens = clock, VALIDATION_TOKENS
    run.session.resume_from(run.session.state)
    write_checkpoint = run.storage.write_checkpoint

    def write_slowly(state: Any) -> None:
        clock.now += save
        write_checkpoint(state)

    run.storage.write_checkpoint = write_slowly
    return list(run.train())


@pytest.mark.parametrize("evaluation_sample", [None, 100])
@pytest.mark.parametrize(
    ("minutes", "step", "evaluation", "save"),
    [
        (0.3, 0.05, 0.1, 0.01),
        (0.3, 0.05, 1.5, 0.5),
        (0.3, 3.0, 1.0, 0.1),  # steps that are long for the run
        (5.0, 0.2, 2.0, 0.5),
        (5.0, 1.0, 28.0, 1.0),  # a whole text that just fits
        (5.0, 1.0, 40.0, 1.0),  # and one that does not
        (60.0, 2.0, 30.0, 5.0),
    ],
)
def test_a_run_of_minutes_ends_on_time(
    minutes: float, step: float, evaluation: float, save: float, evaluation_sample: int | None, toy: Any, network: Any
) -> None:
    settings = {
        "minutes": minutes,
        "evaluation_sample": evaluation_sample,
        "evaluate_every": round(6.0 * minutes / step),
    }
    events = timed_run(toy, network, step=step, evaluation=evaluation, save=save, **settings)
    seconds = 60.0 * minutes
    assert events[-1].time == pytest.approx(seconds, abs=max(2.0, 0.03 * seconds))
    steps = [event for event in events if isinstance(event, StepDone)]
    assert steps[-1].learning_rate < 0.1 * max(event.learning_rate for event in steps)


def test_a_run_of_minutes_makes_one_step_at_least(toy: Any, network: Any) -> None:
    events = timed_run(toy, network, step=100.0, evaluation=1.0, save=0.1, minutes=0.01)
    assert [event.step for event in events if isinstance(event, StepDone)] == [1]
    assert isinstance(events[-1], Finished)


def test_an_evaluation_shortly_before_the_last_one_is_left_out(toy: Any, network: Any) -> None:
    times = timed_run(toy, network, step=1.0, evaluation=10.0, save=0.1, minutes=5.0, evaluate_every=10)
    evaluations = [event.time for event in times if isinstance(event, Evaluated)]
    assert evaluations[-1] - evaluations[-2] > 20.0
    assert times[-1].time == pytest.approx(300.0, abs=1.0)


def test_the_whole_text_fits_by_the_length_of_the_added_part() -> None:
    budget = TimeBudget(TrainingConfig(minutes=101.0, schedule_begin=100.0))
    budget.plan_final(seconds=30.0, elapsed=6000.0)
    assert (budget.final, budget.reserve) == (0.0, 0.0)
    budget.plan_final(seconds=5.0, elapsed=6000.0)
    assert (budget.final, budget.reserve) == (5.0, 5.0)


def test_a_demanded_evaluation_of_the_whole_text_reserves_no_time_that_it_does_not_fit_into() -> None:
    budget = TimeBudget(TrainingConfig(minutes=1.0, final_evaluation="always"))
    budget.plan_final(seconds=600.0, elapsed=1.0)
    assert (budget.final, budget.reserve) == (600.0, 0.0)
