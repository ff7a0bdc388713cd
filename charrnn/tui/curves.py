"""Curves: the history of a run → the series of the dashboard's charts, in the unit and range that the user chose."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charrnn.charts.render import Series
from charrnn.run.events import GradientFlowMeasured
from charrnn.tui.history import History

UNITS = ("nats", "bits", "perplexity")
RANGE_GROWTH = 1.15
"""Factor by which the axis of the steps grows when it has to."""
LAST_SHARE = 0.25
"""Share of the steps, at the end, that the chart can be limited to."""
MAX_EXPONENT = 700.0
"""`exp` overflows not far above this."""


@dataclass(frozen=True)
class ChartOptions:
    """Options of the loss chart: a unit per character of the text, a scale, and a limit to the last steps."""

    unit: str = "nats"
    logarithmic: bool = False
    last_steps_only: bool = False

    def next_unit(self) -> "ChartOptions":
        """Return the options with the unit after this one."""
        return replace(self, unit=UNITS[(UNITS.index(self.unit) + 1) % len(UNITS)])

    def convert(self, nats: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert losses (n,) from nats to the unit."""
        if self.unit == "bits":
            return nats / math.log(2.0)
        return np.exp(np.minimum(nats, MAX_EXPONENT)) if self.unit == "perplexity" else nats

    @property
    def title(self) -> str:
        scale = ", logarithmic" if self.logarithmic else ""
        return f"{self.unit} per character{scale}{', last quarter' if self.last_steps_only else ''}"


def loss_series(history: History, options: ChartOptions) -> list[Series]:
    """Return the training loss (raw and smoothed), the n-gram baseline, and the losses of the evaluations."""
    evaluation = history.progress.evaluation
    tokens_per_character = evaluation.tokens / evaluation.characters if evaluation else 1.0
    steps = history.steps.column(0)
    raw, smoothed = (options.convert(history.steps.column(i) * tokens_per_character) for i in (1, 2))
    series = [Series("each window", steps, raw, "band", "."), Series("training", steps, smoothed, "line", "*")]
    if history.baseline is not None:
        level = options.convert(np.array([history.baseline.nats_per_character]))
        series.append(Series(history.baseline.name, np.array([0.0]), level, "level", "-"))
    if len(table := history.evaluations):
        series.append(Series("validation", table.column(0), options.convert(table.column(1)), "points", "o"))
    if len(table := history.previous_losses):
        series.append(Series("base run's text", table.column(0), options.convert(table.column(1)), "line", "x"))
    return series


def step_range(history: History, options: ChartOptions) -> tuple[float, float] | None:
    """Return the first and the last step of the chart; None while there are fewer than two."""
    steps = history.steps.column(0)
    if len(steps) < 2:
        return None
    first, last = float(steps[0]), float(steps[-1])
    begin = last - (last - first) * LAST_SHARE if options.last_steps_only else first
    return begin, _range_end(last, history)


def _range_end(last: float, history: History) -> float:
    """Return a step somewhat after the last one, so that the axis seldom changes, but within the run."""
    end = RANGE_GROWTH ** math.ceil(math.log(last, RANGE_GROWTH))
    started = history.progress.started
    if started is None or started.minutes is not None or last > started.steps:
        return end
    return min(end, float(started.steps))


def gradient_flow_series(probe: GradientFlowMeasured | None) -> list[Series]:
    """Return ‖dL/dh‖ of each layer by the number of steps back from the end of the window."""
    if probe is None:
        return []
    return [
        Series(f"L{l}", np.arange(len(norms), dtype=float), np.array(norms[::-1]), "line", "*o+x."[l % 5])
        for l, norms in enumerate(probe.gradient_flow)
    ]
