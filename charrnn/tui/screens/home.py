"""Home: the runs in the working folder, and the texts that come with charrnn."""

from collections.abc import Iterator
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from charrnn.network.network import Network
from charrnn.pipeline.launch import launch
from charrnn.run.listing import RunSummary, list_runs
from charrnn.run.names import RUNS
from charrnn.run.progress import duration
from charrnn.text.builtin import builtin_description, builtin_files, builtin_names
from charrnn.text.escape import visible_line
from charrnn.tui.help_text import section
from charrnn.tui.messages import ModelRequested, RunRequested
from charrnn.tui.notices import errors_as_notices, show_notice
from charrnn.tui.screens.dialogs import InputDialog


class Home(Screen[None]):
    """A list of runs to open or to watch, and of texts to train on."""

    HELP = section("Home")
    CSS = """
    Home #title { padding: 0 1; text-style: bold; color: $text-primary; }
    Home OptionList { height: 1fr; border: none; padding: 0 1; background: $background; }
    """
    BINDINGS = [
        Binding(
            "enter",
            "choose",
            "Open",
            priority=True,
            id="home.open",
            tooltip="Open the run in the sampler; train on the text",
        ),
        Binding("w", "watch", "Watch", id="home.watch", tooltip="Open the dashboard of the run"),
        Binding("o", "own", "Your text", id="home.own", tooltip="Train on a text of your own"),
        Binding("r", "renew", "Refresh", id="home.renew", tooltip="Read the folder again"),
        Binding("q", "app.leave", "Leave", id="home.leave", tooltip="Leave charrnn"),
        Binding("escape,ctrl+c", "app.leave", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield Static("charrnn", id="title", markup=False)
        yield OptionList()
        yield Footer(compact=True)

    def on_screen_resume(self) -> None:
        self.action_renew()

    @work(thread=True, exclusive=True, group="list")
    def action_renew(self) -> None:
        """List the runs again; many of them take a while."""
        try:
            runs = list_runs(RUNS, lambda config: Network.from_config(config).shapes()) if RUNS.is_dir() else []
        except OSError:
            runs = []
        self.app.call_from_thread(self._show, runs)

    def _show(self, runs: list[RunSummary]) -> None:
        option_list = self.query_one(OptionList)
        highlighted = option_list.highlighted
        option_list.clear_options()
        option_list.add_options(_options(runs, self.size.width))
        first = 1 if runs else 2
        option_list.highlighted = min(highlighted, option_list.option_count - 1) if highlighted else first
        option_list.focus()

    def _highlighted(self) -> tuple[str, str]:
        """Return the highlighted option: "run" and its path, "text" and its name, or two empty strings."""
        option = self.query_one(OptionList).highlighted_option
        kind, _, name = ((option and option.id) or "").partition(":")
        return kind, name

    @on(OptionList.OptionSelected)
    def action_choose(self) -> None:
        kind, name = self._highlighted()
        if kind == "run":
            self.post_message(ModelRequested(Path(name)))
        elif kind == "text":
            self._train(name)

    def action_watch(self) -> None:
        kind, name = self._highlighted()
        if kind == "run":
            self.post_message(RunRequested(Path(name), owner=False))

    @work
    async def action_own(self) -> None:
        if path := await self.app.push_screen_wait(InputDialog("A file or a folder of text to train on:")):
            self._train(path)

    @work(thread=True, exclusive=True, group="launch")
    def _train(self, text: str) -> None:
        """Launch a run in a process of its own, and watch it."""
        show_notice(self, "reading the text…")
        with errors_as_notices(self):
            self.post_message(RunRequested(launch(["--", text], lambda line: None), owner=True))


def _options(runs: list[RunSummary], width: int) -> Iterator[Option]:
    """Yield the runs and the built-in texts, each kind under a heading."""
    yield Option(Content("runs" if runs else "no runs yet"), disabled=True)
    for run in runs:
        yield Option(Content(run_line(run, width)), id=f"run:{run.path}")
    yield Option(Content("\nbuilt-in texts to train on"), disabled=True)
    for name in builtin_names():
        kilobytes = sum(path.stat().st_size for path in builtin_files(name)) / 1000
        line = visible_line(f"{name:<14}{kilobytes:>9,.0f} kB  {builtin_description(name)}")
        yield Option(Content(_cut(line, width - 4)), id=f"text:{name}")


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: max(0, width - 1)]}…"


def run_line(run: RunSummary, width: int) -> str:
    """Return a run in one line of at most `width` cells; the least important columns are dropped first."""
    loss = f"{run.nats_per_character:.3f} nats/char" if run.nats_per_character is not None else "no loss yet"
    columns = [f"{Path(run.path).name:<16.16}", f"{run.status:<11}", f"{loss:>15}"]
    if run.hidden is not None:
        step = f"step {run.step:,}" if run.step is not None else ""
        columns += [f"{run.layers} × {run.hidden}".rjust(8), step.rjust(13)]
    columns += [f"{duration(run.age)} ago".rjust(16), run.text or "", run.fault or ""]
    line = ""
    for column in columns:
        if len(line) + len(column) + 2 > width - 2:
            break
        line += f"{column}  "
    return visible_line(line.rstrip())
