"""The progress of a run, over events made by hand: its loss, its best, its pace."""

import math

import pytest

from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Finished, Recovered, Started, StepDone
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


def test_the_loss_shown_is_an_average_that_forgets_what_diverged() -> None:
    progress = RunProgress()
    progress.take(step(1, 4.0))
    assert progress.loss == 4.0
    progress.take(step(2, 2.0))
    assert progress.loss == pytest.approx(4.0 / 11.0 + 2.0 * 10.0 / 11.0)
    progress.take(RECOVERED)
    progress.take(step(3, 1.0))
    assert progress.loss == 1.0


def test_the_best_stays_when_a_later_evaluation_is_worse() -> None:
    progress = RunProgress()
    progress.take(started(best=1.5))
    assert progress.best == 1.5
    progress.take(evaluated(1, 1.25, best=True))
    progress.take(evaluated(2, 1.75, best=False))
    assert progress.best == 1.25


def test_the_time_left_is_told_at_the_pace_since_the_run_went_on() -> None:
    progress = RunProgress()
    progress.take(started(50))
    assert progress.seconds_left is None
    progress.take(step(51))
    progress.take(step(61))
    assert progress.seconds_left == pytest.approx(39.0)
    assert progress.position() == "step 61 of 100, 61%, epoch 6.10"
    assert progress.clock() == "1 min 01 s elapsed, 39 s left"


def test_a_run_that_ends_by_time_has_a_guess_of_its_steps() -> None:
    progress = RunProgress()
    progress.take(started(minutes=2.0))
    progress.take(step(1))
    assert progress.position().startswith("step 1 of about 100")


def test_a_run_that_goes_on_is_not_finished_any_more() -> None:
    progress = RunProgress()
    for event in (started(), step(10), Finished(10, 10.0, "stopped", 2.0)):
        progress.take(event)
    assert progress.finished is not None
    assert progress.fraction == pytest.approx(0.1)
    progress.take(started(10))
    assert progress.finished is None
    progress.take(Finished(100, 100.0, "done", 2.0))
    assert progress.fraction == 1.0
    assert math.isnan(RunProgress().loss)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1.0, "0 s"),
        (59.4, "59 s"),
        (60.0, "1 min 00 s"),
        (3599.0, "59 min 59 s"),
        (7260.0, "2 h 01 min"),
        (9e4, "1 d 1 h"),
    ],
)
def test_durations_have_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words
