"""Curves: the history of a run → what the plots of the dashboard draw, in the unit and range that were chosen."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charrnn.charts.render import Series
from charrnn.run.events import Probed
from charrnn.tui.history import History

UNITS = ("nats", "bits", "perplexity")
GROWTH = 1.15
"""By this factor the axis of the steps grows, when it has to."""
RECENT_SHARE = 0.25
"""The recent window is this share of the steps, at its end."""


@dataclass(frozen=True)
class View:
    """How the losses are looked at. A unit is one a character of the text."""

    unit: str = "nats"
    logarithmic: bool = False
    recent: bool = False

    def next_unit(self) -> "View":
        return replace(self, unit=UNITS[(UNITS.index(self.unit) + 1) % len(UNITS)])

    def of_nats(self, nats: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.unit == "bits":
            return nats / math.log(2.0)
        return np.exp(np.minimum(nats, 700.0)) if self.unit == "perplexity" else nats

    @property
    def title(self) -> str:
        scale = ", logarithmic" if self.logarithmic else ""
        return f"{self.unit} a character{scale}{', the last quarter' if self.recent else ''}"


def losses(history: History, view: View) -> tuple[list[Series], tuple[float, float] | None]:
    """Training loss, raw and smooth, and validation; and the range of steps to show, None for all."""
    steps, evaluation = history.steps, history.progress.evaluation
    tokens_per_character = evaluation.tokens / evaluation.characters if evaluation else 1.0
    at = steps.column(0)
    series = [
        Series("each window", at, view.of_nats(steps.column(1) * tokens_per_character), "band", "."),
        Series("training", at, view.of_nats(steps.column(2) * tokens_per_character), "line", "*"),
    ]
    if (compared := history.baseline) is not None:
        level = view.of_nats(np.array([compared.nats_per_character]))
        series.append(Series(f"{compared.order}-gram", np.array([0.0]), level, "level", "-"))
    evaluations = history.evaluations
    if len(evaluations):
        nats = view.of_nats(evaluations.column(1))
        series.append(Series("validation", evaluations.column(0), nats, "points", "o"))
    if len(history.evaluations_before):
        at_before, nats = history.evaluations_before.column(0), view.of_nats(history.evaluations_before.column(1))
        series.append(Series("the text before", at_before, nats, "line", "x"))
    if len(at) < 2:
        return series, None
    first, last = float(at[0]), float(at[-1])
    begin = last - (last - first) * RECENT_SHARE if view.recent else first
    return series, (begin, _room_for(last, history))


def _room_for(last: float, history: History) -> float:
    """Where the axis ends: a bit beyond the last step, so that not all is drawn anew at each; but within the run."""
    room = GROWTH ** math.ceil(math.log(last, GROWTH))
    started = history.progress.started
    if started is None or started.minutes is not None or last > started.steps:
        return room
    return min(room, float(started.steps))


def flow(probe: Probed | None) -> list[Series]:
    """‖dL/dh‖ of each layer against the steps back through the window."""
    if probe is None:
        return []
    return [
        Series(f"L{l}", np.arange(len(norms), dtype=float), np.array(norms[::-1]), "line", "*o+x."[l % 5])
        for l, norms in enumerate(probe.gradient_flow)
    ]
