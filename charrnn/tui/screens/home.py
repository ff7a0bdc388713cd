"""Home: the runs there are and the texts that come with charrnn; where everything else begins."""

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from charrnn.errors import CharrnnError
from charrnn.pipeline.launch import launch
from charrnn.run.listing import RunSummary, list_runs
from charrnn.run.progress import duration
from charrnn.text.builtin import builtin_description, builtin_files, builtin_names
from charrnn.text.escape import visible_line
from charrnn.tui import help_text
from charrnn.tui.screens.dialogs import Line

RUNS = Path("runs")


class Home(Screen[None]):
    """Lists runs and texts; a run is opened, a text is trained on."""

    HELP = help_text.HOME
    CSS = """
    Home #title { padding: 0 1; text-style: bold; color: $text-primary; }
    Home OptionList { height: 1fr; border: none; padding: 0 1; background: $background; }
    Home .heading { color: $text-muted; }
    """
    BINDINGS = [
        Binding("enter", "choose", "Open", priority=True, id="home.open"),
        Binding("w", "watch", "Watch", id="home.watch"),
        Binding("o", "own", "Own text", id="home.own"),
        Binding("r", "renew", "Look again", id="home.renew"),
        Binding("q", "app.leave", "Leave", id="home.leave"),
        Binding("escape,ctrl+c", "app.leave", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield Static("charrnn", id="title", markup=False)
        yield OptionList()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.action_renew()

    def on_screen_resume(self) -> None:
        self.action_renew()

    @work(thread=True, exclusive=True, group="look")
    def action_renew(self) -> None:
        """Look what there is; a folder of many runs takes a while."""
        try:
            found = list_runs(RUNS) if RUNS.is_dir() else []
        except OSError:
            found = []
        self.app.call_from_thread(self._show, found)

    def _show(self, runs: list[RunSummary]) -> None:
        listed, width = self.query_one(OptionList), self.size.width
        highlighted = listed.highlighted
        listed.clear_options()
        listed.add_option(Option(Content("runs" if runs else "no runs yet"), disabled=True))
        listed.add_options(Option(Content(run_line(each, width)), id=f"run:{each.path}") for each in runs)
        listed.add_option(Option(Content("\ntexts to train on"), disabled=True))
        for name in builtin_names():
            size = sum(path.stat().st_size for path in builtin_files(name)) / 1000
            line = visible_line(f"{name:<14}{size:>9,.0f} kB  {builtin_description(name)}")
            listed.add_option(Option(Content(_fitted(line, width - 4)), id=f"text:{name}"))
        listed.highlighted = min(highlighted, listed.option_count - 1) if highlighted else 1 if runs else 2
        listed.focus()

    def _chosen(self) -> tuple[str, str]:
        """What is highlighted: `run` and its path, `text` and its name."""
        listed = self.query_one(OptionList)
        option = listed.get_option_at_index(listed.highlighted) if listed.highlighted is not None else None
        kind, _, name = ((option and option.id) or "").partition(":")
        return kind, name

    def action_choose(self) -> None:
        kind, name = self._chosen()
        if kind == "run":
            self.app.open_model(Path(name))  # type: ignore[attr-defined]
        elif kind == "text":
            self._train([name])

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_choose()

    def action_watch(self) -> None:
        kind, name = self._chosen()
        if kind == "run":
            self.app.open_run(Path(name), owner=False)  # type: ignore[attr-defined]

    @work
    async def action_own(self) -> None:
        path = await self.app.push_screen_wait(Line("A file or a folder of text to train on:"))
        if path:
            self._train([path])

    @work(thread=True, exclusive=True, group="launch")
    def _train(self, texts: list[str]) -> None:
        """Begin a run in a process of its own, and watch it."""
        self.app.call_from_thread(self._say, "reading the text…")
        try:
            path = launch(["--", *texts], lambda line: None)
        except (CharrnnError, OSError) as error:
            self.app.call_from_thread(self._say, str(error), "error")
        else:
            self.app.call_from_thread(self.app.open_run, path, owner=True)  # type: ignore[attr-defined]

    def _say(self, message: str, severity: SeverityLevel = "information") -> None:
        self.notify(visible_line(message), severity=severity, markup=False)


def _fitted(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: max(0, width - 1)]}…"


def run_line(run: RunSummary, width: int) -> str:
    """A run in one line; what matters least goes first where it is narrow."""
    loss = f"{run.nats_per_character:.3f} nats" if run.nats_per_character is not None else "no loss yet"
    words = [f"{Path(run.path).name:<16.16}", f"{run.state:<10}", f"{loss:>11}"]
    if run.hidden is not None:
        words += [f"{run.layers} × {run.hidden}".rjust(8), f"step {run.step:,}".rjust(13)]
    words += [f"{duration(run.age)} ago".rjust(16), run.text or "", run.fault or ""]
    line = ""
    for word in words:
        if len(line) + len(word) + 2 > width - 2:
            break
        line += f"{word}  "
    return visible_line(line.rstrip())
