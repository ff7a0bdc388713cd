"""Events of a run → plain lines, JSON lines, or messages about problems alone."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from charrnn.cli.console import write_json
from charrnn.pipeline.launch import detach
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import SAMPLE, Evaluated, Evaluating, Event, Finished, Recovered, Sampled, Started, StepDone
from charrnn.run.progress import RunProgress, duration

SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    """A context that shows the events of a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Show an event; OSError if the output is closed or full."""


def losses_of(evaluation: Evaluation) -> str:
    """Return a loss per character in its three units."""
    nats, bits = evaluation.nats_per_character, evaluation.bits_per_character
    return f"{nats:.4f} nats, {bits:.4f} bits, perplexity {evaluation.perplexity_per_character:.4g}"


def line_of(event: Event) -> str | None:
    """Return the text of an evaluation, sample, recovery or finish; None for other events."""
    match event:
        case Evaluated():
            previous = (
                f", {event.previous_loss:.4f} nats on the text of the base run"
                if event.previous_loss is not None
                else ""
            )
            scope = f" on a sample of {event.evaluation.tokens:,} tokens" * (event.scope == SAMPLE)
            best = "; the best so far" * event.best
            losses = losses_of(event.evaluation)
            return f"step {event.step:,}: validation {losses} per character{scope}{previous}{best}"
        case Sampled():
            return f"step {event.step:,}: sample\n{textwrap.indent(event.text, '  ')}"
        case Recovered():
            return (
                f"step {event.step:,}: {event.reason}; back to step {event.back_to_step:,} with the learning rate "
                f"at {event.rate_scale:.3g} of the schedule (recovery {event.in_a_row} in a row)"
            )
        case Finished(best_nats_per_character=nats):
            loss = f", best validation {nats:.4f} nats per character" if nats is not None else ""
            note = f"; {event.note}" if event.note else ""
            return f"step {event.step:,}: {event.reason} after {duration(event.time)}{loss}{note}"
    return None


class _StatelessProgress:
    """A progress that has nothing to do at the beginning and the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


@dataclass
class QuietProgress(_StatelessProgress):
    """Messages about recoveries alone."""

    print_message: Callable[[str], None]

    def show(self, event: Event) -> None:
        if isinstance(event, Recovered):
            self.print_message(line_of(event) or "")


class BackgroundProgress(QuietProgress):
    """Detachment from the terminal at the first event; later messages go to the log of the run."""

    def __init__(self, run: Path, print_message: Callable[[str], None]) -> None:
        super().__init__(print_message)
        self._run = run

    def show(self, event: Event) -> None:
        if isinstance(event, Started):
            detach(self._run)
        super().show(event)


@dataclass
class JsonProgress(QuietProgress):
    """One line of JSON on stdout per event, and messages about recoveries."""

    def show(self, event: Event) -> None:
        write_json(event.to_json())
        super().show(event)


@dataclass
class PlainProgress(_StatelessProgress):
    """A line every few seconds for steps and long evaluations, and the text of every other event that has one."""

    progress: RunProgress
    write_line: Callable[[str], None]
    clock: Callable[[], float]
    _next: float = float("-inf")

    def show(self, event: Event) -> None:
        self.progress.update(event)
        if isinstance(event, Started):
            self.write_line(f"step {event.step:,}: training {'resumes' if event.resumed else 'begins'}")
        elif isinstance(event, StepDone | Evaluating):
            if (now := self.clock()) >= self._next:
                self._next = now + SECONDS_BETWEEN_LINES
                progress = self.progress
                loss = f": loss {progress.loss:.4f}, {progress.speed()}, {progress.clock()}"
                self.write_line(f"{progress.position()}{loss if isinstance(event, StepDone) else ''}")
        elif line := line_of(event):
            self.write_line(line)
