"""The numbers of a run: names, units and digits."""

import math
from dataclasses import replace

from charrnn.run.events import Event
from charrnn.tui.history import History
from charrnn.tui.widgets.run_stats import evaluation_stats, round_to_four, training_stats


def history_of(events: list[Event]) -> History:
    history = History()
    for event in events:
        history.update(event)
    return history


def test_an_empty_history_has_no_stats() -> None:
    assert training_stats(History()) == evaluation_stats(History()) == []


def test_stats_say_what_the_numbers_are(events: list[Event]) -> None:
    history = history_of(events)
    stats = {stat.name: stat.value for stat in training_stats(history)}
    assert stats["clipped gradients"] == "25%"
    assert stats["saturated units by layer"] == "25/12%"
    assert stats["memory"] == "210 MB"
    assert [stat.name for stat in evaluation_stats(history)] == [
        "perplexity",
        "bits/char",
        "best bits/char",
        "time left",
    ]


def test_a_run_without_a_finite_evaluation_has_no_best(events: list[Event]) -> None:
    history = history_of(events)
    evaluation = history.progress.evaluation
    assert evaluation is not None
    history.progress.evaluation = replace(evaluation, perplexity_per_character=math.inf)
    history.progress.best = None
    assert evaluation_stats(history)[0].value == "inf"
    assert "best bits/char" not in [stat.name for stat in evaluation_stats(history)]


def test_numbers_are_rounded_to_four_digits() -> None:
    assert [round_to_four(number) for number in (2.17632, 12.3456, 123456.0, math.inf)] == [
        "2.176",
        "12.35",
        "1.235e+05",
        "inf",
    ]
