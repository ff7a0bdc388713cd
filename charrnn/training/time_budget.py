"""The time budget of a run: the time for its steps, and the time reserved for its last evaluations."""

import math
from dataclasses import dataclass

from charrnn.config import TrainingConfig
from charrnn.config.defaults import EVALUATION_COST, EVALUATION_SHARE

FINAL_SHARE = 0.1
"""Share of a run's time that the evaluation of the whole validation text at its end may take."""
CAUTION = 0.8
"""Share of the expected duration of an evaluation that is kept if the last one was quicker, as on a busy computer."""
NEWEST = 0.2
"""Weight of the newest step in the average duration of a step."""


@dataclass
class TimeBudget:
    """Durations in seconds, 0 while they are not known.

    `step` is the average duration of a step; `evaluation` is that of an evaluation, including sample and checkpoint;
    `final` is that of the evaluation of the whole validation text at the end, 0 if there will be none.
    """

    config: TrainingConfig
    step: float = 0.0
    evaluation: float = 0.0
    final: float = 0.0
    final_fits: bool = False
    evaluation_measured: bool = False

    @property
    def limit(self) -> float:
        """Time at which the run ends; infinite if it ends after a number of steps."""
        return math.inf if self.config.minutes is None else 60.0 * self.config.minutes

    @property
    def latest(self) -> float:
        """Time at which a final evaluation is ended; infinite if `final_evaluation` is "always"."""
        return math.inf if self.config.final_evaluation == "always" else 1.01 * self.limit + 1.0

    @property
    def reserve(self) -> float:
        """Time that the run will take after its last step."""
        return self.evaluation + (self.final if self.final_fits else 0.0)

    def add_step(self, seconds: float) -> None:
        """Update the average duration of a step by the newest one."""
        self.step = self.step + NEWEST * (seconds - self.step) if self.step else seconds

    def estimate_evaluation(self, tokens: float, tokens_per_step: int) -> None:
        """Estimate the duration of an evaluation of this many tokens, with a limit, if none was measured yet."""
        if not self.evaluation_measured:
            estimate = EVALUATION_COST * self.step * tokens / tokens_per_step
            self.evaluation = min(estimate, EVALUATION_SHARE * self.limit)

    def set_evaluation(self, seconds: float) -> None:
        """Set the expected duration of an evaluation from that of the last one and of those before."""
        least = CAUTION * self.evaluation if self.evaluation_measured else 0.0
        self.evaluation, self.evaluation_measured = max(seconds, least), True

    def plan_final(self, seconds: float, elapsed: float) -> None:
        """Plan a final evaluation of this duration if it fits into the run, or if `final_evaluation` is "always"."""
        length = elapsed if self.config.minutes is None else self.limit - 60.0 * self.config.schedule_begin
        self.final_fits = seconds <= FINAL_SHARE * length and elapsed + seconds <= self.latest
        self.final = seconds if self.final_fits or self.config.final_evaluation == "always" else 0.0

    def is_spent(self, elapsed: float) -> bool:
        """Return True if less than half a step is left before the limit and the reserve."""
        return elapsed + 0.5 * self.step + self.reserve >= self.limit

    def is_nearly_spent(self, elapsed: float) -> bool:
        """Return True if there is only time for the last evaluation."""
        return elapsed + self.evaluation + self.step + self.reserve >= self.limit
