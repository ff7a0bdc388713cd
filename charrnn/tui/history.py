"""The history of a run: events → series to draw and numbers to show.

A step that is told again, after a crash or a recovery, takes the place of what was told of it before, and of all that
came after.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from charrnn.run.evaluation import Evaluation
from charrnn.run.events import (
    BaselineMeasured,
    CommandApplied,
    Evaluated,
    Event,
    Probed,
    Recovered,
    Sampled,
    StepDone,
)
from charrnn.run.progress import RunProgress

SAMPLES_KEPT = 200
CLIPPINGS_COUNTED = 500
"""How many of the last steps the share of clipped ones is of."""


class Rows:
    """Rows of numbers in the order of their first column, the step; appending is cheap."""

    def __init__(self, columns: int) -> None:
        self._rows: NDArray[np.float64] = np.empty((1024, columns))
        self._length = 0

    def append(self, *row: float) -> None:
        if self._length and row[0] <= self._rows[self._length - 1, 0]:
            self._length = int(self._rows[: self._length, 0].searchsorted(row[0]))
        if self._length == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._length] = row
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def column(self, index: int) -> NDArray[np.float64]:
        """One column (n,), as a view."""
        return self._rows[: self._length, index]


@dataclass
class History:
    """All that the dashboard shows. Rows: `steps` (step, loss, smoothed loss), `evaluations` (step, nats).

    `evaluations_before` (step, nats) are those of the text of the run that this one goes on from.
    """

    progress: RunProgress = field(default_factory=RunProgress)
    steps: Rows = field(default_factory=lambda: Rows(3))
    evaluations: Rows = field(default_factory=lambda: Rows(2))
    evaluations_before: Rows = field(default_factory=lambda: Rows(2))
    samples: deque[Sampled] = field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))
    samples_seen: int = 0
    best: Evaluation | None = None
    probe: Probed | None = None
    baseline: BaselineMeasured | None = None
    recoveries: int = 0
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))
    paused: bool = False
    _clipped: deque[bool] = field(default_factory=lambda: deque(maxlen=CLIPPINGS_COUNTED))

    def take(self, event: Event) -> None:
        self.progress.take(event)
        match event:
            case StepDone(step, loss=loss):
                self.paused = False
                self.steps.append(step, loss, self.progress.loss)
                self._clipped.append(event.clipped)
            case Evaluated(step, evaluation=evaluation):
                self.evaluations.append(step, evaluation.nats_per_character)
                if event.previous_loss is not None:
                    self.evaluations_before.append(step, event.previous_loss)
                self.best = evaluation if event.best or self.best is None else self.best
            case BaselineMeasured():
                self.baseline = event
            case Sampled():
                self.samples.append(event)
                self.samples_seen += 1
            case Probed():
                self.probe = event
            case Recovered():
                self.recoveries += 1
                self.messages.append(f"step {event.step:,}: {event.reason}; back to step {event.back_to_step:,}")
            case CommandApplied(step, command=command, outcome=outcome):
                self.paused = command == "pause" or (self.paused and command != "resume")
                self.messages.append(f"step {step:,}: {command}" + (f", {outcome}" if outcome != "done" else ""))

    @property
    def clipped_share(self) -> float:
        """The share of the last steps whose gradient was clipped."""
        return sum(self._clipped) / len(self._clipped) if self._clipped else 0.0
