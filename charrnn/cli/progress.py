"""Events → what a person or a program sees of a run: a live display, plain lines, JSON lines, or next to nothing."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from charrnn.cli.output import duration, print_json
from charrnn.events import Evaluated, Event, Finished, Recovered, Sampled, Started, StepDone
from charrnn.text.shown import visible

SMOOTHING = 0.98
"""What a step's loss leaves of the average before it."""
SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_FRAMES = 0.2


class Progress(Protocol):
    """Shows the events of a run, inside a `with`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Called with every event, in order; OSError if there is nobody left to show it to."""


@dataclass
class Course:
    """Where a run stands, from the events so far.

    `steps` is its length, `about` whether that is a guess, `best` its best validation loss in nats a character.
    """

    steps: int
    about: bool = False
    best: float | None = None
    step: StepDone | None = None
    evaluation: Evaluated | None = None
    _sum: float = 0.0
    _weight: float = 0.0
    _first: StepDone | None = field(default=None, repr=False)

    def take(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self._first = self._first or event
            self.step = event
            self._sum = SMOOTHING * self._sum + event.loss
            self._weight = SMOOTHING * self._weight + 1.0
        elif isinstance(event, Evaluated):
            self.evaluation = event
            self.best = event.nats_per_character if event.best else self.best
        elif isinstance(event, Recovered):
            self._sum = self._weight = 0.0

    @property
    def loss(self) -> float:
        """The mean of the last losses, later ones weighing more, in nats a token."""
        return self._sum / self._weight if self._weight else float("nan")

    def position(self) -> str:
        step = self.step
        if step is None:
            return "beginning"
        share = min(1.0, step.progress)
        total = f"{'about ' * self.about}{max(self.steps, step.step):,}"
        return f"step {step.step:,} of {total}, {share:.0%}, epoch {step.epoch:.2f}"

    def speed(self) -> str:
        step = self.step
        return f"{step.characters_per_second:,.0f} characters/s, rate {step.learning_rate:.2g}" if step else ""

    def clock(self) -> str:
        step, first = self.step, self._first
        if step is None or first is None:
            return ""
        gone = f"{duration(step.time)} gone"
        if step.progress <= first.progress:
            return gone
        left = (step.time - first.time) / (step.progress - first.progress) * max(0.0, 1.0 - step.progress)
        return f"{gone}, {duration(left)} left"


def losses(event: Evaluated) -> str:
    """A validation loss in its three units."""
    nats, bits = event.nats_per_character, event.bits_per_character
    return f"{nats:.4f} nats, {bits:.4f} bits, perplexity {event.perplexity_per_character:.4g}"


def line_of(event: Event) -> str | None:
    """What is told of an event that is more than a step; None for those that tell nothing."""
    match event:
        case Evaluated():
            return f"step {event.step:,}: validation {losses(event)} a character{'; the best so far' * event.best}"
        case Sampled():
            return f"step {event.step:,} says:\n{textwrap.indent(event.text, '  ')}"
        case Recovered():
            return (
                f"step {event.step:,}: {event.reason}; back to step {event.back_to_step:,} with the learning rate "
                f"at {event.rate_scale:.3g} of its course, {event.in_a_row} in a row"
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

    say: Callable[[str], None]

    def show(self, event: Event) -> None:
        if isinstance(event, Recovered):
            self.say(line_of(event) or "")


@dataclass
class JsonProgress(QuietProgress):
    """Every event as a line of JSON on stdout; what went wrong also as a message."""

    def show(self, event: Event) -> None:
        print_json(event.to_json())
        super().show(event)


@dataclass
class PlainProgress(_Lasting):
    """Lines: a step's every few seconds, and everything that is more than a step."""

    course: Course
    say: Callable[[str], None]
    clock: Callable[[], float]
    _next: float = float("-inf")

    def show(self, event: Event) -> None:
        self.course.take(event)
        if isinstance(event, Started):
            self.say(f"step {event.step:,}: {'training goes on' if event.resumed else 'training begins'}")
        elif isinstance(event, StepDone):
            if (now := self.clock()) >= self._next:
                self._next = now + SECONDS_BETWEEN_LINES
                course = self.course
                self.say(f"{course.position()}: loss {course.loss:.4f}, {course.speed()}, {course.clock()}")
        elif line := line_of(event):
            self.say(line)


class LiveProgress:
    """A display that is redrawn a few times a second, on a terminal; what is more than a step scrolls above it."""

    def __init__(self, course: Course, console: Console, clock: Callable[[], float]) -> None:
        self.course, self.console, self._clock = course, console, clock
        self._next = 0.0
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        self.course.take(event)
        line = line_of(event)
        if isinstance(event, Sampled):
            self.console.print(Padding(Text(visible(event.text), style=_style(event)), (0, 2)))
        elif line is not None:
            self.console.print(Text(visible(line), style=_style(event)))
        if line is not None or self._clock() >= self._next:
            self._live.update(self.display(), refresh=True)
            self._next = self._clock() + SECONDS_BETWEEN_FRAMES

    def display(self) -> Table:
        """A bar, where the run stands, and how well it does."""
        course = self.course
        share = course.step.progress if course.step else 0.0
        text = Text(f"{course.position()}, {course.clock()}" if course.step else course.position())
        if course.step:
            text.append(f"\nloss {course.loss:.4f}", style="bold").append(f", {course.speed()}")
        if course.evaluation:
            best = f", best {course.best:.4f}" if course.best is not None else ""
            text.append(f"\nvalidation {losses(course.evaluation)}{best}")
        display = Table.grid(expand=True)
        display.add_row(ProgressBar(total=1.0, completed=min(1.0, share)))
        display.add_row(text)
        return display


def _style(event: Event) -> str:
    if isinstance(event, Sampled):
        return "dim"
    if isinstance(event, Recovered):
        return "yellow"
    return "bold" if isinstance(event, Evaluated) and event.best else ""
