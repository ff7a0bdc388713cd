"""The evaluator of a session: weights → validation losses, in small steps, within the time budget of the run."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from charrnn.config import TrainingConfig
from charrnn.network.arrays import Parameters
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import SAMPLE, WHOLE
from charrnn.training.interfaces import Probes
from charrnn.training.time_budget import TimeBudget

SECONDS_BETWEEN_REPORTS = 0.25
"""Time between two reports on an evaluation in progress; commands are read after each."""

R = TypeVar("R")


@dataclass(frozen=True)
class Evaluator:
    """Evaluations on the validation text and on that of the base run, as far as `probes` has them.

    `validation_tokens` is the length of the whole validation text; `clock` returns seconds. An evaluation is a
    generator that yields the share of the text that was read every SECONDS_BETWEEN_REPORTS.
    """

    config: TrainingConfig
    probes: Probes
    budget: TimeBudget
    validation_tokens: int
    clock: Callable[[], float]

    @property
    def scope(self) -> str:
        """Scope of the evaluations during training."""
        return WHOLE if self.config.evaluation_sample is None else SAMPLE

    def evaluated_tokens(self) -> int:
        """Return the number of tokens that an evaluation reads."""
        probes = [probe for probe in (self.probes.evaluate, self.probes.evaluate_base) if probe is not None]
        return len(probes) * (self.config.evaluation_sample or self.validation_tokens)

    def evaluate(
        self, parameters: Parameters, elapsed: Callable[[], float]
    ) -> Generator[float, None, tuple[Evaluation, float | None]]:
        """Evaluate weights; return the evaluation, and the loss on the validation text of the base run or None.

        If only a sample is read, also plan the final evaluation of the whole text; `elapsed` returns the time of the
        run.
        """
        assert self.probes.evaluate is not None
        sample, began = self.config.evaluation_sample, elapsed()
        evaluation = yield from self._throttle(self.probes.evaluate(parameters, sample))
        if sample is not None:
            share = evaluation.tokens / max(1, self.validation_tokens)
            self.budget.plan_final((elapsed() - began) / share, elapsed())
        if self.probes.evaluate_base is None or not math.isfinite(evaluation.nats_per_character):
            return evaluation, None
        base = yield from self._throttle(self.probes.evaluate_base(parameters, sample))
        return evaluation, base.nats_per_character

    def evaluate_whole(self, parameters: Parameters) -> Generator[float, None, Evaluation]:
        """Evaluate weights on the whole validation text."""
        assert self.probes.evaluate is not None
        return (yield from self._throttle(self.probes.evaluate(parameters, None)))

    def _throttle(self, shares: Generator[float, None, R]) -> Generator[float, None, R]:
        """Yield a share every SECONDS_BETWEEN_REPORTS, and return the result of the generator."""
        yielded = self.clock()
        while True:
            try:
                share = next(shares)
            except StopIteration as end:
                result: R = end.value
                return result
            if self.clock() - yielded >= SECONDS_BETWEEN_REPORTS:
                yield share
                yielded = self.clock()
