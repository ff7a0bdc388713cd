"""The loop: evaluations, checkpoints and the end of a run come when they should."""

from typing import Any

import numpy as np
import pytest

from charrnn.network import Network
from charrnn.network.arrays import Array, Inputs, Parameters, Targets
from charrnn.parallel.serial import WindowGradient, serial
from charrnn.run.commands import Command, SaveNow, Stop
from charrnn.run.events import Evaluated, Evaluating, Event, Finished, GradientFlowMeasured, Saved, StepDone
from charrnn.training.interfaces import Probes


def test_training_learns_a_periodic_text(toy: Any) -> None:
    losses = [event.loss for event in toy(steps=300).train() if isinstance(event, StepDone)]
    assert losses[0] > 1.0
    assert np.mean(losses[-20:]) < 0.1


def test_a_run_of_minutes_and_its_cosine_end_on_the_minute(toy: Any) -> None:
    events = list(toy(minutes=20.0).train())
    steps = [event for event in events if isinstance(event, StepDone)]
    assert events[-1].time == pytest.approx(20 * 60, rel=0.01)
    assert steps[-1].learning_rate < 1e-3 * steps[0].learning_rate
    assert len(steps) > 100


def test_evaluations_come_at_each_interval_and_at_quarters_of_the_first(toy: Any) -> None:
    events = toy(steps=100, evaluate_every=40).train()
    assert [event.step for event in events if isinstance(event, Evaluated)] == [10, 20, 30, 40, 80, 100]


def test_checkpoints_come_every_five_minutes_between_evaluations(toy: Any) -> None:
    saves = [event.time for event in toy(steps=200, evaluate_every=10_000).train() if isinstance(event, Saved)]
    assert len(saves) == 3
    assert max(np.diff([0.0, *saves])) < 310


def test_gradient_flow_is_probed_every_ten_seconds(toy: Any) -> None:
    probes = Probes(gradient_flow=lambda state, time: GradientFlowMeasured(state.step, time, ((1.0,),), (0.0,), 1))
    times = [event.time for event in toy(probes=probes).train() if isinstance(event, GradientFlowMeasured)]
    assert len(times) > 10
    assert np.diff(times).min() >= 8.0  # the clock is read between a step and its probe
    assert np.diff(times).max() < 25.0


def test_a_network_without_gradient_flow_is_trained_without_it(toy: Any) -> None:
    events = list(toy(probes=Probes(gradient_flow=lambda state, time: None)).train())
    assert all(isinstance(event, Event) for event in events)
    assert events[-1].step == 60


def test_a_run_without_validation_text_keeps_the_last_weights(toy: Any) -> None:
    run = toy(probes=Probes())
    events = list(run.train())
    assert not [event for event in events if isinstance(event, Evaluated)]
    for name, array in run.storage.best.items():
        np.testing.assert_array_equal(array, run.session.state.parameters[name])


def test_a_finetuning_run_begins_with_an_evaluation_of_both_texts(toy: Any, evaluation: Any) -> None:
    probes = Probes(evaluate=evaluation(lambda: 5.0), evaluate_base=evaluation(lambda: 2.5))
    first = next(event for event in toy(probes=probes).train() if isinstance(event, Evaluated))
    assert (first.step, first.evaluation.nats_per_character, first.previous_loss) == (0, 0.5, 0.25)


def test_a_run_that_evaluates_samples_ends_with_the_best_weights_on_the_whole_text(toy: Any, evaluation: Any) -> None:
    losses = iter([9.0, 2.0, *[5.0] * 100])
    run = toy(probes=Probes(evaluate=evaluation(lambda: next(losses))), evaluation_sample=5)
    best_at: list[int] = []
    events = list(run.train())
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert [event.scope for event in evaluated] == ["sample"] * (len(evaluated) - 1) + ["whole"]
    assert {event.evaluation.tokens for event in evaluated[:-1]} == {5}
    assert (evaluated[-1].evaluation.tokens, evaluated[-1].best) == (10, False)
    best_at = [event.step for event in evaluated if event.best]
    assert best_at == [2, 5]
    assert isinstance(events[-1], Finished)
    assert events[-1].best_nats_per_character == pytest.approx(0.2)  # selected on the sample alone


@pytest.mark.parametrize(("final_evaluation", "scopes"), [("auto", {"sample"}), ("always", {"sample", "whole"})])
def test_the_whole_text_is_left_out_if_it_takes_too_long_unless_it_is_demanded(
    toy: Any, evaluation: Any, final_evaluation: str, scopes: set[str]
) -> None:
    slow = Probes(evaluate=evaluation(lambda: 5.0, steps=40))
    run = toy(probes=slow, minutes=5.0, evaluation_sample=1, evaluate_every=10, final_evaluation=final_evaluation)
    events = list(run.train())
    assert {event.scope for event in events if isinstance(event, Evaluated)} == scopes
    if final_evaluation == "auto":
        assert events[-1].time == pytest.approx(300.0, rel=0.2)  # the clock has a second per reading


def test_a_long_evaluation_reports_its_progress_and_can_be_stopped(toy: Any, evaluation: Any) -> None:
    probes = Probes(evaluate=evaluation(lambda: 5.0, steps=1000))
    run = toy(probes=probes, commands={20: [Stop()]})
    events = list(run.train())
    shares = [event.share for event in events if isinstance(event, Evaluating)]
    assert shares == sorted(shares)
    assert 1 < len(shares) < 50
    assert not [event for event in events if isinstance(event, Evaluated)]
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"
    assert run.storage.last.step == events[-1].step == 2


def test_commands_during_an_evaluation_are_applied_after_it(toy: Any, evaluation: Any) -> None:
    probes = Probes(evaluate=evaluation(lambda: 5.0, steps=10))
    run = toy(probes=probes, commands={6: [SaveNow()]}, evaluate_every=20)
    kinds = [event.kind for event in run.train()]
    steering = kinds.index("steering")
    assert "evaluation" in kinds[:steering]
    assert kinds[steering - 1] == "checkpoint"


def test_hidden_state_is_reset_at_the_start_of_an_epoch_and_carried_otherwise(toy: Any, network: Network) -> None:
    reset: list[bool] = []
    compute = serial(network)

    def watched(
        parameters: Parameters, inputs: Inputs, targets: Targets, state: Array, rng: np.random.Generator
    ) -> WindowGradient:
        reset.append(bool((state == 0.0).all()))
        return compute(parameters, inputs, targets, state, rng)

    run = toy(engine=watched)
    list(run.train())
    assert run.session.trainer.windows.per_epoch == 30
    assert [window for window, is_reset in enumerate(reset) if is_reset] == [0, 30]


def test_a_command_to_stop_finishes_the_step_and_saves(toy: Any) -> None:
    run = toy(commands={3: [Stop()]})
    events = list(run.train())
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"
    assert run.storage.last.step == 3
    assert run.storage.best is not None


@pytest.mark.parametrize("command", [SaveNow(), Stop()])
def test_a_command_at_the_last_step_does_not_prevent_the_last_evaluation(command: Command, toy: Any) -> None:
    run = toy(commands={60: [command]}, evaluate_every=10_000)
    events = list(run.train())
    assert [event.step for event in events if isinstance(event, Evaluated)] == [60]
    assert events[-1] == Finished(60, events[-1].time, "done", 0.5)
    assert run.storage.best is not None
