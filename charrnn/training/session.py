"""A training session: a state with its steps, evaluations, samples, checkpoints and recoveries.

Each of these yields its events. Storage and clock are arguments; a session writes to no file or screen itself.
"""

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

from charrnn.config import TrainingConfig
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import (
    WHOLE,
    Evaluated,
    Evaluating,
    Event,
    Finished,
    GradientFlowMeasured,
    Recovered,
    Sampled,
    Saved,
    StepDone,
)
from charrnn.text.batches import Windows
from charrnn.training.evaluator import Evaluator
from charrnn.training.interfaces import Probes, Storage
from charrnn.training.recovery import Recovery
from charrnn.training.schedules import SCHEDULES, part_share, with_warmup
from charrnn.training.state import TrainingState
from charrnn.training.stopwatch import Stopwatch
from charrnn.training.time_budget import TimeBudget
from charrnn.training.trainer import StepResult, Trainer

SECONDS_BETWEEN_SAVES = 300.0
SECONDS_BETWEEN_FLOWS = 10.0
"""Time between two checkpoints, and between two measurements of the gradient flow."""
SMALLEST_SCALE, LARGEST_SCALE = 1e-4, 1e4
"""Limits beyond which commands do not change the factor on the learning rate."""

R = TypeVar("R")


@dataclass
class Session:
    """The training of a run from a given state.

    `total_steps` is None if the run ends after `config.minutes`; `clock` returns seconds. `characters_per_token`
    turns tokens per second into characters per second. `validation_tokens` is the length of the whole validation
    text.
    """

    config: TrainingConfig
    trainer: Trainer[Windows]
    state: TrainingState
    total_steps: int | None
    probes: Probes
    storage: Storage
    clock: Callable[[], float]
    characters_per_token: float = 1.0
    validation_tokens: int = 0

    def __post_init__(self) -> None:
        self.evaluated_step: int | None = None
        self._next_flow = 0.0
        self._rate_factor = with_warmup(SCHEDULES[self.config.schedule], self.config.warmup)
        self._part_begin = self.config.schedule_begin / (self.config.steps or self.config.minutes or math.inf)
        self.resume_from(self.state)

    def resume_from(self, state: TrainingState) -> None:
        """Continue from another state, such as one that was read from disk."""
        self.state = state
        self.stopwatch = Stopwatch(self.clock, state.time)
        self._budget = TimeBudget(self.config)
        self._evaluator = Evaluator(self.config, self.probes, self._budget, self.validation_tokens, self.clock)
        self._recovery = Recovery(state)
        begin = self.config.schedule_begin
        if begin and (state.step if self.config.steps is not None else state.time / 60.0) <= begin:
            state.evaluations_since_best = 0  # the patience is counted again for the added part

    def progress(self) -> float:
        """Return the completed share of the run, 0 to 1: of its steps, or of its time."""
        if self.total_steps is not None:
            return self.state.step / self.total_steps
        return (self.stopwatch.elapsed() + self._budget.reserve) / self._budget.limit

    def is_complete(self) -> bool:
        """Return True if no step is left to do."""
        if self.is_out_of_patience():
            return True
        if self.total_steps is not None:
            return self.state.step >= self.total_steps
        if self.state.completed_minutes == self.config.minutes:
            return True
        return self.state.step > 0 and self._budget.is_spent(self.stopwatch.elapsed())

    def is_over(self) -> bool:
        """Return True if no step and no evaluation is left to do."""
        return self.is_complete() and (self.state.best_loss is not None or self.probes.evaluate is None)

    def is_out_of_patience(self) -> bool:
        """Return True if the last `patience` evaluations gave no new best."""
        patience = self.config.patience
        return patience is not None and self.state.evaluations_since_best >= patience

    def step(self) -> Generator[Event, None, None]:
        """Update the weights once, and then evaluate, save and measure the gradient flow if they are due."""
        state, began = self.state, self.clock()
        rate = self.config.lr * state.rate_scale * self._rate_factor(part_share(self.progress(), self._part_begin))
        result = self.trainer.step(state, rate)
        if not result.finite:
            yield self._recover(_name_fault(result))
            return
        state.time = self.stopwatch.elapsed()
        yield self._step_done(result, rate, self.clock() - began)
        if self._evaluation_is_due():
            yield from self.evaluate_and_save()
        elif self.stopwatch.elapsed() - self._recovery.saved_time > SECONDS_BETWEEN_SAVES:
            yield from self.save()
        if (measured := self._measure_flow_if_due(state)) is not None:
            yield measured

    def _measure_flow_if_due(self, state: TrainingState) -> GradientFlowMeasured | None:
        if self.probes.gradient_flow is None or self.stopwatch.elapsed() < self._next_flow:
            return None
        self._next_flow = self.stopwatch.elapsed() + SECONDS_BETWEEN_FLOWS
        return self.probes.gradient_flow(state, state.time)

    def _step_done(self, result: StepResult, rate: float, seconds: float) -> StepDone:
        windows = self.trainer.windows
        tokens = windows.T * windows.B
        self._budget.add_step(seconds)
        self._budget.estimate_evaluation(self._evaluator.evaluated_tokens(), tokens)
        return StepDone(
            self.state.step,
            self.state.time,
            loss=result.loss,
            learning_rate=rate,
            gradient_norm=result.gradient_norm,
            clipped=result.clipped,
            characters_per_second=tokens * self.characters_per_token / max(seconds, 1e-9),
            progress=self.progress(),
            epoch=self.state.window / windows.per_epoch,
        )

    def _evaluation_is_due(self) -> bool:
        """Return True after every interval, and after each quarter of the first one, where the loss falls fastest.

        Near the end of a run of limited minutes, the last evaluation suffices.
        """
        step, every = self.state.step, self.config.evaluate_every
        due = step % every == 0 or step in {every // 4, every // 2, every * 3 // 4}
        return due and not self._budget.is_nearly_spent(self.stopwatch.elapsed())

    def evaluate_and_save(self, *, on_command: bool = False) -> Generator[Event, None, None]:
        """Evaluate the weights, keep them if they are the best so far, sample from them and write a checkpoint.

        An evaluation on command does not use up patience.
        """
        state, began = self.state, self.stopwatch.elapsed()
        yield from self._evaluate(uses_patience=not on_command)
        if self.state is state:  # not replaced by a recovery
            yield from self.sample()
            yield from self.save()
            self._budget.set_evaluation(self.stopwatch.elapsed() - began)

    def _evaluate(self, *, uses_patience: bool) -> Iterator[Event]:
        state = self.state
        if self.probes.evaluate is None:
            self.storage.write_best(state.parameters)
        else:
            shares = self._evaluator.evaluate(state.parameters, self.stopwatch.elapsed)
            evaluation, previous_loss = yield from self._report(shares)
            if not math.isfinite(evaluation.nats_per_character):
                yield self._recover("the validation loss is not finite")
                return
            yield self._keep_if_best(evaluation, previous_loss, uses_patience=uses_patience)
        self.evaluated_step = state.step

    def _report(self, shares: Generator[float, None, R]) -> Generator[Event, None, R]:
        """Yield the events of an evaluation in progress, and return its result."""
        while True:
            try:
                share = next(shares)
            except StopIteration as end:
                result: R = end.value
                return result
            yield Evaluating(self.state.step, self.stopwatch.elapsed(), share)

    def _keep_if_best(self, evaluation: Evaluation, previous_loss: float | None, *, uses_patience: bool) -> Evaluated:
        state, loss = self.state, evaluation.nats_per_character
        best = state.best_loss is None or loss < state.best_loss
        if best:
            state.best_loss, state.evaluations_since_best = loss, 0
            self.storage.write_best(state.parameters)
        elif uses_patience:
            state.evaluations_since_best += 1
        now, scope = self.stopwatch.elapsed(), self._evaluator.scope
        return Evaluated(state.step, now, evaluation, best, previous_loss, scope)

    def _evaluate_best(self) -> Generator[Event, None, None]:
        """Evaluate the best weights on the whole validation text, if only a sample of it was evaluated so far.

        Skipped if it is expected to take too long, and ended early if it does, unless `final_evaluation` is "always".
        """
        if self.probes.evaluate is None or not self._budget.final:
            return
        for event in self._evaluate_whole():
            yield event
            if self.stopwatch.elapsed() > self._budget.latest:
                return

    def _evaluate_whole(self) -> Iterator[Event]:
        evaluation = yield from self._report(self._evaluator.evaluate_whole(self.storage.read_best()))
        yield Evaluated(self.state.step, self.stopwatch.elapsed(), evaluation, best=False, scope=WHOLE)

    def sample(self) -> Iterator[Event]:
        """Sample from the weights."""
        if self.probes.sample is not None:
            text = self.probes.sample(self.state.parameters, self.state.step)
            yield Sampled(self.state.step, self.stopwatch.elapsed(), text)

    def save(self) -> Iterator[Event]:
        """Write a checkpoint."""
        self.state.time = self.stopwatch.elapsed()
        self.storage.write_checkpoint(self.state)
        self._recovery.save(self.state)
        yield Saved(self.state.step, self.state.time)

    def restore_best(self) -> Iterator[Event]:
        """Replace the weights by the best so far, and write a checkpoint."""
        for name, array in self.storage.read_best().items():
            self.state.parameters[name][...] = array
        yield from self.save()

    def scale_rate(self, factor: float) -> bool:
        """Multiply the learning rate for the rest of the run; return False, and do nothing, beyond the limits."""
        scale = self.state.rate_scale * factor
        if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
            return False
        self.state.rate_scale = scale
        self._recovery.scale_rate(factor)
        return True

    def stop(self) -> Iterator[Event]:
        """Write a checkpoint of an unfinished run, and its weights as the model if there was no evaluation yet."""
        if self.state.best_loss is None:
            self.storage.write_best(self.state.parameters)
        self.state.completed_minutes = None
        yield from self.save()
        yield self.finished("stopped")

    def complete(self) -> Generator[Event, None, None]:
        """Evaluate the weights after the last step, and then the best weights on the whole validation text."""
        self.state.completed_minutes = self.config.minutes
        if self.evaluated_step != self.state.step:
            yield from self.evaluate_and_save()
        yield from self._evaluate_best()

    def finished(self, reason: str) -> Finished:
        """Return the event that ends the run."""
        note = ""
        if self.is_out_of_patience():
            note = f"no new best in the last {self.state.evaluations_since_best} evaluations"
        return Finished(self.state.step, self.stopwatch.elapsed(), reason, self.state.best_loss, note)

    def _recover(self, reason: str) -> Recovered:
        """Restore the last saved state, at a lower learning rate."""
        failed = self.state
        self.state = self._recovery.restore(failed, reason)
        now, rate_scale, count = self.stopwatch.elapsed(), self.state.rate_scale, self._recovery.count
        return Recovered(failed.step, now, reason, self.state.step, rate_scale, count)


def _name_fault(result: StepResult) -> str:
    return "the gradient norm is not finite" if math.isfinite(result.loss) else "the loss is not finite"
