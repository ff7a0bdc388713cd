"""The progress of a run, over events made by hand: its loss, its best evaluation, its speed and its end."""

import math
from dataclasses import replace

import pytest

from charrnn.run.evaluation import Evaluation
from charrnn.run.events import CommandApplied, Evaluated, Finished, Recovered, Started, StepDone
from charrnn.run.progress import RunProgress, duration


def step(number: int, loss: float = 2.0, *, of: int = 100) -> StepDone:
    return StepDone(
        number,
        float(number),
        loss=loss,
        learning_rate=0.002,
        gradient_norm=0.5,
        clipped=False,
        characters_per_second=12345.0,
        progress=number / of,
        epoch=number / 10,
    )


def evaluated(number: int, nats: float, *, best: bool) -> Evaluated:
    evaluation = Evaluation.from_nats(10 * nats, tokens=10, characters=10, unknown=0)
    return Evaluated(number, float(number), evaluation, best)


def started(number: int = 0, *, minutes: float | None = None, best: float | None = None) -> Started:
    return Started(number, float(number), number > 0, 10, 10, 10, 1e4, steps=100, minutes=minutes, best=best)


RECOVERED = Recovered(30, 30.0, "the loss is not finite", 20, 0.5, 1)


def test_the_loss_is_an_average_that_is_restarted_by_a_recovery() -> None:
    progress = RunProgress.of([step(1, 4.0)])
    assert progress.loss == 4.0
    progress.update(step(2, 2.0))
    assert progress.loss == pytest.approx(4.0 / 11.0 + 2.0 * 10.0 / 11.0)
    progress.update(RECOVERED)
    progress.update(step(3, 1.0))
    assert progress.loss == 1.0
    assert math.isnan(RunProgress().loss)


def test_the_best_evaluation_stays_when_a_later_one_is_worse_or_not_finite() -> None:
    evaluations = [evaluated(1, math.nan, best=False), evaluated(2, 1.25, best=True), evaluated(3, 1.75, best=False)]
    progress = RunProgress.of([started(), *evaluations, started(3)])
    assert progress.best == evaluations[1].evaluation
    assert progress.evaluation == evaluations[2].evaluation
    assert RunProgress.of(evaluations[:1]).best is None


def test_the_time_left_is_estimated_at_the_speed_since_the_run_was_resumed() -> None:
    progress = RunProgress.of([started(50)])
    assert progress.seconds_left is None
    progress.update(step(51))
    progress.update(step(61))
    assert progress.seconds_left == pytest.approx(39.0)
    assert progress.position() == "step 61 of 100, 61%, epoch 6.10"
    assert progress.clock() == "1 min 01 s elapsed, 39 s left"


def test_the_length_of_a_run_that_ends_by_time_is_an_estimate() -> None:
    progress = RunProgress.of([started(minutes=2.0), step(1)])
    assert progress.position().startswith("step 1 of about 100")


def test_a_run_without_steps_has_a_position_and_nothing_else() -> None:
    progress = RunProgress()
    assert (progress.position(), progress.speed(), progress.clock(), progress.fraction) == ("starting", "", "", 0.0)


def test_a_resumed_run_is_not_finished() -> None:
    progress = RunProgress.of([started(), step(10), Finished(10, 10.0, "stopped", 2.0)])
    assert progress.finished is not None
    assert progress.fraction == pytest.approx(0.1)
    progress.update(started(10))
    assert progress.finished is None
    progress.update(Finished(100, 100.0, "done", 2.0))
    assert progress.fraction == 1.0


@pytest.mark.parametrize("old_name", [False, True])
def test_a_pause_lasts_until_a_resume_or_a_step(old_name: bool) -> None:
    progress = RunProgress.of([started(), step(10), CommandApplied(10, 10.0, "pause", "done")])
    assert progress.paused
    progress.update(CommandApplied(10, 10.0, "go-on" if old_name else "resume", "done"))
    assert not progress.paused
    progress.update(CommandApplied(10, 10.0, "pause", "done"))
    progress.update(step(11))
    assert not progress.paused


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1.0, "0 s"),
        (59.4, "59 s"),
        (60.0, "1 min 00 s"),
        (3599.0, "59 min 59 s"),
        (7260.0, "2 h 01 min"),
        (9e4, "1 d 1 h"),
        (math.nan, "0 s"),
        (math.inf, "11574074 d 1 h"),
    ],
)
def test_durations_have_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e308, -1e308])
def test_numbers_of_a_damaged_journal_are_shown(number: float) -> None:
    odd = replace(step(10), time=number, loss=number, learning_rate=number, progress=number, epoch=number)
    progress = RunProgress.of([started(), odd, replace(odd, characters_per_second=number), step(12)])
    assert all((progress.position(), progress.speed(), progress.clock()))
    progress.update(odd)
    assert 0.0 <= progress.fraction <= 1.0
    assert all((progress.position(), progress.speed(), progress.clock()))
