"""A training session: a state with its steps, evaluations, samples, checkpoints and recoveries.

Each of these yields its events. Storage and clock are arguments; a session writes to no file or screen itself.
"""

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from charrnn.config import TrainingConfig
from charrnn.network.arrays import Parameters
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import (
    SAMPLE,
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
from charrnn.training.recovery import Recovery
from charrnn.training.schedules import SCHEDULES, with_warmup
from charrnn.training.state import TrainingState
from charrnn.training.stopwatch import Stopwatch
from charrnn.training.trainer import StepResult, Trainer

SECONDS_BETWEEN_SAVES = 300.0
SECONDS_BETWEEN_FLOWS = 10.0
"""Time between two checkpoints, and between two measurements of the gradient flow."""
SECONDS_BETWEEN_REPORTS = 0.25
"""Time between two events of an evaluation in progress; commands are read after each."""
FINAL_SHARE = 0.1
"""Share of a run's time that the evaluation of the whole validation text at its end may take."""
SMALLEST_SCALE, LARGEST_SCALE = 1e-4, 1e4
"""Limits beyond which commands do not change the factor on the learning rate."""


EvaluationProbe: TypeAlias = Callable[[Parameters, int | None], Generator[float, None, Evaluation]]
"""Generator function that evaluates weights on a text, or on a sample of about so many tokens.

It yields the share of the text that has been read, and returns the evaluation.
"""


@dataclass(frozen=True)
class Probes:
    """Functions that measure the weights during training; None for a measurement that is not made.

    `evaluate` evaluates weights on the validation text, `evaluate_base` on the validation text of the base run.
    `sample` returns a sample from the weights at a step. `gradient_flow` takes a state and the time of the run, and
    returns None for a network in which the flow is not defined.
    """

    evaluate: EvaluationProbe | None = None
    evaluate_base: EvaluationProbe | None = None
    sample: Callable[[Parameters, int], str] | None = None
    gradient_flow: Callable[[TrainingState, float], GradientFlowMeasured | None] | None = None


class Storage(Protocol):
    """The place where a session saves its weights and its state."""

    def write_best(self, parameters: Parameters) -> None: ...

    def read_best(self) -> Parameters: ...

    def write_checkpoint(self, state: TrainingState) -> None: ...


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
        self._reserve = 0.0  # seconds reserved for the evaluations at the end
        self._final_seconds = 0.0  # seconds expected for the final evaluation of the whole text; 0 to skip it
        self._rate_factor = with_warmup(SCHEDULES[self.config.schedule], self.config.warmup)
        self.resume_from(self.state)

    def resume_from(self, state: TrainingState) -> None:
        """Continue from another state, such as one that was read from disk."""
        self.state = state
        self.stopwatch = Stopwatch(self.clock, state.time)
        self._recovery = Recovery(state)

    def progress(self) -> float:
        """Return the completed share of the run, 0 to 1: of its steps, or of its time."""
        if self.total_steps is not None:
            return self.state.step / self.total_steps
        assert self.config.minutes is not None
        return (self.stopwatch.elapsed() + self._reserve) / (60.0 * self.config.minutes)

    def is_over(self) -> bool:
        """Return True if no step and no evaluation is left to do."""
        return self.progress() >= 1.0 and (self.state.best_loss is not None or self.probes.evaluate is None)

    def step(self, progress: float) -> Generator[Event, None, None]:
        """Update the weights once, and then evaluate, save and measure the gradient flow if they are due."""
        state, began = self.state, self.clock()
        rate = self.config.lr * state.rate_scale * self._rate_factor(progress)
        result = self.trainer.step(state, rate)
        if not result.finite:
            yield self._recover(_name_fault(result))
            return
        state.time = self.stopwatch.elapsed()
        yield self._step_done(result, rate, began)
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

    def _step_done(self, result: StepResult, rate: float, began: float) -> StepDone:
        windows = self.trainer.windows
        characters = windows.T * windows.B * self.characters_per_token
        return StepDone(
            self.state.step,
            self.state.time,
            loss=result.loss,
            learning_rate=rate,
            gradient_norm=result.gradient_norm,
            clipped=result.clipped,
            characters_per_second=characters / max(self.clock() - began, 1e-9),
            progress=self.progress(),
            epoch=self.state.window / windows.per_epoch,
        )

    def _evaluation_is_due(self) -> bool:
        """Return True after every interval, and after each quarter of the first one, where the loss falls fastest."""
        step, every = self.state.step, self.config.evaluate_every
        return step % every == 0 or step in {every // 4, every // 2, every * 3 // 4}

    def evaluate_and_save(self) -> Generator[Event, None, None]:
        """Evaluate the weights, keep them if they are the best so far, sample from them and write a checkpoint."""
        state = self.state
        yield from self._evaluate()
        if self.state is state:  # not replaced by a recovery
            yield from self.save()

    def _evaluate(self) -> Iterator[Event]:
        state, sample = self.state, self.config.evaluation_sample
        if self.probes.evaluate is None:
            self.storage.write_best(state.parameters)
        else:
            began = self.stopwatch.elapsed()
            evaluation = yield from self._report(self.probes.evaluate(state.parameters, sample))
            if not math.isfinite(evaluation.nats_per_character):
                yield self._recover("the validation loss is not finite")
                return
            previous_loss = None
            if self.probes.evaluate_base is not None:
                base = yield from self._report(self.probes.evaluate_base(state.parameters, sample))
                previous_loss = base.nats_per_character
            self._reserve_time(self.stopwatch.elapsed() - began, evaluation.tokens)
            yield self._keep_if_best(evaluation, previous_loss)
        self.evaluated_step = state.step
        yield from self.sample()

    def _report(self, steps: Generator[float, None, Evaluation]) -> Generator[Event, None, Evaluation]:
        """Run an evaluation, yield its progress now and then, and return its result."""
        reported = self.clock()
        while True:
            try:
                share = next(steps)
            except StopIteration as end:
                evaluation: Evaluation = end.value
                return evaluation
            if self.clock() - reported >= SECONDS_BETWEEN_REPORTS:
                yield Evaluating(self.state.step, self.stopwatch.elapsed(), share)
                reported = self.clock()

    def _keep_if_best(self, evaluation: Evaluation, previous_loss: float | None) -> Evaluated:
        state, loss = self.state, evaluation.nats_per_character
        best = state.best_loss is None or loss < state.best_loss
        if best:
            state.best_loss = loss
            self.storage.write_best(state.parameters)
        scope = WHOLE if self.config.evaluation_sample is None else SAMPLE
        return Evaluated(state.step, self.stopwatch.elapsed(), evaluation, best, previous_loss, scope)

    def evaluate_best(self) -> Generator[Event, None, None]:
        """Evaluate the best weights on the whole validation text, if only a sample of it was evaluated so far.

        Skipped if it is expected to take too long, and ended early if it does, unless `final_evaluation` is "always".
        """
        if self.probes.evaluate is None or self.config.evaluation_sample is None or not self._final_seconds:
            return
        for event in self._report_final(self.probes.evaluate(self.storage.read_best(), None)):
            yield event
            if self._is_late():
                return

    def _report_final(self, steps: Generator[float, None, Evaluation]) -> Iterator[Event]:
        evaluation = yield from self._report(steps)
        yield Evaluated(self.state.step, self.stopwatch.elapsed(), evaluation, best=False, scope=WHOLE)

    def _reserve_time(self, seconds: float, tokens: int) -> None:
        """Reserve time at the end of the run for one more evaluation, and for one of the whole text if it fits."""
        run_seconds = self.stopwatch.elapsed() if self.config.minutes is None else 60.0 * self.config.minutes
        whole = seconds * self.validation_tokens / max(1, tokens)
        fits = whole <= FINAL_SHARE * run_seconds
        self._final_seconds = whole if fits or self.config.final_evaluation == "always" else 0.0
        self._reserve = seconds + (whole if fits and self.config.evaluation_sample is not None else 0.0)

    def _is_late(self) -> bool:
        """Return True if a run of limited minutes has exceeded them by more than 1 % and a second.

        False if `final_evaluation` is "always".
        """
        if self.config.minutes is None or self.config.final_evaluation == "always":
            return False
        return self.stopwatch.elapsed() > 60.0 * self.config.minutes * 1.01 + 1.0

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
        yield from self.save()
        yield self.finished("stopped")

    def finished(self, reason: str) -> Finished:
        """Return the event that ends the run."""
        return Finished(self.state.step, self.stopwatch.elapsed(), reason, self.state.best_loss)

    def _recover(self, reason: str) -> Recovered:
        """Restore the last saved state, at a lower learning rate."""
        failed = self.state
        self.state = self._recovery.restore(failed, reason)
        now, rate_scale, count = self.stopwatch.elapsed(), self.state.rate_scale, self._recovery.count
        return Recovered(failed.step, now, reason, self.state.step, rate_scale, count)


def _name_fault(result: StepResult) -> str:
    return "the gradient norm is not finite" if math.isfinite(result.loss) else "the loss is not finite"
