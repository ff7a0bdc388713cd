"""Commands to a run: each is applied at its step, changes only what it should, and is reported."""

import math
from typing import Any

import numpy as np
import pytest

from charrnn.run.commands import Command, EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.run.events import CommandApplied, Evaluated, Event, Sampled, Saved, StepDone
from charrnn.training.interfaces import Probes


@pytest.mark.parametrize(
    ("command", "kind"), [(EvaluateNow(), Saved), (SampleNow(), Sampled), (SaveNow(), Saved), (RestoreBest(), Saved)]
)
def test_a_command_is_applied_at_its_step_and_then_reported(command: Command, kind: type[Event], toy: Any) -> None:
    events = list(toy(commands={17: [command]}).train())
    applied = next(index for index, event in enumerate(events) if isinstance(event, CommandApplied))
    assert events[applied].command == command.kind
    assert isinstance(events[applied - 1], kind)
    assert events[applied - 1].step == 17
    assert [event.step for event in events if isinstance(event, StepDone)] == list(range(1, 61))


def test_an_evaluation_on_command_does_not_change_the_run(toy: Any) -> None:
    evaluated, plain = toy(commands={17: [EvaluateNow()]}), toy()
    steps = [event.step for event in list(evaluated.train()) if isinstance(event, Evaluated)]
    assert 17 in steps
    list(plain.train())
    for name, array in plain.storage.last.parameters.items():
        np.testing.assert_array_equal(array, evaluated.storage.last.parameters[name])


def test_without_a_validation_text_an_evaluation_is_refused(toy: Any) -> None:
    events = toy(commands={5: [EvaluateNow()]}, probes=Probes()).train()
    applied = next(event for event in events if isinstance(event, CommandApplied))
    assert applied.outcome == "there is no validation text"


def test_time_of_a_pause_is_not_time_of_the_run(toy: Any) -> None:
    plain = list(toy().train())
    paused = list(toy(commands={10: [Pause()], 500: [Resume()]}).train())
    assert paused[-1].time < plain[-1].time + 20.0  # a reading of the clock takes a second, and 490 were in the pause
    assert [event.step for event in paused if isinstance(event, StepDone)] == list(range(1, 61))


def test_a_paused_run_applies_commands_and_can_be_stopped(toy: Any) -> None:
    events = list(toy(commands={10: [Pause()], 20: [SampleNow()], 30: [Stop()]}).train())
    commands = [event.command for event in events if isinstance(event, CommandApplied)]
    assert commands == ["pause", "sample", "stop"]
    assert max(event.step for event in events) == 10


def test_the_learning_rate_is_scaled_from_the_next_step_within_limits(toy: Any) -> None:
    commands = {10: [ScaleRate(0.5)], 20: [ScaleRate(1e9), ScaleRate(math.nan)]}
    events = list(toy(commands=commands, schedule="constant").train())
    rates = {event.step: event.learning_rate for event in events if isinstance(event, StepDone)}
    assert rates[10] == pytest.approx(0.01)
    assert rates[11] == pytest.approx(0.005)
    assert rates[60] == pytest.approx(0.005)
    outcomes = [event.outcome for event in events if isinstance(event, CommandApplied)]
    assert outcomes[0] == "the learning rate is 0.5 times the schedule"
    assert all("between" in outcome for outcome in outcomes[1:])


def test_restore_best_restores_the_best_weights(toy: Any) -> None:
    run = toy(commands={25: [RestoreBest()]})  # all evaluations are equal, so the first weights are the best
    for event in run.train():
        if isinstance(event, StepDone) and event.step == 25:
            weights = run.session.state.parameters["head.W"].copy()
        if isinstance(event, CommandApplied):
            break
    assert event.outcome == "restored the weights of 0.5000 nats per character"
    assert (run.storage.best["head.W"] != weights).any()
    for name, array in run.storage.best.items():
        np.testing.assert_array_equal(run.session.state.parameters[name], array)


def test_restore_best_before_any_evaluation_is_refused(toy: Any) -> None:
    events = toy(commands={1: [RestoreBest()]}).train()
    applied = next(event for event in events if isinstance(event, CommandApplied))
    assert applied.outcome == "there has been no evaluation yet"
