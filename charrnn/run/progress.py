"""The course of a run: where it stands, how well it does and how long it will take, from its events."""

import math
from dataclasses import dataclass, field

from charrnn.run.events import Evaluated, Event, Finished, Recovered, Started, StepDone

SMOOTHING = 0.98
"""What a step's loss leaves of the average before it, once there are steps enough; at first it is less."""


@dataclass
class RunProgress:
    """What the events have told so far.

    `best` is the best validation loss in nats a character, `loss` the mean of the last steps' in nats a token.
    """

    started: Started | None = None
    step: StepDone | None = None
    evaluation: Evaluated | None = None
    best: float | None = None
    finished: Finished | None = None
    loss: float = math.nan
    _averaged: int = 0
    _first: StepDone | None = field(default=None, repr=False)

    def take(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started, self.best, self.finished, self._first = event, event.best, None, None
        elif isinstance(event, StepDone):
            self._first = self._first or event
            self.step = event
            self._average(event.loss)
        elif isinstance(event, Evaluated):
            self.evaluation = event
            self.best = event.nats_per_character if event.best else self.best
        elif isinstance(event, Recovered):
            self._averaged = 0
        elif isinstance(event, Finished):
            self.finished = event

    def _average(self, loss: float) -> None:
        """Over about the last tenth of the steps, so that the average does not lag behind where much is learned."""
        keep = min(SMOOTHING, self._averaged / (self._averaged + 10.0))
        self.loss = keep * self.loss + (1.0 - keep) * loss if self._averaged else loss
        self._averaged += 1

    @property
    def progress(self) -> float:
        """The share of the run that is behind, 0 to 1."""
        if self.finished is not None and self.finished.reason == "done":
            return 1.0
        return 0.0 if self.step is None else min(1.0, self.step.progress)

    @property
    def seconds_left(self) -> float | None:
        """At the pace since the run began or went on; None while there is no telling."""
        step, first = self.step, self._first
        if step is None or first is None or step.progress <= first.progress:
            return None
        return (step.time - first.time) / (step.progress - first.progress) * max(0.0, 1.0 - step.progress)

    def position(self) -> str:
        step, started = self.step, self.started
        if step is None:
            return "beginning"
        if started is None:
            return f"step {step.step:,}, epoch {step.epoch:.2f}"
        total = f"{'about ' * (started.minutes is not None)}{max(started.steps, step.step):,}"
        return f"step {step.step:,} of {total}, {self.progress:.0%}, epoch {step.epoch:.2f}"

    def speed(self) -> str:
        step = self.step
        return f"{step.characters_per_second:,.0f} characters/s, rate {step.learning_rate:.2g}" if step else ""

    def clock(self) -> str:
        if self.step is None:
            return ""
        left = self.seconds_left
        return f"{duration(self.step.time)} gone" + (f", {duration(left)} left" if left is not None else "")


def duration(seconds: float) -> str:
    """A time for people, in its two largest units."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
