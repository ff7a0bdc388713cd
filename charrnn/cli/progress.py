"""Events → what a person or a program reads of a run: plain lines, JSON lines, or next to nothing."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from charrnn.cli.console import write_json
from charrnn.pipeline.launch import detach
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Event, Finished, Recovered, Sampled, Started, StepDone
from charrnn.run.progress import RunProgress, duration

SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    """Shows the events of a run, inside a `with`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Called with every event, in order; OSError if there is nobody left to show it to."""


def losses(evaluation: Evaluation) -> str:
    """Return a loss per character in its three units."""
    nats, bits = evaluation.nats_per_character, evaluation.bits_per_character
    return f"{nats:.4f} nats, {bits:.4f} bits, perplexity {evaluation.perplexity_per_character:.4g}"


def line_of(event: Event) -> str | None:
    """What is told of an event that is more than a step; None for those that tell nothing."""
    match event:
        case Evaluated():
            previous = (
                f", {event.previous_loss:.4f} nats on the text of the base run"
                if event.previous_loss is not None
                else ""
            )
            praise = "; the best so far" * event.best
            return f"step {event.step:,}: validation {losses(event.evaluation)} per character{previous}{praise}"
        case Sampled():
            return f"step {event.step:,} says:\n{textwrap.indent(event.text, '  ')}"
        case Recovered():
            return (
                f"step {event.step:,}: {event.reason}; back to step {event.back_to_step:,} with the learning rate "
                f"at {event.rate_scale:.3g} of the schedule, {event.in_a_row} in a row"
            )
        case Finished(best_nats_per_character=best):
            how = f", best validation {best:.4f} nats a character" if best is not None else ""
            return f"step {event.step:,}: {event.reason} after {duration(event.time)}{how}"
    return None


class _Lasting:
    """A progress that needs no tidying up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


@dataclass
class QuietProgress(_Lasting):
    """Tells only of what went wrong."""

    print_message: Callable[[str], None]

    def show(self, event: Event) -> None:
        if isinstance(event, Recovered):
            self.print_message(line_of(event) or "")


class BackgroundProgress(QuietProgress):
    """Lets go of the terminal with the first event; what goes wrong later stands in the run's log."""

    def __init__(self, run: Path, print_message: Callable[[str], None]) -> None:
        super().__init__(print_message)
        self._run = run

    def show(self, event: Event) -> None:
        if isinstance(event, Started):
            detach(self._run)
        super().show(event)


@dataclass
class JsonProgress(QuietProgress):
    """Every event as a line of JSON on stdout; what went wrong also as a message."""

    def show(self, event: Event) -> None:
        write_json(event.to_json())
        super().show(event)


@dataclass
class PlainProgress(_Lasting):
    """Lines: a step's every few seconds, and everything that is more than a step."""

    course: RunProgress
    print_message: Callable[[str], None]
    clock: Callable[[], float]
    _next: float = float("-inf")

    def show(self, event: Event) -> None:
        self.course.take(event)
        if isinstance(event, Started):
            self.print_message(f"step {event.step:,}: {'training goes on' if event.resumed else 'training begins'}")
        elif isinstance(event, StepDone):
            if (now := self.clock()) >= self._next:
                self._next = now + SECONDS_BETWEEN_LINES
                course = self.course
                self.print_message(f"{course.position()}: loss {course.loss:.4f}, {course.speed()}, {course.clock()}")
        elif line := line_of(event):
            self.print_message(line)
