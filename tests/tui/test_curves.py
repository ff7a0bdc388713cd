"""The dashboard's series: units, the range of steps, and the direction of the gradient flow."""

import math
from dataclasses import replace

import numpy as np
import pytest

from charrnn.run.events import BaselineMeasured, Event, GradientFlowMeasured, Started
from charrnn.tui.curves import ChartOptions, gradient_flow_series, loss_series, step_range
from charrnn.tui.history import History


@pytest.fixture
def history(events: list[Event]) -> History:
    history = History()
    for event in events:
        history.update(event)
    return history


def test_the_units_of_a_loss_follow_each_other_and_agree() -> None:
    nats = ChartOptions()
    bits = nats.next_unit()
    perplexity = bits.next_unit()
    assert perplexity.next_unit() == nats
    loss = np.array([math.log(8.0)])
    assert [options.convert(loss)[0] for options in (nats, bits, perplexity)] == pytest.approx([math.log(8.0), 3, 8])
    assert np.isfinite(perplexity.convert(np.array([1e9])))


def test_the_losses_of_steps_are_per_character_too(history: History) -> None:
    evaluation = history.progress.evaluation
    assert evaluation is not None
    history.progress.evaluation = replace(evaluation, tokens=25, characters=100)
    series = {item.name: item for item in loss_series(history, ChartOptions())}
    assert list(series) == ["each window", "training", "validation"]
    np.testing.assert_allclose(series["each window"].y, history.steps.column(1) / 4)
    assert series["validation"].y.tolist() == history.evaluations.column(1).tolist()


def test_the_baseline_is_a_level_in_the_chosen_unit(history: History) -> None:
    history.update(BaselineMeasured(120, 2.4, 7, math.log(4.0), 2.0))
    (level,) = (item for item in loss_series(history, ChartOptions(unit="bits")) if item.kind == "level")
    assert (level.name, level.y.tolist()) == ("7-gram", [2.0])


def test_a_baseline_counted_on_a_part_of_the_text_says_so(history: History) -> None:
    history.update(BaselineMeasured(120, 2.4, 7, 1.0, 1.4, tokens=50_000_000, training_tokens=90_000_000))
    names = [item.name for item in loss_series(history, ChartOptions())]
    assert "7-gram of 50M tokens" in names


def test_the_range_of_steps_ends_within_the_run(history: History) -> None:
    begin, end = step_range(history, ChartOptions()) or (0, 0)
    assert begin == 1
    assert 120 <= end <= 120 * 1.15
    assert step_range(history, ChartOptions(last_steps_only=True)) == (120 - 119 / 4, end)
    started = history.progress.started
    assert isinstance(started, Started)
    history.progress.started = replace(started, steps=121)
    assert step_range(history, ChartOptions()) == (1, 121)
    assert step_range(History(), ChartOptions()) is None


def test_the_gradient_flow_is_by_steps_back_from_the_end_of_the_window() -> None:
    (series,) = gradient_flow_series(GradientFlowMeasured(1, 0.1, ((0.1, 0.2, 1.0),), (0.0,), 1))
    assert (series.x.tolist(), series.y.tolist()) == ([0, 1, 2], [1.0, 0.2, 0.1])
    assert gradient_flow_series(None) == []
