"""The history of a run: repeated steps, the share of clipped gradients, and the last message."""

from collections.abc import Callable

from charrnn.run.events import Event, Recovered, StepDone
from charrnn.tui.history import History


def history_of(events: list[Event]) -> History:
    history = History()
    for event in events:
        history.update(event)
    return history


def test_a_step_that_comes_again_replaces_all_steps_from_it_on(make_step: Callable[..., StepDone]) -> None:
    first, again = range(1, 3001), range(1500, 1600)
    history = history_of([*(make_step(n, 5.0) for n in first), *(make_step(n, 1.0) for n in again)])
    assert history.steps.column(0).tolist() == list(range(1, 1600))
    assert set(history.steps.column(1)[-100:]) == {1.0}


def test_the_share_of_clipped_gradients_is_that_of_the_last_steps(
    events: list[Event], make_step: Callable[..., StepDone]
) -> None:
    assert history_of(events).clipped_share == 0.25
    assert history_of([*events, *(make_step(n) for n in range(121, 621))]).clipped_share == 0.0
    assert History().clipped_share == 0.0


def test_evaluations_and_samples_are_counted(events: list[Event]) -> None:
    history = history_of(events)
    assert history.evaluations.column(0).tolist() == [40, 80, 120]
    assert history.sample_count == len(history.samples) == 3


def test_the_message_of_a_recovery_says_where_the_run_goes_on(events: list[Event]) -> None:
    recovered = Recovered(121, 2.5, "the gradient is not finite", 100, 0.5, 1)
    assert history_of([*events, recovered]).last_message == "step 121: the gradient is not finite; restored step 100"
