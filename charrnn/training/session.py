"""A session: steps, evaluations, samples and checkpoints, from where a state stands to the end of the run.

It is a generator of events and knows no screen. What it needs from outside (how to evaluate, to sample, to save,
what time it is, what it has been told) are functions that it is given.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from charrnn.config import TrainingConfig
from charrnn.errors import RunError
from charrnn.network.arrays import Parameters
from charrnn.run.commands import Command, EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import CommandApplied, Evaluated, Event, Finished, Probed, Recovered, Sampled, Saved, StepDone
from charrnn.text.batches import Windows
from charrnn.training.schedules import SCHEDULES, with_warmup
from charrnn.training.stopwatch import Stopwatch
from charrnn.training.trainer import StepResult, Trainer, TrainingState

RECOVERIES_IN_A_ROW = 5
SECONDS_BETWEEN_SAVES = 300.0
SECONDS_BETWEEN_PROBES = 10.0
SMALLEST_SCALE, LARGEST_SCALE = 1e-4, 1e4
"""How far the learning rate may be steered from its course."""


@dataclass
class Session:
    """A run under way.

    `evaluate`, `sample` and `probe` are None where there is no validation text, or no wish for them; `save_best` and
    `save_last` write to disk, and `read_best` reads what `save_best` wrote; `clock` gives seconds; `commands` gives
    what has been told since the last call, and `rest` waits a moment before it is asked again.
    `characters_per_token` makes characters a second of tokens a second; `evaluate_before` gives nats a character of
    the text of the run that this one goes on from, if there is one.
    """

    config: TrainingConfig
    trainer: Trainer[Windows]
    state: TrainingState
    total_steps: int | None
    evaluate: Callable[[Parameters], Evaluation] | None
    sample: Callable[[Parameters, int], str] | None
    probe: Callable[[TrainingState, float], Probed] | None
    save_best: Callable[[Parameters], None]
    read_best: Callable[[], Parameters]
    save_last: Callable[[TrainingState], None]
    clock: Callable[[], float]
    rest: Callable[[], None]
    commands: Callable[[], Iterable[Command]] = tuple
    characters_per_token: float = 1.0
    evaluate_before: Callable[[Parameters], float] | None = None

    def __post_init__(self) -> None:
        self._watch = Stopwatch(self.clock, self.state.time)
        self._stopping = False
        self._next_probe = 0.0
        self._reserve = 0.0  # seconds that the last evaluation took, kept free for the one at the end
        self._evaluated_at: int | None = None
        self._good = self.state.copy()
        self._in_a_row = 0
        self._share = with_warmup(SCHEDULES[self.config.schedule], self.config.warmup)

    def go_on_from(self, state: TrainingState) -> None:
        """Take the place of a state that was read from disk."""
        self.state, self._good = state, state.copy()
        self._watch = Stopwatch(self.clock, state.time)

    def is_over(self) -> bool:
        """Whether nothing is left to do: no step, and no evaluation of the last one."""
        return self.progress() >= 1.0 and (self.state.best is not None or self.evaluate is None)

    def progress(self) -> float:
        """The share of the run that is behind, 0 to 1: of its steps, or of its time."""
        if self.total_steps is not None:
            return self.state.step / self.total_steps
        assert self.config.minutes is not None
        return (self._watch.now() + self._reserve) / (60.0 * self.config.minutes)

    def run(self) -> Iterator[Event]:
        """Train to the end, or until told to stop, with an evaluation and a checkpoint at the end of it.

        RunError if a step is still not finite after five recoveries in a row.
        """
        if self.evaluate_before is not None and self.state.step == 0:  # what the weights of before know
            yield from self._evaluate_and_save()
        while (progress := self.progress()) < 1.0:
            yield from self._step(progress)
            yield from self._listen()
            if self._stopping and self.progress() < 1.0:
                if self.state.best is None:
                    self.save_best(self.state.parameters)
                yield from self._save()
                yield self._finished("stopped")
                return
        if self._evaluated_at != self.state.step:
            yield from self._evaluate_and_save()
        yield self._finished("done")

    def _step(self, progress: float) -> Iterator[Event]:
        state, before = self.state, self.clock()
        rate = self.config.lr * state.rate_scale * self._share(progress)
        result = self.trainer.step(state, rate)
        if not result.finite:
            yield self._recover(_what_was_not_finite(result))
            return
        state.time = self._watch.now()
        windows = self.trainer.windows
        tokens = windows.T * windows.B
        yield StepDone(
            state.step,
            state.time,
            loss=result.loss,
            learning_rate=rate,
            gradient_norm=result.gradient_norm,
            clipped=result.clipped,
            characters_per_second=tokens * self.characters_per_token / max(self.clock() - before, 1e-9),
            progress=self.progress(),
            epoch=state.window / windows.per_epoch,
        )
        if self._evaluation_is_due():
            yield from self._evaluate_and_save()
        elif self._watch.now() - self._good.time > SECONDS_BETWEEN_SAVES:
            yield from self._save()
        if self.probe is not None and self._watch.now() >= self._next_probe:
            self._next_probe = self._watch.now() + SECONDS_BETWEEN_PROBES
            yield self.probe(state, state.time)

    def _listen(self) -> Iterator[Event]:
        """Do what has been told, and wait through a pause."""
        for command in self.commands():
            yield from self._obey(command)
        while self._watch.paused and not self._stopping:
            self.rest()
            for command in self.commands():
                yield from self._obey(command)
        self._watch.go_on()

    def _obey(self, command: Command) -> Iterator[Event]:
        outcome = "done"
        match command:
            case Stop():
                self._stopping = True
            case Pause():
                self._watch.pause()
            case Resume():
                self._watch.go_on()
            case ScaleRate(factor):
                outcome = self._scale_rate(factor)
            case RestoreBest() if self.state.best is None:
                outcome = "there has been no evaluation yet"
            case RestoreBest():
                for name, array in self.read_best().items():
                    self.state.parameters[name][...] = array
                outcome = f"the weights of {self.state.best:.4f} nats a character are back"
                yield from self._save()
            case EvaluateNow() if self.evaluate is None:
                outcome = "there is no validation text"
            case EvaluateNow():
                yield from self._evaluate_and_save()
            case SampleNow():
                yield from self._speak()
            case SaveNow():
                yield from self._save()
        yield CommandApplied(self.state.step, self._watch.now(), command.kind, outcome)

    def _scale_rate(self, factor: float) -> str:
        scale = self.state.rate_scale * factor
        if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
            return f"the learning rate stays between {SMALLEST_SCALE:g} and {LARGEST_SCALE:g} times its course"
        self.state.rate_scale = scale
        self._good.rate_scale *= factor
        return f"the learning rate is {scale:.3g} times its course"

    def _evaluation_is_due(self) -> bool:
        """At every interval, and at each quarter of the first one, where most is learned."""
        step, every = self.state.step, self.config.evaluate_every
        return step % every == 0 or step in {every // 4, every // 2, every * 3 // 4}

    def _evaluate_and_save(self) -> Iterator[Event]:
        state = self.state
        yield from self._evaluate()
        if self.state is state:  # and not gone back to an earlier one
            yield from self._save()

    def _evaluate(self) -> Iterator[Event]:
        state = self.state
        if self.evaluate is None:
            self._evaluated_at = state.step
            self.save_best(state.parameters)
        else:
            began = self.clock()
            measured = self.evaluate(state.parameters)
            self._reserve = self.clock() - began
            if not math.isfinite(measured.nats_per_character):
                yield self._recover("the validation loss is not finite")
                return
            self._evaluated_at = state.step
            best = state.best is None or measured.nats_per_character < state.best
            if best:
                state.best = measured.nats_per_character
                self.save_best(state.parameters)
            before = None if self.evaluate_before is None else self.evaluate_before(state.parameters)
            yield Evaluated(state.step, self._watch.now(), measured, best, before)
        yield from self._speak()

    def _speak(self) -> Iterator[Event]:
        if self.sample is not None:
            yield Sampled(self.state.step, self._watch.now(), self.sample(self.state.parameters, self.state.step))

    def _save(self) -> Iterator[Event]:
        self.state.time = self._watch.now()
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
        return Recovered(failed_at, self._watch.now(), reason, good.step, scale, self._in_a_row)

    def _finished(self, reason: str) -> Finished:
        return Finished(self.state.step, self._watch.now(), reason, self.state.best)


def _what_was_not_finite(result: StepResult) -> str:
    return "the gradient norm is not finite" if math.isfinite(result.loss) else "the loss is not finite"
