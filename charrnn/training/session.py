"""A session: steps, evaluations, samples and checkpoints, from where a state stands to the end of the run.

It is a generator of events and knows no screen. What it needs from outside (how to evaluate, to sample, to save,
what time it is, what it has been told) are functions that it is given.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Protocol

from charrnn.config import TrainingConfig
from charrnn.errors import RunError
from charrnn.events import Command, Evaluated, Event, Finished, Recovered, Sampled, Saved, StepDone, Stop
from charrnn.network.arrays import Parameters
from charrnn.training.schedules import SCHEDULES, with_warmup
from charrnn.training.trainer import StepResult, Trainer, TrainingState

RECOVERIES_IN_A_ROW = 5
SECONDS_BETWEEN_SAVES = 300.0


class Measured(Protocol):
    """What an evaluation must tell: nats a character of the original text. Its other fields go into the event."""

    @property
    def nats_per_character(self) -> float: ...


@dataclass
class Session:
    """A run under way.

    `evaluate` and `sample` are None where there is no validation text and no wish for samples; `save_best` and
    `save_last` write to disk; `clock` gives seconds; `commands` gives what has been told since the last call.
    `characters_per_token` makes characters a second of tokens a second.
    """

    config: TrainingConfig
    trainer: Trainer
    state: TrainingState
    total_steps: int | None
    evaluate: Callable[[Parameters], Measured] | None
    sample: Callable[[Parameters, int], str] | None
    save_best: Callable[[Parameters], None]
    save_last: Callable[[TrainingState], None]
    clock: Callable[[], float]
    commands: Callable[[], Iterable[Command]] = tuple
    characters_per_token: float = 1.0

    def __post_init__(self) -> None:
        self._began = self.clock() - self.state.time
        self._reserve = 0.0  # seconds that the last evaluation took, kept free for the one at the end
        self._good = self.state.copy()
        self._in_a_row = 0
        self._share = with_warmup(SCHEDULES[self.config.schedule], self.config.warmup)

    def go_on_from(self, state: TrainingState) -> None:
        """Take the place of a state that was read from disk."""
        self.state, self._good = state, state.copy()
        self._began = self.clock() - state.time

    def progress(self) -> float:
        """The share of the run that is behind, 0 to 1: of its steps, or of its time."""
        if self.total_steps is not None:
            return self.state.step / self.total_steps
        assert self.config.minutes is not None
        return (self._now() + self._reserve) / (60.0 * self.config.minutes)

    def run(self) -> Iterator[Event]:
        """Train to the end, or until told to stop, with an evaluation and a checkpoint at the end of it.

        RunError if the loss or the gradient is not finite five times in a row.
        """
        while (progress := self.progress()) < 1.0:
            yield from self._step(progress)
            if any(isinstance(command, Stop) for command in self.commands()):
                if self.state.best is None:
                    self.save_best(self.state.parameters)
                yield from self._save()
                yield self._finished("stopped")
                return
        if self._good.step < self.state.step:
            yield from self._evaluate()
            yield from self._save()
        yield self._finished("done")

    def _step(self, progress: float) -> Iterator[Event]:
        state, before = self.state, self.clock()
        rate = self.config.lr * state.rate_scale * self._share(progress)
        result = self.trainer.step(state, rate)
        if not result.finite:
            yield self._recover(_what_was_not_finite(result))
            return
        state.time = self._now()
        windows = self.trainer.windows
        tokens = windows.T * windows.B
        yield StepDone(
            state.step,
            state.time,
            loss=result.loss,
            learning_rate=rate,
            gradient_norm=result.gradient_norm,
            characters_per_second=tokens * self.characters_per_token / max(self.clock() - before, 1e-9),
            progress=self.progress(),
            epoch=state.window / windows.per_epoch,
        )
        if self._evaluation_is_due():
            yield from self._evaluate()
            if self.state is state:  # and not gone back to an earlier one
                yield from self._save()
        elif self._now() - self._good.time > SECONDS_BETWEEN_SAVES:
            yield from self._save()

    def _evaluation_is_due(self) -> bool:
        """At every interval, and at each quarter of the first one, where most is learned."""
        step, every = self.state.step, self.config.evaluate_every
        return step % every == 0 or step in {every // 4, every // 2, every * 3 // 4}

    def _evaluate(self) -> Iterator[Event]:
        state = self.state
        if self.evaluate is None:
            self.save_best(state.parameters)
        else:
            began = self.clock()
            measured = self.evaluate(state.parameters)
            self._reserve = self.clock() - began
            if not math.isfinite(measured.nats_per_character):
                yield self._recover("the validation loss is not finite")
                return
            best = state.best is None or measured.nats_per_character < state.best
            if best:
                state.best = measured.nats_per_character
                self.save_best(state.parameters)
            yield Evaluated(state.step, self._now(), **asdict(measured), best=best)  # type: ignore[call-overload]
        if self.sample is not None:
            yield Sampled(state.step, self._now(), self.sample(state.parameters, state.step))

    def _save(self) -> Iterator[Event]:
        self.state.time = self._now()
        self.save_last(self.state)
        self._good = self.state.copy()
        self._in_a_row = 0
        yield Saved(self.state.step, self.state.time)

    def _recover(self, reason: str) -> Recovered:
        """Go back to the last good state, but on in the text, and at half the rate."""
        failed_at, window = self.state.step, self.state.window
        self._in_a_row += 1
        scale = self._good.rate_scale * 0.5**self._in_a_row
        if self._in_a_row > RECOVERIES_IN_A_ROW:
            raise RunError(
                f"training diverged at step {failed_at} ({reason}), and five halvings of the learning rate did not "
                "help; start again with a lower --lr or a lower --clip"
            )
        good = self._good.copy()
        good.window, good.rate_scale, good.best = window, scale, self.state.best
        self.state = good
        return Recovered(failed_at, self._now(), reason, good.step, scale, self._in_a_row)

    def _finished(self, reason: str) -> Finished:
        return Finished(self.state.step, self._now(), reason, self.state.best)

    def _now(self) -> float:
        return self.clock() - self._began


def _what_was_not_finite(result: StepResult) -> str:
    return "the gradient norm is not finite" if math.isfinite(result.loss) else "the loss is not finite"
