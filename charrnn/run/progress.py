"""The progress of a run, from its events: position, loss, speed and time left."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from charrnn.run.evaluation import Evaluation
from charrnn.run.events import (
    SAMPLE,
    CommandApplied,
    Evaluated,
    Evaluating,
    Event,
    Finished,
    Recovered,
    Started,
    StepDone,
)

SMOOTHING = 0.98
"""Weight of the previous average in the smoothed loss, after the first 490 steps; before, the weight is smaller."""
LONGEST = 1e12
"""Longest time, in seconds, that is shown."""


@dataclass
class RunProgress:
    """The progress of a run up to its last event.

    `loss` is the smoothed loss of the last steps, in nats per token. `evaluation` is the last evaluation on the
    validation text, and `best` the evaluation of the best weights so far: on the sample, if one is evaluated, until
    the end of the run, and then on the whole text. `evaluating` is the share of the text that an evaluation in
    progress has read.
    """

    started: Started | None = None
    step: StepDone | None = None
    evaluation: Evaluation | None = None
    best: Evaluation | None = None
    finished: Finished | None = None
    paused: bool = False
    evaluating: float | None = None
    last_step: int = 0
    loss: float = math.nan
    _averaged: int = 0
    _sampled: bool = False
    _first: StepDone | None = field(default=None, repr=False)

    @classmethod
    def of(cls, events: Iterable[Event]) -> "RunProgress":
        """Return the progress after these events."""
        progress = cls()
        for event in events:
            progress.update(event)
        return progress

    def update(self, event: Event) -> None:
        """Update the progress with the next event."""
        self.last_step = event.step
        self.evaluating = event.share if isinstance(event, Evaluating) else None
        match event:
            case Started():
                self.started, self.finished, self.paused, self._first = event, None, False, None
            case StepDone():
                self.step, self.paused, self._first = event, False, self._first or event
                self._average(event.loss)
            case Evaluated(evaluation=evaluation, scope=scope):
                final = self._sampled and scope != SAMPLE
                self.evaluation, self._sampled = evaluation, scope == SAMPLE
                self.best = evaluation if final else _better(evaluation, self.best)
            case Recovered():
                self._averaged = 0
            case CommandApplied(command="pause"):
                self.paused = True
            case CommandApplied(command="resume"):
                self.paused = False
            case Finished():
                self.finished = event

    def _average(self, loss: float) -> None:
        """Average over about the last tenth of the steps, at most 50, so that the average follows a fast descent."""
        keep = min(SMOOTHING, self._averaged / (self._averaged + 10.0))
        self.loss = keep * self.loss + (1.0 - keep) * loss if self._averaged else loss
        self._averaged += 1

    @property
    def fraction(self) -> float:
        """The completed share of the run, 0 to 1."""
        if self.finished is not None and self.finished.reason == "done":
            return 1.0
        return 0.0 if self.step is None else max(0.0, min(1.0, self.step.progress))

    @property
    def seconds_left(self) -> float | None:
        """The estimated time left, at the speed since the run began or resumed; None while it is not known."""
        step, first = self.step, self._first
        if step is None or first is None or step.progress <= first.progress:
            return None
        return (step.time - first.time) / (step.progress - first.progress) * max(0.0, 1.0 - step.progress)

    def position(self) -> str:
        """Return step, share and epoch in words."""
        step, started = self.step, self.started
        if step is None:
            return "starting" if self.evaluating is None else f"evaluating {self.evaluating:.0%}"
        if started is None:
            return f"step {step.step:,}, epoch {step.epoch:.2f}"
        if self.evaluating is not None:
            return f"step {step.step:,}, evaluating {self.evaluating:.0%}"
        total = f"{'about ' * (started.minutes is not None)}{max(started.steps, step.step):,}"
        return f"step {step.step:,} of {total}, {self.fraction:.0%}, epoch {step.epoch:.2f}"

    def speed(self) -> str:
        """Return speed and learning rate in words; empty before the first step."""
        step = self.step
        return f"{step.characters_per_second:,.0f} characters/s, rate {step.learning_rate:.2g}" if step else ""

    def clock(self) -> str:
        """Return the time elapsed and the time left in words; empty before the first step."""
        if self.step is None:
            return ""
        left = self.seconds_left
        return f"{duration(self.step.time)} elapsed" + (f", {duration(left)} left" if left is not None else "")


def _better(evaluation: Evaluation, best: Evaluation | None) -> Evaluation | None:
    """Return the evaluation with the lower loss; `best` if the loss is not finite."""
    loss = evaluation.nats_per_character
    return evaluation if math.isfinite(loss) and (best is None or loss < best.nats_per_character) else best


def duration(seconds: float) -> str:
    """Return a time in its two largest units, such as "1 h 05 min"."""
    whole = round(min(max(0.0, seconds), LONGEST))  # a damaged journal may give any number
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
