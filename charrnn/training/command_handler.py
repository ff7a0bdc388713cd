"""The command handler: applies the commands that are sent to a run to its session, between two steps."""

from collections.abc import Callable, Generator, Iterable, Iterator

from charrnn.run.commands import (
    Command,
    EvaluateNow,
    Pause,
    RestoreBest,
    Resume,
    SampleNow,
    SaveNow,
    ScaleRate,
    Stop,
)
from charrnn.run.events import CommandApplied, Evaluating, Event
from charrnn.training.session import LARGEST_SCALE, SMALLEST_SCALE, Session


class CommandHandler:
    """Applies commands to a session.

    `read_commands` returns the commands since its last call; `wait` is called repeatedly during a pause. `stopping`
    is true after a command to stop, and `aborted` if that command ended an evaluation.
    """

    def __init__(
        self, session: Session, read_commands: Callable[[], Iterable[Command]], wait: Callable[[], None]
    ) -> None:
        self.stopping = self.aborted = False
        self._deferred: list[Command] = []
        self._session, self._read_commands, self._wait = session, read_commands, wait

    def handle(self) -> Iterator[Event]:
        """Apply the commands that have arrived; if one of them pauses the run, wait until the pause ends."""
        yield from self._apply_all()
        while self._session.stopwatch.paused and not self.stopping:
            self._wait()
            yield from self._apply_all()
        self._session.stopwatch.resume()

    def relay(self, events: Generator[Event, None, None]) -> Iterator[Event]:
        """Yield the events of a session, and read commands while it evaluates.

        A command to stop ends the evaluation, a pause interrupts it, and other commands are applied later.
        """
        for event in events:
            yield event
            if isinstance(event, Evaluating):
                yield from self._apply_urgent()
                while self._session.stopwatch.paused and not self.stopping:
                    self._wait()
                    yield from self._apply_urgent()
                if self.stopping:
                    self.aborted = True
                    events.close()

    def _apply_urgent(self) -> Iterator[Event]:
        """Apply commands to stop, pause and resume, and defer all others."""
        for command in self._read_commands():
            if isinstance(command, Stop | Pause | Resume):
                yield from self._apply_and_report(command)
            else:
                self._deferred.append(command)

    def _apply_all(self) -> Iterator[Event]:
        commands, self._deferred = [*self._deferred, *self._read_commands()], []
        for command in commands:
            yield from self._apply_and_report(command)

    def _apply_and_report(self, command: Command) -> Iterator[Event]:
        outcome = yield from self._apply(command)
        yield CommandApplied(self._session.state.step, self._session.stopwatch.elapsed(), command.kind, outcome)

    def _apply(self, command: Command) -> Generator[Event, None, str]:
        """Apply one command, yield its events, and return its outcome in words."""
        session = self._session
        match command:
            case Stop():
                self.stopping = True
            case Pause():
                session.stopwatch.pause()
            case Resume():
                session.stopwatch.resume()
            case ScaleRate(factor):
                return self._scale_rate(factor)
            case RestoreBest() if session.state.best_loss is None:
                return "there has been no evaluation yet"
            case RestoreBest():
                yield from session.restore_best()
                return f"restored the weights of {session.state.best_loss:.4f} nats per character"
            case EvaluateNow() if session.probes.evaluate is None:
                return "there is no validation text"
            case EvaluateNow():
                yield from session.evaluate_and_save(on_command=True)
            case SampleNow():
                yield from session.sample()
            case SaveNow():
                yield from session.save()
        return "done"

    def _scale_rate(self, factor: float) -> str:
        if self._session.scale_rate(factor):
            return f"the learning rate is {self._session.state.rate_scale:.3g} times the schedule"
        return f"the learning rate stays between {SMALLEST_SCALE:g} and {LARGEST_SCALE:g} times the schedule"
