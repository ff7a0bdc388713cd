"""The history of a run: its events → tables to draw and numbers to show."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from charrnn.run.events import (
    BaselineMeasured,
    CommandApplied,
    Evaluated,
    Event,
    GradientFlowMeasured,
    Recovered,
    Sampled,
    StepDone,
)
from charrnn.run.progress import RunProgress

MAX_SAMPLES = 200
CLIPPING_WINDOW = 500
"""Number of last steps of which the share of clipped gradients is taken."""


class StepTable:
    """A growing table (n, columns) in the order of its first column, the step.

    A step that comes again, after a crash or a recovery, replaces its row and all rows after it.
    """

    def __init__(self, columns: int) -> None:
        self._rows: NDArray[np.float64] = np.empty((1024, columns))
        self._length = 0

    def append(self, *row: float) -> None:
        """Add a row, in amortized constant time."""
        if self._length and row[0] <= self._rows[self._length - 1, 0]:
            self._length = int(self._rows[: self._length, 0].searchsorted(row[0]))
        if self._length == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._length] = row
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def column(self, index: int) -> NDArray[np.float64]:
        """Return one column (n,), as a view."""
        return self._rows[: self._length, index]


@dataclass
class History:
    """All that the dashboard shows of a run; losses are in nats.

    The columns of `steps` are step, loss per token and smoothed loss per token; those of `evaluations` are step and
    validation loss per character; those of `previous_losses` the same on the validation text of the base run.
    """

    progress: RunProgress = field(default_factory=RunProgress)
    steps: StepTable = field(default_factory=lambda: StepTable(3))
    evaluations: StepTable = field(default_factory=lambda: StepTable(2))
    previous_losses: StepTable = field(default_factory=lambda: StepTable(2))
    samples: deque[Sampled] = field(default_factory=lambda: deque(maxlen=MAX_SAMPLES))
    sample_count: int = 0
    probe: GradientFlowMeasured | None = None
    baseline: BaselineMeasured | None = None
    last_message: str = ""
    _clipped: deque[bool] = field(default_factory=lambda: deque(maxlen=CLIPPING_WINDOW))

    def update(self, event: Event) -> None:
        """Bring the history up to date with one more event."""
        self.progress.update(event)
        match event:
            case StepDone(step, loss=loss):
                self.steps.append(step, loss, self.progress.loss)
                self._clipped.append(event.clipped)
            case Evaluated(step, evaluation=evaluation):
                self.evaluations.append(step, evaluation.nats_per_character)
                if event.previous_loss is not None:
                    self.previous_losses.append(step, event.previous_loss)
            case BaselineMeasured():
                self.baseline = event
            case Sampled():
                self.samples.append(event)
                self.sample_count += 1
            case GradientFlowMeasured():
                self.probe = event
            case Recovered():
                self.last_message = f"step {event.step:,}: {event.reason}; restored step {event.back_to_step:,}"
            case CommandApplied(step, command=command, outcome=outcome):
                self.last_message = f"step {step:,}: {command}" + (f", {outcome}" if outcome != "done" else "")

    @property
    def clipped_share(self) -> float:
        """The share of the last steps whose gradient was clipped, 0 to 1."""
        return sum(self._clipped) / len(self._clipped) if self._clipped else 0.0
