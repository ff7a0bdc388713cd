"""The loop: evaluations, checkpoints and the end of a run come when they should."""

from typing import Any

import numpy as np
import pytest

from charrnn.network import Network
from charrnn.network.arrays import Array, Inputs, Parameters, Targets
from charrnn.parallel.serial import WindowGradient, serial
from charrnn.run.commands import Command, SaveNow, Stop
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Event, Finished, Probed, Saved, StepDone
from charrnn.training.session import Probes


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
    probes = Probes(gradient_flow=lambda state, time: Probed(state.step, time, ((1.0,),), (0.0,), 1))
    times = [event.time for event in toy(probes=probes).train() if isinstance(event, Probed)]
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


def test_a_finetuning_run_begins_with_an_evaluation_of_both_texts(toy: Any) -> None:
    evaluation = Evaluation.from_nats(5.0, tokens=10, characters=10, unknown=0)
    probes = Probes(evaluate=lambda parameters: evaluation, evaluate_base=lambda parameters: 0.25)
    first = next(event for event in toy(probes=probes).train() if isinstance(event, Evaluated))
    assert (first.step, first.evaluation, first.previous_loss) == (0, evaluation, 0.25)


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
