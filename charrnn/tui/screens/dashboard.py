"""The dashboard: a run as it trains, from its events, and the keys that steer it."""

import time
from dataclasses import replace

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from charrnn.run.commands import Command, EvaluateNow, Pause, RestoreBest, Resume, SampleNow, SaveNow, ScaleRate, Stop
from charrnn.run.status import Status
from charrnn.text.escape import visible_line
from charrnn.tui.curves import ChartOptions, gradient_flow_series, loss_series, step_range
from charrnn.tui.feed import Feed
from charrnn.tui.help_text import section
from charrnn.tui.messages import ModelRequested
from charrnn.tui.notices import errors_as_notices
from charrnn.tui.run_monitor import RunMonitor
from charrnn.tui.screens.dialogs import ChoiceDialog
from charrnn.tui.widgets.plot import Plot
from charrnn.tui.widgets.run_headline import RunHeadline
from charrnn.tui.widgets.run_stats import RunStats
from charrnn.tui.widgets.sample_log import SampleLog

REFRESH_SECONDS = 0.25
CHART_SECONDS = 1.0
"""Charts change slowly and cost the most to draw."""
READING_SECONDS = 0.02
"""Time for which events are read without a break; a long journal takes several rounds, with keys answered between."""
RATE_FACTOR = 1.25
SYMBOLS = {
    Status.TRAINING: "●",
    Status.PAUSED: "‖",
    Status.FINISHED: "✓",
    Status.STOPPED: "■",
    Status.INTERRUPTED: "✗",
    Status.MODEL: "✓",
    Status.BROKEN: "✗",
    Status.GONE: "✗",
}
"""The symbol of each status, for displays without color."""
_RATE, _CHART = "Raise, lower the learning rate by a quarter", "Unit, logarithmic scale, range and dots of the charts"
STEERING_BINDINGS = (
    Binding("space", "pause", "Pause", id="dashboard.pause", tooltip="Pause, resume"),
    Binding("e", "evaluate", "Evaluate", id="dashboard.evaluate", tooltip="Evaluate on the validation text now"),
    Binding("s", "sample", "Sample", id="dashboard.sample", tooltip="Sample now"),
    Binding("w", "save", "Save", id="dashboard.save", tooltip="Save a checkpoint now"),
    Binding("plus,equals_sign", "rate(1)", "Rate +", key_display="+", id="dashboard.faster", tooltip=_RATE),
    Binding("minus", "rate(-1)", "Rate -", key_display="-", id="dashboard.slower", tooltip=_RATE),
    Binding("b", "back", "Restore", id="dashboard.back", tooltip="Restore the best weights"),
    Binding("x", "stop", "Stop", id="dashboard.stop", tooltip="Save and stop"),
)
STEERING_ACTIONS = {binding.action.partition("(")[0] for binding in STEERING_BINDINGS}


class Dashboard(Screen[None]):
    """A run as seen through a feed. With `owner`, leaving asks whether to stop the run."""

    HELP = section("Dashboard")
    CSS = """
    Dashboard #charts { width: 2fr; }
    Dashboard #losses { height: 2fr; min-height: 6; }
    Dashboard #flow { height: 1fr; min-height: 6; }
    Dashboard SampleLog { width: 1fr; }
    Dashboard #message { height: auto; max-height: 3; padding: 0 1; color: $text-warning; display: none; }
    Dashboard #message.shown { display: block; }
    Dashboard.-narrow RunStats, Dashboard.-narrow StatGrid { height: 6; }
    Dashboard.-narrow .large { display: none; }
    Dashboard.-narrow #body { layout: vertical; }
    Dashboard.-narrow #charts { width: 1fr; height: 1fr; }
    Dashboard.-narrow SampleLog { height: 1fr; }
    Dashboard.-narrow #flow { display: none; }
    Dashboard.-short #flow { display: none; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]
    BINDINGS = [
        *STEERING_BINDINGS,
        Binding("u", "unit", "Unit", show=False, id="dashboard.unit", tooltip=_CHART),
        Binding("l", "logarithmic", "Log", show=False, id="dashboard.logarithmic", tooltip=_CHART),
        Binding("r", "recent", "Range", show=False, id="dashboard.recent", tooltip=_CHART),
        Binding("m", "mark", "Dots", show=False, id="dashboard.mark", tooltip=_CHART),
        Binding("p", "play", "Play", id="dashboard.play", tooltip="Open the model as it is now in the sampler"),
        Binding("q", "leave", "Leave", id="dashboard.leave", tooltip="Leave; the run can train on"),
        Binding("ctrl+c,escape", "leave", show=False),
    ]

    def __init__(self, feed: Feed, *, owner: bool) -> None:
        super().__init__()
        self.monitor = RunMonitor(feed)
        self.options = ChartOptions()
        self._owner = owner
        self._is_stopping = False  # and leaving as soon as the run has stopped
        self._samples_shown = 0
        self._message = ""
        self._charts_drawn_at = 0.0
        self._charts_outdated = True

    def compose(self) -> ComposeResult:
        yield RunHeadline()
        yield RunStats()
        with Horizontal(id="body"):
            with Vertical(id="charts"):
                yield Plot(id="losses")
                yield Plot(id="flow")
            yield SampleLog()
        yield Static(id="message", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        flow = self.query_one("#flow", Plot)
        flow.logarithmic, flow.title = True, "gradient ‖dL/dh‖ by steps back"
        self.set_interval(REFRESH_SECONDS, self.refresh_run)
        self._read_on = self.set_interval(READING_SECONDS, self.refresh_run, pause=True)
        self.call_later(self.refresh_run)

    async def refresh_run(self) -> None:
        """Read and show what is new; called by a timer."""
        monitor, was_trained = self.monitor, self.monitor.is_trained
        if monitor.refresh(READING_SECONDS):
            self._charts_outdated = True
            await self._show()
        if monitor.is_trained != was_trained:
            self.refresh_bindings()
        if monitor.has_unread:
            self._read_on.reset()
            self._read_on.resume()
        else:
            self._read_on.pause()
        if self._charts_outdated and time.monotonic() - self._charts_drawn_at > CHART_SECONDS:
            self._show_charts()
        if self._is_stopping and not monitor.is_trained:
            self._is_stopping = False
            await self.run_action("app.leave")

    # Display.

    async def _show(self) -> None:
        monitor, progress, history = self.monitor, self.monitor.history.progress, self.monitor.history
        is_saving = self._is_stopping and monitor.status in (Status.TRAINING, Status.PAUSED)
        state = f"{SYMBOLS[monitor.status]} {'saving' if is_saving else monitor.status}"
        position = f"{progress.fraction:.0%}" if self.has_class("-narrow") else progress.position()
        parts = (state, position, progress.clock(), visible_line(str(monitor.feed.path)))
        self.query_one(RunHeadline).show(parts, progress.fraction)
        self.query_one(RunStats).show(history)
        if (unseen := history.sample_count - self._samples_shown) > 0:
            self._samples_shown = history.sample_count
            await self.query_one(SampleLog).add(list(history.samples)[-unseen:])
        self._show_message(monitor.message())

    def _show_charts(self) -> None:
        history = self.monitor.history
        losses = self.query_one("#losses", Plot)
        losses.title, losses.logarithmic = self.options.title, self.options.logarithmic
        losses.show(loss_series(history, self.options), step_range(history, self.options))
        self.query_one("#flow", Plot).show(gradient_flow_series(history.probe))
        self._charts_drawn_at, self._charts_outdated = time.monotonic(), False

    def _show_message(self, message: str) -> None:
        if message != self._message:  # an update would lay out the screen again
            self._message = message
            widget = self.query_one("#message", Static)
            widget.update(Content(visible_line(message)))
            widget.set_class(bool(message), "shown")

    # Keys that steer the run.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that steer while no process trains the run."""
        return action not in STEERING_ACTIONS or self.monitor.is_trained

    def _send(self, command: Command) -> None:
        with errors_as_notices(self):
            self.monitor.feed.send(command)
            self._show_message(f"sent: {command.kind}")

    def action_pause(self) -> None:
        self._send(Resume() if self.monitor.status is Status.PAUSED else Pause())

    def action_evaluate(self) -> None:
        self._send(EvaluateNow())

    def action_sample(self) -> None:
        self._send(SampleNow())

    def action_save(self) -> None:
        self._send(SaveNow())

    def action_rate(self, direction: int) -> None:
        self._send(ScaleRate(RATE_FACTOR**direction))

    def action_back(self) -> None:
        self._send(RestoreBest())

    def action_stop(self) -> None:
        self._send(Stop())

    # Keys that change the view.

    def action_unit(self) -> None:
        self._set_options(self.options.next_unit())

    def action_logarithmic(self) -> None:
        self._set_options(replace(self.options, logarithmic=not self.options.logarithmic))

    def action_recent(self) -> None:
        self._set_options(replace(self.options, last_steps_only=not self.options.last_steps_only))

    def _set_options(self, options: ChartOptions) -> None:
        self.options = options
        self._show_charts()

    def action_mark(self) -> None:
        for plot in self.query(Plot):
            plot.next_dot_style()

    def action_play(self) -> None:
        self.post_message(ModelRequested(self.monitor.feed.path))

    @work
    async def action_leave(self) -> None:
        if not self._owner or not self.monitor.is_trained:
            await self.run_action("app.leave")
            return
        answers = {"stop": "Stop and save", "leave": "Leave it running", "stay": "Cancel"}
        answer = await self.app.push_screen_wait(ChoiceDialog("The run is still training. Stop it?", answers))
        if answer == "leave":
            await self.run_action("app.leave")
        elif answer == "stop":
            self._is_stopping = True
            await self._show()
            self._send(Stop())
