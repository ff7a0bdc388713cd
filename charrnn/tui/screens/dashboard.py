"""The dashboard: a run that learns, from its events; and the keys that steer it."""

import time
from dataclasses import replace
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from charrnn.errors import CharrnnError
from charrnn.run.commands import Command, EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.text.escape import visible_line
from charrnn.tui import curves, help_text
from charrnn.tui.feed import Feed
from charrnn.tui.history import History
from charrnn.tui.screens.dialogs import Question
from charrnn.tui.widgets.plot import Plot
from charrnn.tui.widgets.run_headline import Headline, Numbers
from charrnn.tui.widgets.sample_log import Voice

SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_BETWEEN_CURVES = 1.0
"""Curves change slowly and cost the most to draw."""
SECONDS_OF_READING = 0.02
"""How long events are read in one go; a long journal is read in many, and keys are answered between them."""
RATE_STEP = 1.25
STEERING = ("pause", "evaluate", "sample", "save", "rate", "back", "stop")


class Dashboard(Screen[None]):
    """Watches a run through a feed. `owner` says that leaving must settle what becomes of the run."""

    HELP = help_text.DASHBOARD
    CSS = """
    Dashboard #charts { width: 2fr; }
    Dashboard #losses { height: 2fr; min-height: 6; }
    Dashboard #flow { height: 1fr; min-height: 6; }
    Dashboard Voice { width: 1fr; }
    Dashboard #message { height: auto; max-height: 3; padding: 0 1; color: $text-warning; display: none; }
    Dashboard #message.said { display: block; }
    Dashboard.-narrow Numbers, Dashboard.-narrow Figures { height: 6; }
    Dashboard.-narrow .large { display: none; }
    Dashboard.-narrow #body { layout: vertical; }
    Dashboard.-narrow #charts { width: 1fr; height: 1fr; }
    Dashboard.-narrow Voice { height: 1fr; }
    Dashboard.-narrow #flow { display: none; }
    Dashboard.-short #flow { display: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-usual"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]
    BINDINGS = [
        Binding("space", "pause", "Pause", id="dashboard.pause"),
        Binding("e", "evaluate", "Evaluate", id="dashboard.evaluate"),
        Binding("s", "sample", "Sample", id="dashboard.sample"),
        Binding("w", "save", "Save", id="dashboard.save"),
        Binding("plus,equals_sign", "rate(1)", "Rate +", key_display="+", id="dashboard.faster"),
        Binding("minus", "rate(-1)", "Rate -", key_display="-", id="dashboard.slower"),
        Binding("b", "back", "Best back", id="dashboard.back"),
        Binding("x", "stop", "Stop", id="dashboard.stop"),
        Binding("u", "unit", "Unit", show=False, id="dashboard.unit"),
        Binding("l", "logarithmic", "Log", show=False, id="dashboard.logarithmic"),
        Binding("r", "recent", "Range", show=False, id="dashboard.recent"),
        Binding("m", "mark", "Marks", show=False, id="dashboard.mark"),
        Binding("p", "play", "Play", id="dashboard.play"),
        Binding("q", "leave", "Leave", id="dashboard.leave"),
        Binding("ctrl+c,escape", "leave", show=False),
    ]

    def __init__(self, feed: Feed, *, owner: bool) -> None:
        super().__init__()
        self.feed, self._owner = feed, owner
        self.history = History()
        self.view = curves.View()
        self._trainer: int | None = None
        self._state = ""
        self._samples_said = 0
        self._leaving = False
        self._message = ""
        self._drawn_at = 0.0
        self._stale = True  # whether there is more to draw than the curves show

    def compose(self) -> ComposeResult:
        yield Headline()
        yield Numbers()
        with Horizontal(id="body"):
            with Vertical(id="charts"):
                yield Plot(id="losses")
                yield Plot(id="flow")
            yield Voice()
        yield Static(id="message", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one("#flow", Plot).logarithmic = True
        self.query_one("#flow", Plot).title = "‖dL/dh‖ by step"
        self.set_interval(SECONDS_BETWEEN_LOOKS, self.look)
        self._read_on = self.set_interval(SECONDS_OF_READING, self.look, pause=True)
        self.call_later(self.look)

    async def look(self) -> None:
        """Take in what is new, and show it; called by a timer."""
        news = self._read()
        state = self._state_now()
        self._stale = self._stale or news
        if news or state != self._state:
            self._state = state
            await self._show()
        if self._stale and time.monotonic() - self._drawn_at > SECONDS_BETWEEN_CURVES:
            self._show_curves()
        if self._leaving and self._trainer is None:
            self._leaving = False
            await self.run_action("app.leave")

    def _read(self) -> bool:
        """Read events for a short while, and soon again if there are more; whether there were any."""
        deadline = time.monotonic() + SECONDS_OF_READING
        news = False
        while events := self.feed.read():
            news = True
            for event in events:
                self.history.take(event)
            if time.monotonic() > deadline:
                self._read_on.reset()  # look again soon: there is more
                self._read_on.resume()
                return news
        self._read_on.pause()
        return news

    def _state_now(self) -> str:
        """What the run is doing, in a word or two."""
        before, self._trainer = self._trainer, self.feed.trainer()
        if (before is None) != (self._trainer is None):
            self.refresh_bindings()
        finished = self.history.progress.finished
        if not self.feed.exists():
            return "gone"
        if self._trainer is not None:
            return "saving" if self._leaving else "paused" if self.history.paused else "training"
        if finished is not None:
            return "finished" if finished.reason == "done" else "stopped"
        return "broken off"

    async def _show(self) -> None:
        progress, history = self.history.progress, self.history
        mark = {"training": "●", "paused": "‖", "saving": "●", "finished": "✓", "stopped": "■"}.get(self._state, "✗")
        where = f"{progress.fraction:.0%}" if self.has_class("-narrow") else progress.position()
        words = (f"{mark} {self._state}", where, progress.clock(), visible_line(self.feed.name))
        self.query_one(Headline).show(words, progress.fraction)
        self.query_one(Numbers).show(history)
        if (more := history.samples_seen - self._samples_said) > 0:
            self._samples_said = history.samples_seen
            await self.query_one(Voice).say(list(history.samples)[-more:])
        self._show_message()

    def _show_curves(self) -> None:
        plot, flow = self.query_one("#losses", Plot), self.query_one("#flow", Plot)
        series, x_range = curves.losses(self.history, self.view)
        plot.title = self.view.title
        plot.logarithmic = self.view.logarithmic
        plot.show(series, x_range)
        flow.show(curves.flow(self.history.probe))
        self._drawn_at, self._stale = time.monotonic(), False

    def _show_message(self, message: str = "") -> None:
        """The last thing that was steered or went wrong; or, of a run that is in trouble, what to do."""
        history = self.history
        if self._state == "gone":
            message = f"{self.feed.name} is not there any more; what was read of it is still shown"
        elif self._state == "broken off":
            why = self.feed.last_log_line() or "the process that trained it is elapsed, and left no word"
            message = f"broken off: {why}; go on with: charrnn train --resume {self.feed.name}"
        elif not message and history.messages:
            message = history.messages[-1]
        if message != self._message:
            self._message = message
            widget = self.query_one("#message", Static)
            widget.update(Content(visible_line(message)))
            widget.set_class(bool(message), "said")

    # What keys do.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A run that nobody trains cannot be steered."""
        return action not in STEERING or self._trainer is not None

    def _tell(self, command: Command) -> None:
        try:
            self.feed.send(command)
        except (CharrnnError, OSError) as error:
            self.notify(visible_line(str(error)), severity="error", markup=False)
        else:
            self._show_message(f"asked: {command.kind}")

    def action_pause(self) -> None:
        self._tell(Resume() if self.history.paused else Pause())

    def action_evaluate(self) -> None:
        self._tell(EvaluateNow())

    def action_sample(self) -> None:
        self._tell(SampleNow())

    def action_save(self) -> None:
        self._tell(SaveNow())

    def action_rate(self, direction: int) -> None:
        self._tell(ScaleRate(RATE_STEP**direction))

    def action_back(self) -> None:
        self._tell(RestoreBest())

    def action_stop(self) -> None:
        self._tell(Stop())

    def action_unit(self) -> None:
        self._look_at(self.view.next_unit())

    def action_logarithmic(self) -> None:
        self._look_at(replace(self.view, logarithmic=not self.view.logarithmic))

    def action_recent(self) -> None:
        self._look_at(replace(self.view, recent=not self.view.recent))

    def _look_at(self, view: curves.View) -> None:
        self.view = view
        self._show_curves()

    def action_mark(self) -> None:
        for plot in self.query(Plot):
            plot.next_dot_style()

    def action_play(self) -> None:
        self.app.open_model(Path(self.feed.name))  # type: ignore[attr-defined]

    @work
    async def action_leave(self) -> None:
        if not self._owner or self._trainer is None:
            await self.run_action("app.leave")
            return
        answers = {"stop": "Stop and save", "train": "Let it train on", "stay": "Cancel"}
        answer = await self.app.push_screen_wait(Question("The run is not finished. What becomes of it?", answers))
        if answer == "train":
            await self.run_action("app.leave")
        elif answer == "stop":
            self._leaving = True
            self._tell(Stop())
